// A target that does something unusual to its own code, with a C library or without one. Its test compiles it
// in several ways.
//
//     unusual-code WHAT HOW
//
// WHAT it does first:
//
//     nothing
//     unmap        it unmaps the vdso
//     move         it moves the vdso to another address
//     garbage      it maps a page over the vdso whose bytes look like system call instructions
//     traps        it maps a page over the vdso that is full of breakpoints
//     jit          it runs from an anonymous page that can be read
//     unreadable   it runs from an anonymous page that can only be executed
//     hide         it unmaps the vdso, and its own code can only be executed
//
// HOW it waits: `call` is blocked in read(2), and `spin` stays in user mode until a line arrives.
//
// It opens /dev/null at 5 to 9, and prints "ready". It answers each line with which of 0 to 9 are open, such
// as "01234.6789". The answer ends with `!` if its registers have changed.
typedef unsigned long word;

enum { pageSize = 4096, vdsoAuxiliary = 33 };

static inline __attribute__((always_inline)) long call(long number, long a, long b, long c, long d, long e) {
  register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = 0;
  __asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return number;
}

enum { readCall = 0, writeCall = 1, openCall = 2, closeCall = 3, pollCall = 7, mmapCall = 9,
       mprotectCall = 10, munmapCall = 11, mremapCall = 25, dupCall = 33, exitCall = 231, fcntlCall = 72 };

static int same(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

// Puts known values into the registers that must not change. Then it spins `spins` times, or makes one call
// if `spins` is 0. Returns 0 if the registers still have their values.
//
//     long hold(long spins, long number, long first, long second, long third, long *answer)
//
// Its code fits into a page and runs at any address.
long hold(long spins, long number, long first, long second, long third, long *answer);
__asm__(R"(
  .text
  .balign 16
hold:
  push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; push %r9
  mov %rsi, %rax
  mov %rdi, %r12
  mov %rdx, %rdi
  mov %rcx, %rsi
  mov %r8, %rdx
  mov $0x1111111111111111, %rbx
  mov $0x2222222222222222, %rbp
  mov $0x3333333333333333, %r13
  mov $0x4444444444444444, %r14
  mov $0x5555555555555555, %r15
  mov $0x66666666, %r8d
  mov $0x77777777, %r9d
  mov $0x88888888, %r10d
  test %r12, %r12
  jnz 1f
  syscall
  jmp 2f
1:
  dec %r12
  jnz 1b
2:
  mov (%rsp), %rcx
  mov %rax, (%rcx)
  xor %eax, %eax
  mov $0x1111111111111111, %rcx; xor %rbx, %rcx; or %rcx, %rax
  mov $0x2222222222222222, %rcx; xor %rbp, %rcx; or %rcx, %rax
  mov $0x3333333333333333, %rcx; xor %r13, %rcx; or %rcx, %rax
  mov $0x4444444444444444, %rcx; xor %r14, %rcx; or %rcx, %rax
  mov $0x5555555555555555, %rcx; xor %r15, %rcx; or %rcx, %rax
  mov $0x66666666, %ecx; xor %r8, %rcx; or %rcx, %rax
  mov $0x77777777, %ecx; xor %r9, %rcx; or %rcx, %rax
  mov $0x88888888, %ecx; xor %r10, %rcx; or %rcx, %rax
  or %r12, %rax
  pop %r9; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx
  ret
holdEnd:
  nop
)");
extern char holdEnd[];

static void overVdso(char *vdso, const char *what) {
  if (same(what, "unmap")) call(munmapCall, (long)vdso, 2 * pageSize, 0, 0, 0);
  if (same(what, "move"))
    call(mremapCall, (long)vdso, 2 * pageSize, 2 * pageSize, 3 /* MAYMOVE, FIXED */, 0x700000000000);
  if (!same(what, "garbage") && !same(what, "traps")) return;
  call(munmapCall, (long)vdso, 2 * pageSize, 0, 0, 0);
  volatile unsigned char *page = (void *)call(mmapCall, (long)vdso, pageSize, 3, 0x32 /* FIXED */, -1);
  for (int index = 0; index < pageSize; index++) page[index] = 0xcc;
  // ud2, syscall, ud2
  for (int index = 0; same(what, "garbage") && index < pageSize - 6; index += 6) {
    page[index] = page[index + 4] = 0x0f;
    page[index + 1] = page[index + 5] = 0x0b;
    page[index + 2] = 0x0f;
    page[index + 3] = 0x05;
  }
  call(mprotectCall, (long)vdso, pageSize, 5, 0, 0);
}

static __attribute__((used)) void begin(word *stack) {
  char **arguments = (char **)(stack + 1), **next = arguments + stack[0] + 1, *vdso = 0, text[16];
  long (*run)(long, long, long, long, long, long *) = hold, answer;
  while (*next) next++;
  for (word *entry = (word *)(next + 1); entry[0]; entry += 2)
    if (entry[0] == vdsoAuxiliary) vdso = (char *)entry[1];
  const char *what = arguments[1];
  int spins = same(arguments[2], "spin");
  if (vdso) overVdso(vdso, what);
  if (same(what, "hide")) {
    call(munmapCall, (long)vdso, 2 * pageSize, 0, 0, 0);
    call(mprotectCall, (long)hold & -pageSize, pageSize, 4, 0, 0);
  }
  if (same(what, "jit") || same(what, "unreadable")) {
    char *page = (char *)call(mmapCall, 0, pageSize, 3, 0x22, -1);
    for (long index = 0; index < holdEnd - (char *)hold; index++)
      ((volatile char *)page)[index] = ((char *)hold)[index];
    call(mprotectCall, (long)page, pageSize, same(what, "jit") ? 7 : 4, 0, 0);
    run = (void *)page;
  }
  for (int number = 5; number <= 9; number++) {
    long opened = call(openCall, (long)"/dev/null", 0, 0, 0, 0);
    if (opened != number) call(dupCall, opened, number, 0, 0, 0), call(closeCall, opened, 0, 0, 0, 0);
  }
  call(writeCall, 1, (long)"ready\n", 6, 0, 0);
  for (;;) {
    struct { int descriptor; short events, found; } input = {0, 1, 0};
    long wrong = 0;
    while (spins && call(pollCall, (long)&input, 1, 0, 0, 0) == 0) wrong |= run(100000, 0, 0, 0, 0, &answer);
    wrong |= run(0, readCall, 0, (long)text, 8, &answer);
    if (answer <= 0) call(exitCall, answer < 0, 0, 0, 0, 0);
    for (int number = 0; number < 10; number++)
      text[number] = call(fcntlCall, number, 1, 0, 0, 0) >= 0 ? (char)('0' + number) : '.';
    text[10] = wrong ? '!' : '\n';
    text[11] = '\n';
    call(writeCall, 1, (long)text, wrong ? 12 : 11, 0, 0);
  }
}

#ifdef HAS_LIBRARY
// The kernel leaves the arguments on the stack, with their count below them.
int main(int argc, char **argv) {
  (void)argc;
  begin((word *)argv - 1);
}
#else
__asm__(".globl _start\n_start:\n  xor %ebp, %ebp\n  mov %rsp, %rdi\n  and $-16, %rsp\n  call begin\n");
#endif
