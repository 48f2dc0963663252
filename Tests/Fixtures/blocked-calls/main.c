// A target that waits in one system call after the other, or in all of them at once. It reports what each
// call returned.
//
//     blocked-calls DIRECTORY          makes every call, each in a thread of its own
//     blocked-calls DIRECTORY NAME     makes one call, in a process with a single thread
//
// It prints "ready" and NAME=KIND for each call that the kernel has; calls.h describes the kinds. A child of
// it, the giver, reads its standard input. On the line "give" the giver makes the event happen that each call
// waits for. For each call that returns it prints
//
//     NAME KIND VERDICT RESULT ERROR MILLISECONDS LAPS
//
// The verdict is "right" if the call returned what it returns without interruptions.
//
// It repeats the calls of the kind `kept` until "give", and reports the last one. It stops at the first that
// is wrong: too early, or more than `slack` late. At the end it prints "done". Descriptors 900 to 903 are
// open, for a session to work on.
#include "calls.h"

#include "../kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { most = 128, slack = 5000 };

_Thread_local int slot;
_Thread_local volatile int handled;
int ends[most][2];
struct shared *shared;
const char *directory;

static const char *const kinds[] = {"given", "kept", "anew"};
static struct call calls[most];
static int count;
static pid_t self;

struct timespec after(clockid_t clock, long milliseconds) {
  struct timespec t;
  clock_gettime(clock, &t);
  t.tv_nsec += milliseconds % 1000 * 1000000L;
  t.tv_sec += milliseconds / 1000 + t.tv_nsec / 1000000000L;
  t.tv_nsec %= 1000000000L;
  return t;
}

int newEpoll(void) {
  int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  epoll_ctl(epoll, EPOLL_CTL_ADD, ends[slot][0], &event);
  return epoll;
}

void makePipe(void) {
  if (pipe(ends[slot]) != 0) abort();
}

void makePair(void) {
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends[slot]) != 0) abort();
}

void writeByte(void) {
  if (write(ends[slot][1], "x", 1) != 1) abort();
}

void sendSignal(int number) { syscall(SYS_tgkill, self, shared->threads[slot], number); }

static void countSignal(int number) {
  (void)number;
  handled++;
}

static long now(void) {
  struct timespec t = after(CLOCK_MONOTONIC, 0);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void *run(void *argument) {
  const struct call *call = argument;
  long answer, laps = 0, took;
  int error, isRight;
  slot = (int)(call - calls);
  __atomic_store_n(&shared->threads[slot], gettid(), __ATOMIC_SEQ_CST);
  do {
    long begun = now();
    errno = 0;
    answer = call->wait();
    error = answer < 0 ? errno : 0;
    took = now() - begun;
    laps++;
    isRight = answer == call->wanted && error == call->error;
    // The clocks differ: a deadline of CLOCK_REALTIME may look a little early on CLOCK_MONOTONIC.
    if (call->kind != given && took < limit - 20) isRight = 0;
    if (call->kind == kept && took > limit + slack) isRight = 0;
  } while (isRight && call->kind == kept && !__atomic_load_n(&shared->isGiven, __ATOMIC_SEQ_CST));
  const char *name = strerrorname_np(error);
  printf("%s %s %s %ld %s %ld %ld\n", call->name, kinds[call->kind], isRight ? "right" : "wrong", answer,
         error == 0 ? "-" : name ? name : "unknown", took, laps);
  return NULL;
}

// The giver: a child that holds what the calls wait for, and gives it on the line "give".
static void hold(int isHeld) {
  char line[64];
  for (slot = 0; slot < count; slot++)
    if (calls[slot].hold) calls[slot].hold();
  if (write(isHeld, "x", 1) != 1) _exit(1);
  while (fgets(line, sizeof line, stdin)) {
    if (strncmp(line, "give", 4) != 0) continue;
    __atomic_store_n(&shared->isGiven, 1, __ATOMIC_SEQ_CST);
    for (slot = 0; slot < count; slot++)
      if (calls[slot].give) calls[slot].give();
  }
  if (getppid() == self) kill(self, SIGKILL);
  for (slot = 0; slot < count; slot++)
    if (calls[slot].drop) calls[slot].drop();
  _exit(0);
}

static void choose(const struct call *from, const char *name) {
  for (; from->name; from++) {
    if (from->newer && !hasCall(from->newer)) continue;
    if (!name || !strcmp(name, from->name)) calls[count++] = *from;
  }
}

int main(int argc, char *argv[]) {
  pthread_t threads[most];
  int held[2];
  char byte;
  if (argc < 2) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  directory = argv[1];
  self = getpid();
  const struct call *const tables[] = {timeCalls, readyCalls, socketCalls, ipcCalls, fileCalls};
  for (int table = 0; table < 5; table++) choose(tables[table], argv[2]);
  if (count == 0) return 2;
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  sigaction(SIGUSR1, &(struct sigaction){.sa_handler = countSignal, .sa_flags = SA_RESTART}, NULL);
  // Every thread blocks the signals that calls wait for, and SIGUSR1, which only some threads handle.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  for (int number = SIGRTMIN; number < SIGRTMIN + 8; number++) sigaddset(&set, number);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  for (slot = 0; slot < count; slot++) (calls[slot].prepare ? calls[slot].prepare : makePipe)();
  if (pipe(held) != 0) return 1;
  if (fork() == 0) hold(held[1]);
  if (read(held[0], &byte, 1) != 1) return 1;
  for (int number = 900; number < 904; number++) dup2(held[0], number);

  printf("ready");
  for (int index = 0; index < count; index++) printf(" %s=%s", calls[index].name, kinds[calls[index].kind]);
  printf("\n");
  if (argv[2]) {
    run(&calls[0]);
  } else {
    for (int index = 0; index < count; index++) pthread_create(&threads[index], NULL, run, &calls[index]);
    for (int index = 0; index < count; index++) pthread_join(threads[index], NULL);
  }
  printf("done\n");
  while (wait(NULL) > 0) {}
  return 0;
}
