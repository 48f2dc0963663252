#include "system.h"

#include <stddef.h>

// The compiler makes calls of these two.
void *memcpy(void *to, const void *from, size_t count) {
  void *start = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
  return start;
}
void *memset(void *to, int byte, size_t count) {
  void *start = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(byte) : "memory");
  return start;
}

int call(int number, int first, int second, int third, int fourth, int fifth) {
  int answer;
  __asm__ volatile("call *kernelEntry"
                   : "=a"(answer)
                   : "a"(number), "b"(first), "c"(second), "d"(third), "S"(fourth), "D"(fifth)
                   : "memory");
  return answer;
}

int isOpen(int descriptor) {
  const int getFlags = 1;  // F_GETFD
  return call(fcntlCall, descriptor, getFlags, 0, 0, 0) >= 0;
}

char *append(char *end, const char *text) {
  while (*text) *end++ = *text++;
  return end;
}

char *appendNumber(char *end, uint64_t number) {
  char digits[20];
  int count = 0;
  // A division of 64-bit numbers would need a function of the compiler's library.
  uint32_t high = (uint32_t)(number >> 32), low = (uint32_t)number;
  do {
    uint32_t rest = high % 10, digit;
    high /= 10;
    __asm__("divl %4" : "=a"(low), "=d"(digit) : "a"(low), "d"(rest), "r"(10));
    digits[count++] = (char)('0' + digit);
  } while (high || low);
  while (count) *end++ = digits[--count];
  return end;
}

int numberIn(const char *text) {
  int number = 0;
  while (*text >= '0' && *text <= '9') number = number * 10 + *text++ - '0';
  return number;
}

int isSame(const char *one, const char *other) {
  while (*one && *one == *other) one++, other++;
  return *one == *other;
}

// struct user_desc, arch/x86/include/uapi/asm/ldt.h
struct segment {
  uint32_t entry, base, limit, flags;
};
static int entry = -1;  // in the GDT; the kernel chooses it

static struct segment segmentOf(void *block, int mark) {
  const uint32_t flags = 1 | 1 << 4 | 1 << 6;  // seg_32bit, limit_in_pages, useable
  *(int *)block = mark;
  return (struct segment){(uint32_t)entry, (uint32_t)block, 0xfffff, flags};
}

void beginThread(void *block, int mark) {
  struct segment segment = segmentOf(block, mark);
  if (call(set_thread_areaCall, (int)&segment, 0, 0, 0, 0) < 0) call(exit_groupCall, 4, 0, 0, 0, 0);
  entry = (int)segment.entry;
  __asm__ volatile("mov %w0, %%gs" : : "r"(entry * 8 + 3));
}

void startThread(void (*run)(void *), void *argument, int mark) {
  // CLONE_VM, CLONE_FS, CLONE_FILES, CLONE_SIGHAND, CLONE_THREAD, CLONE_SYSVSEM, CLONE_SETTLS
  const int flags = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000 | 0x80000;
  const int size = 1 << 20, guard = 4096, private = 0x22, readWrite = 3, none = 0;
  char *guardPage = (char *)call(mmap2Call, 0, size, none, private, -1);
  call(mprotectCall, (int)(guardPage + guard), size - guard, readWrite, 0, 0);
  char *block = guardPage + size - 64;
  struct segment segment = segmentOf(block, mark);
  void **top = (void **)(block - 64);
  top[0] = argument;
  top[1] = (void *)run;
  int answer;
  __asm__ volatile(
      "int $0x80\n"
      "test %%eax, %%eax\n"
      "jnz 1f\n"
      "xor %%ebp, %%ebp\n"
      "call *4(%%esp)\n"  // the argument is on top of the stack
      "hlt\n"
      "1:"
      : "=a"(answer)
      : "a"(cloneCall), "b"(flags), "c"(top), "d"(0), "S"(&segment), "D"(0)
      : "memory");
  if (answer < 0) call(exit_groupCall, 5, 0, 0, 0, 0);
}
