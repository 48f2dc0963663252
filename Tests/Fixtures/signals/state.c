// The state that a session must not change: masks, dispositions, alternate stacks and pending signals.
#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// The disposition as the kernel has it, with flags and restorer.
struct disposition { unsigned long words[4]; };

static struct disposition before[65];
static sigset_t always, expected;
static _Thread_local stack_t stack;
atomic_int changes;

void reportChange(const char *what, long detail) {
  changes++;
  printf("changed %s %ld\n", what, detail);
}

void blockAlways(const char *trap) {
  const int signals[] = {SIGSEGV, SIGSYS, SIGUSR1, TO_DESCRIPTOR, TO_WAIT, PENDING, PENDING_THREAD};
  sigemptyset(&always);
  for (unsigned index = 0; index < sizeof signals / sizeof *signals; index++)
    sigaddset(&always, signals[index]);
  if (!strcmp(trap, "blocked") || !strcmp(trap, "pending")) sigaddset(&always, SIGTRAP);
  pthread_sigmask(SIG_SETMASK, &always, NULL);
  sigemptyset(&expected);
  if (!strcmp(trap, "pending")) sigaddset(&expected, SIGTRAP);
}

void giveStack(void) {
  stack = (stack_t){.ss_size = 65536, .ss_sp = malloc(65536)};
  sigaltstack(&stack, NULL);
}

int isOnStack(void) {
  char here, *base = stack.ss_sp;
  return &here >= base && &here < base + stack.ss_size;
}

void noteOwn(struct own *own, int payload) {
  pthread_sigmask(SIG_SETMASK, NULL, &own->mask);
  sigaltstack(NULL, &own->stack);
  own->payload = payload;
  pthread_sigqueue(pthread_self(), PENDING_THREAD, (union sigval){payload});
}

// Returns whether a signal is pending, with this payload. It takes the signal.
static int waits(int number, int payload) {
  sigset_t set;
  siginfo_t info;
  sigemptyset(&set);
  sigaddset(&set, number);
  return sigtimedwait(&set, &info, &(struct timespec){0}) == number && info.si_pid == getpid() &&
         (payload == 0 || info.si_value.sival_int == payload);
}

void checkOwn(const struct own *own) {
  struct own now;
  pthread_sigmask(SIG_SETMASK, NULL, &now.mask);
  sigaltstack(NULL, &now.stack);
  for (int number = 1; number < 65; number++)
    if (sigismember(&now.mask, number) != sigismember(&own->mask, number)) reportChange("mask", number);
  if (now.stack.ss_sp != own->stack.ss_sp || now.stack.ss_size != own->stack.ss_size ||
      now.stack.ss_flags != own->stack.ss_flags)
    reportChange("stack", own->payload);
  if (!waits(PENDING_THREAD, own->payload)) reportChange("lost thread's pending", own->payload);
  if (waits(PENDING_THREAD, 0)) reportChange("doubled thread's pending", own->payload);
}

void noteShared(void) {
  const int plain[] = {SIGSEGV, SIGSYS, SIGUSR1};
  for (int number = 1; number < 65; number++)
    syscall(SYS_rt_sigaction, number, NULL, &before[number], 8L);
  for (int index = 0; index < 3; index++) {
    // Sends one to the thread, whose queue the kernel reads first, and the others to the process.
    if (index == 0) syscall(SYS_tgkill, getpid(), gettid(), plain[index]);
    else kill(getpid(), plain[index]);
    sigaddset(&expected, plain[index]);
  }
  if (sigismember(&expected, SIGTRAP)) kill(getpid(), SIGTRAP);
  for (int payload = 7; payload < 10; payload++) sigqueue(getpid(), PENDING, (union sigval){payload});
  sigaddset(&expected, PENDING);
}

void checkShared(void) {
  sigset_t pending;
  for (int number = 1; number < 65; number++) {
    struct disposition now;
    syscall(SYS_rt_sigaction, number, NULL, &now, 8L);
    if (memcmp(&now, &before[number], sizeof now) != 0) reportChange("disposition", number);
  }
  sigpending(&pending);
  for (int number = 1; number < 65; number++) {
    if (sigismember(&pending, number) != sigismember(&expected, number)) reportChange("pending", number);
    int isLost = number < SIGRTMIN && sigismember(&expected, number) && !waits(number, 0);
    if (isLost) reportChange("lost", number);
  }
  for (int payload = 7; payload < 10; payload++)
    if (!waits(PENDING, payload)) reportChange("lost payload", payload);
  sigpending(&pending);
  if (!sigisemptyset(&pending)) reportChange("doubled", 0);
}
