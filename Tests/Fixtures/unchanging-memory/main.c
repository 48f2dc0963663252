// A target that changes no byte of its memory. A process that reads its memory twice finds the same bytes.
//
//     unchanging-memory LAST ROLE...     the leader has the first role, and a thread has each other role
//
// The role `spin` stays in user mode. The roles `read`, `pause`, `futex` and `epoll_wait` are calls that
// block for ever. It opens 5 to LAST. The memory below the stack pointers has a pattern. It prints "ready"
// before it stops changing memory. A signal ends it when its standard input gets data or is closed.
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { patterned = 32768 };

static int never[2], epoll;
static uint32_t word;
static struct epoll_event events[1];
static char byte;

// Leaves a pattern below the stack pointer of the caller.
static __attribute__((noinline)) void markStack(void) {
  volatile char below[patterned];
  for (int index = 0; index < patterned; index++) below[index] = (char)(index * 7 + 1);
}

#if defined(__aarch64__)
static long call(long number, long first, void *second, long third, long fourth) {
  register long x8 __asm__("x8") = number, x0 __asm__("x0") = first, x2 __asm__("x2") = third;
  register long x3 __asm__("x3") = fourth, x4 __asm__("x4") = 0, x5 __asm__("x5") = 8;
  register void *x1 __asm__("x1") = second;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}

#define PAUSE "yield"
#define SYS_epoll_wait SYS_epoll_pwait
#else
static long call(long number, long first, void *second, long third, long fourth) {
  register long r10 __asm__("r10") = fourth;
  __asm__ volatile("syscall" : "+a"(number) : "D"(first), "S"(second), "d"(third), "r"(r10)
                   : "rcx", "r11", "memory");
  return number;
}

#define PAUSE "pause"
#endif

static void *be(void *role) {
  markStack();
  // It makes the calls here and not in the C library, so that the pattern lies right below.
  if (!strcmp(role, "spin")) for (;;) __asm__ volatile(PAUSE);
  if (!strcmp(role, "read")) call(SYS_read, never[0], &byte, 1, 0);
#if defined(SYS_pause)
  if (!strcmp(role, "pause")) call(SYS_pause, 0, NULL, 0, 0);
#endif
  if (!strcmp(role, "futex")) call(SYS_futex, (long)&word, (void *)FUTEX_WAIT, 0, 0);
  if (!strcmp(role, "epoll_wait")) call(SYS_epoll_wait, epoll, events, 1, -1);
  _exit(4);  // none of the calls may return
}

int main(int argc, char **argv) {
  struct rlimit limit;
  if (argc < 3 || pipe(never) != 0) return 2;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  // The pipe is at 3 and 4. The epoll instance gets a number above those that sessions close.
  int last = atoi(argv[1]), any = epoll_create1(0);
  epoll = dup2(any, last + 1);
  close(any);
  for (int number = 5; number <= last; number++)
    if (fcntl(number, F_GETFD) < 0) dup2(open("/dev/null", O_RDONLY), number);
  for (int index = 2; index < argc - 1; index++) {
    pthread_t thread;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 128 * 1024);
    pthread_create(&thread, &small, be, argv[index + 1]);
  }
  // Data on the input and the end of the input send SIGIO, which ends the process.
  fcntl(0, F_SETOWN, getpid());
  fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_ASYNC);
  write(1, "ready\n", 6);
  be(argv[2]);
}
