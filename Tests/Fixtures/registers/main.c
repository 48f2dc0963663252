// A target whose threads put known values into every register, and compare them again and again.
//
//     registers LAST ROLE...       the leader has the first role, and a thread has each other role
//
// A thread fills the general registers, the flags and the 128 bytes below the stack pointer. It also fills
// the x87, MXCSR, xmm, ymm, zmm and k registers that the CPU has. Then it spins without a call, or it is
// blocked in a call that returns after a few milliseconds. Then it compares. After a call, rax has to be the
// correct result, and the thread does not compare rcx and r11. A thread compares what fs and gs point to,
// too.
//
// At most one thread may have the role `dispatch`: it spins while the kernel sends its calls to a handler. If
// the kernel cannot do that (it can since Linux 5.11), the thread only spins. A build with -DWITHOUT_HANDLER
// does not have this role, and makes no call of sigaction(2).
//
// The target opens 5 to LAST. It answers a line (see leaks.h) with
//
//     CHECKSUM open N low yes rounds N least N wrong N interrupted N -
//
// `rounds` counts the rounds of all threads, and `least` those of the slowest thread. In place of the dash it
// prints what was wrong first. `interrupted` counts EINTR of epoll_wait(2), which the kernel answers after a
// stop without a signal. That is not counted in `wrong`.
#include <asm/prctl.h>
#include <cpuid.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>

#include "../leaks.h"

enum { words = 16, imageSize = 4096, wait = 7000000, timerDescriptor = 3, epollDescriptor = 4 };

