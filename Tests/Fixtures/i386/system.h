// What a C library would give: system calls, text, and threads.
#ifndef SYSTEM_H
#define SYSTEM_H

#include <stdint.h>

// arch/x86/entry/syscalls/syscall_32.tbl
enum {
  readCall = 3, writeCall = 4, openCall = 5, closeCall = 6, fcntlCall = 55, dup2Call = 63,
  setrlimitCall = 75, cloneCall = 120, mprotectCall = 125, nanosleepCall = 162, pollCall = 168,
  rt_sigprocmaskCall = 175, getrlimitCall = 191, mmap2Call = 192, futexCall = 240,
  set_thread_areaCall = 243, exit_groupCall = 252, epoll_waitCall = 256, timerfd_createCall = 322,
  timerfd_settimeCall = 325, epoll_create1Call = 329,
};

// The function that enters the kernel. `int $0x80` can take 30 times as long as the function of the vdso.
extern void *kernelEntry;

// Makes a system call with up to five arguments, and returns a value or -errno.
int call(int number, int first, int second, int third, int fourth, int fifth);

// The descriptor is open.
int isOpen(int descriptor);

// Appends to a text, and returns the end of the text.
char *append(char *end, const char *text);
char *appendNumber(char *end, uint64_t number);

// Reads a decimal number.
int numberIn(const char *text);
int isSame(const char *one, const char *other);

// Gives the calling thread a control block, to which gs points. The first word of the block is `mark`.
void beginThread(void *block, int mark);

// Starts a thread on a stack of its own, with a guard page below the stack and the control block above it, as
// C libraries do.
void startThread(void (*run)(void *), void *argument, int mark);

#endif