// Indices of `wanted`. `spins` is the number of turns of the loop, or 0 to make a call.
enum { rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15, spins };
static const char *const names[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8",
                                    "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "flags"};

struct hold {
  uint64_t wanted[words], zone[words], found[words], foundZone[words];
  uint64_t components;
  _Alignas(64) uint8_t image[imageSize];  // as XRSTOR takes it
  uint8_t foundImage[imageSize];
};
_Static_assert(offsetof(struct hold, components) == 512, "as in hold");
_Static_assert(offsetof(struct hold, image) == 576, "as in hold");
_Static_assert(offsetof(struct hold, foundImage) == 4672, "as in hold");

// Loads all registers, spins or makes a call, and stores all registers. In the loop AH has the flags: SAHF
// sets them and LAHF reads them back. A comparison sets the overflow flag.
void hold(struct hold *values);
__asm__(R"(
  .text
  .type hold, @function
hold:
  push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; push %rdi
  sub $256, %rsp
  mov %rdi, %rsi
  mov %rsp, %rdi
  mov $16, %ecx
  rep movsq
  lea -128(%rsp), %rdi
  mov $16, %ecx
  rep movsq
  mov 256(%rsp), %rbx
  mov 512(%rbx), %eax
  xor %edx, %edx
  xrstor64 576(%rbx)
  mov 0(%rsp), %rax;  mov 8(%rsp), %rbx;  mov 16(%rsp), %rcx;  mov 24(%rsp), %rdx;  mov 32(%rsp), %rsi
  mov 40(%rsp), %rdi; mov 48(%rsp), %rbp; mov 56(%rsp), %r8;   mov 64(%rsp), %r9;   mov 72(%rsp), %r10
  mov 80(%rsp), %r11; mov 88(%rsp), %r12; mov 96(%rsp), %r13;  mov 104(%rsp), %r14; mov 112(%rsp), %r15
  cmpq $0, 120(%rsp)
  je 2f
1:
  cmpb $1, leastByte(%rip)
  sahf
  .rept 100
  nop
  .endr
  jno 3f
  lahf
  cmp 0(%rsp), %rax
  jne 3f
  decq 120(%rsp)
  jnz 1b
  jmp 3f
2:
  syscall
3:
  mov %rax, 128(%rsp); mov %rbx, 136(%rsp); mov %rcx, 144(%rsp); mov %rdx, 152(%rsp); mov %rsi, 160(%rsp)
  mov %rdi, 168(%rsp); mov %rbp, 176(%rsp); mov %r8, 184(%rsp);  mov %r9, 192(%rsp);  mov %r10, 200(%rsp)
  mov %r11, 208(%rsp); mov %r12, 216(%rsp); mov %r13, 224(%rsp); mov %r14, 232(%rsp); mov %r15, 240(%rsp)
  mov 120(%rsp), %rax
  mov %rax, 248(%rsp)
  mov 256(%rsp), %rbx
  lea 128(%rsp), %rsi
  lea 256(%rbx), %rdi
  mov $16, %ecx
  rep movsq
  lea -128(%rsp), %rsi
  mov $16, %ecx
  rep movsq
  mov 512(%rbx), %eax
  xor %edx, %edx
  xsave64 4672(%rbx)
  fninit
  ldmxcsr usualControl(%rip)
  test $4, %al
  jz 4f
  vzeroupper
4:
  add $264, %rsp
  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx
  ret
  .section .rodata
usualControl: .long 0x1f80
leastByte: .byte 0x80
  .text
)");

static const struct timespec pause_ = {0, wait};
static uint32_t word;
static volatile char selector;
static volatile long traps;

static const struct role {
  const char *name;
  long call;  // 0 if it makes no call
  uint64_t arguments[6];
  int count;
  long answer;
} roles[] = {
    {"spin", 0, {0}, 0, 0},
    {"dispatch", 0, {0}, 0, 0},
    {"read", SYS_read, {timerDescriptor, 0, 8}, 3, 8},
    {"nanosleep", SYS_nanosleep, {(uint64_t)&pause_, 0}, 2, 0},
    {"poll", SYS_poll, {0, 0, wait / 1000000}, 3, 0},
    {"epoll_wait", SYS_epoll_wait, {epollDescriptor, 0, 1, wait / 1000000}, 4, 0},
    {"futex", SYS_futex, {(uint64_t)&word, FUTEX_WAIT_PRIVATE, 0, (uint64_t)&pause_}, 4, -ETIMEDOUT},
};

static struct worker {
  const struct role *role;
  atomic_long rounds;
} workers[16];
static int workerCount;
static atomic_long wrong, interrupted;
static char firstWrong[160] = "-";
static uint64_t components;

static uint64_t random64(uint64_t *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 7;
  *seed ^= *seed << 17;
  return *seed;
}

static void note(const struct role *role, const char *what, uint64_t found, uint64_t due) {
  if (atomic_fetch_add(&wrong, 1) == 0)
    snprintf(firstWrong, sizeof firstWrong, "%s: %s is %#llx, not %#llx", role->name, what,
             (unsigned long long)found, (unsigned long long)due);
}

static void fill(struct hold *values, const struct role *role, uint64_t *seed, uint64_t *buffer) {
  static const int places[] = {rdi, rsi, rdx, r10, r8, r9};
  for (int index = 0; index < words; index++) {
    values->wanted[index] = random64(seed);
    values->zone[index] = random64(seed);
  }
  for (int index = 0; index < imageSize / 8; index++) ((uint64_t *)values->image)[index] = random64(seed);
  // XRSTOR accepts no reserved bits. The test also masks every exception.
  uint32_t control = 0x1f80 | (random64(seed) & 0xe03f);
  *(uint16_t *)values->image = 0x037f | (random64(seed) & 0xc00);
  *(uint16_t *)(values->image + 2) = random64(seed) & 0x7f00;
  values->image[4] = 0xff;
  values->image[5] = 0;
  memset(values->image + 6, 0, 18);
  memcpy(values->image + 24, &control, 4);
  for (int number = 0; number < 8; number++) memset(values->image + 32 + 16 * number + 10, 0, 6);
  memset(values->image + 512, 0, 64);
  *(uint64_t *)(values->image + 512) = values->components = components;
  memset(values->foundImage + 512, 0, 64);
  if (role->call == 0) {
    values->wanted[spins] = 20000;
    values->wanted[rax] = (values->wanted[rax] & ~0xff00ull) | ((values->wanted[rax] & 0xd500) | 0x200);
    return;
  }
  values->wanted[spins] = 0;
  values->wanted[rax] = (uint64_t)role->call;
  for (int index = 0; index < role->count; index++) values->wanted[places[index]] = role->arguments[index];
  if (role->call == SYS_read || role->call == SYS_epoll_wait) values->wanted[rsi] = (uint64_t)buffer;
}

static void compareImage(const struct hold *values, const struct role *role, int from, int size) {
  for (int index = from; index < from + size; index++)
    if (values->image[index] != values->foundImage[index])
      return note(role, "the byte of an extended register", (uint64_t)index, 0);
}

static void compare(const struct hold *values, const struct role *role) {
  for (int index = 0; index < words; index++) {
    uint64_t due = values->wanted[index];
    if (role->call != 0 && (index == rcx || index == r11)) continue;
    if (role->call != 0 && index == rax) due = (uint64_t)role->answer;
    if (role->call == SYS_epoll_wait && index == rax && (long)values->found[rax] == -EINTR) {
      interrupted++;
      continue;
    }
    if (index == spins) due = 0;
    if (values->found[index] != due) note(role, names[index], values->found[index], due);
    if (values->foundZone[index] != values->zone[index])
      note(role, "the red zone", values->foundZone[index], values->zone[index]);
  }
  compareImage(values, role, 0, 5);      // x87 control, status and tags
  compareImage(values, role, 24, 4);     // MXCSR
  compareImage(values, role, 32, 384);   // x87, xmm
  for (unsigned component = 2; component < 8; component++) {
    unsigned size, offset, c, d;
    static unsigned sizes[8], offsets[8];  // CPUID leaves a virtual machine, so this asks once
    if (!(components >> component & 1)) continue;
    if (sizes[component] == 0 && __get_cpuid_count(0xd, component, &size, &offset, &c, &d)) {
      offsets[component] = offset;
      sizes[component] = size;
    }
    compareImage(values, role, (int)offsets[component], (int)sizes[component]);
  }
}

#ifndef WITHOUT_HANDLER
static void onTrap(int number) {
  (void)number;
  selector = 0;
  traps++;
}
#endif

static void *work(void *argument) {
  struct worker *self = argument;
  const struct role *role = self->role;
  int isDispatched = !strcmp(role->name, "dispatch"), isLeader = self == workers;
  static _Thread_local struct hold values;
  uint64_t seed = 88172645463325252u + (uint64_t)(self - workers), buffer[2], pointer, now;
  uint64_t mark = random64(&seed);
  syscall(SYS_arch_prctl, ARCH_SET_GS, &mark);
  __asm__ volatile("mov %%fs:0, %0" : "=r"(pointer));
  if (isDispatched && prctl(59 /* PR_SET_SYSCALL_USER_DISPATCH */, 1L, 0L, 0L, &selector) != 0)
    isDispatched = 0;
  for (;;) {
    long before = traps;
    fill(&values, role, &seed, buffer);
    if (isDispatched) selector = 1;
    hold(&values);
    if (isDispatched) {
      long answer;
      __asm__ volatile("syscall" : "=a"(answer) : "a"(SYS_getppid) : "rcx", "r11", "memory");
      if (traps != before + 1) note(role, "the traps", (uint64_t)traps, (uint64_t)before + 1);
      selector = 0;
    }
    compare(&values, role);
    __asm__ volatile("mov %%fs:0, %0" : "=r"(now));
    if (now != pointer) note(role, "fs", now, pointer);
    __asm__ volatile("mov %%gs:0, %0" : "=r"(now));
    if (now != mark) note(role, "what gs points to", now, mark);
    self->rounds++;
    if (!isLeader || !beginAnswer()) continue;
    long rounds = 0, least = workers[0].rounds;
    for (int index = 0; index < workerCount; index++) {
      rounds += workers[index].rounds;
      if (workers[index].rounds < least) least = workers[index].rounds;
    }
    printf(" rounds %ld least %ld wrong %ld interrupted %ld %s\n", rounds, least, (long)wrong,
           (long)interrupted, firstWrong);
  }
}

int main(int argc, char **argv) {
  unsigned low, high;
  struct itimerspec every = {{0, wait}, {0, wait}};
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc < 3 || argc > 18) return 2;
  dup2(timerfd_create(CLOCK_MONOTONIC, 0), timerDescriptor);
  dup2(epoll_create1(0), epollDescriptor);
  timerfd_settime(timerDescriptor, 0, &every, NULL);
#ifndef WITHOUT_HANDLER
  signal(SIGSYS, onTrap);
#endif
  beginLeaks(argv[1]);
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  components = low & 0xe7;  // x87, xmm, ymm, k, and both parts of zmm
  for (int index = 2; index < argc; index++)
    for (size_t role = 0; role < sizeof roles / sizeof *roles; role++)
      if (!strcmp(argv[index], roles[role].name)) workers[workerCount++].role = &roles[role];
  if (workerCount != argc - 2) return 2;
  for (int index = 1; index < workerCount; index++) {
    pthread_t thread;
    pthread_create(&thread, NULL, work, &workers[index]);
  }
  printf("ready\n");
  work(workers);
}
