// A target that gets many signals of many kinds. It counts the signals that were sent and those that arrived.
//
//     signals COUNT TRAP     TRAP is the state of SIGTRAP: default, handled, ignored, blocked, pending
//
// A child sends it COUNT numbered real-time signals. Three threads get two numbers each. The process gets
// three more: the main thread handles one, one thread reads one from a signalfd, and one thread takes one
// with sigwaitinfo(2). Meanwhile two timers expire, and children end. Handlers run on alternate stacks.
//
// It prints "ready", and "sent" when the child is done. On a line of input it prints
//
//     stream NAME sent N received N disorder N
//     closed N          how often a descriptor from 900 to 963 was closed; it opens them again
//     children N chld N alarms N ticks N offstack N traps N sums N
//     changed WHAT N    for each part of its state that has changed
//     end
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static atomic_int isEnded, chld, alarms, ticks, offstack, traps, sums;
static int children, closedCount;
static _Thread_local int self = -1;  // the index of this receiver

static void onNumber(int number, siginfo_t *info, void *context) {
  (void)context;
  if (!isOnStack()) offstack++;
  receive(number == TO_PROCESS ? &stream[0] : &stream[3 + 2 * self + (number == TO_THREAD_TOO)],
          info->si_value.sival_int);
}

static void onTimer(int number, siginfo_t *info, void *context) {
  (void)number;
  (void)context;
  ticks += 1 + info->si_overrun;
}

static void countPlain(int number) {
  if (!isOnStack()) offstack++;
  if (number == SIGCHLD) chld++;
  if (number == SIGALRM) alarms++;
  if (number == SIGTRAP) traps++;
}

static void reopen(void) {
  for (int number = 900; number < 964; number++) {
    if (fcntl(number, F_GETFD) >= 0) continue;
    dup2(1, number);
    closedCount++;
  }
}

// Keeps general and floating-point registers in use, for when a session stops the thread.
#if defined(__x86_64__)
#define IN_VECTOR "+x"
#else
#define IN_VECTOR "+w"
#endif
static void sum(void) {
  double half = 0;
  unsigned long whole = 0;
  for (int index = 0; index < 20000; index++) {
    half += 0.5;
    whole = whole * 31 + (unsigned long)index;
    __asm__ volatile("" : IN_VECTOR(half), "+r"(whole));
  }
  static _Thread_local unsigned long first;
  if (!first) first = whole;
  if (half != 10000 || whole != first) reportChange("sum", (long)half);
  sums++;
}

static void *receiver(void *argument) {
  struct own own;
  sigset_t set;
  self = (int)(long)argument;
  giveStack();
  sigemptyset(&set);
  sigaddset(&set, TO_THREAD);
  sigaddset(&set, TO_THREAD_TOO);
  // The masks of the threads differ.
  if (self == 0) sigaddset(&set, OF_TIMER);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  noteOwn(&own, 100 + self);
  for (int index = 0; index < 2; index++)
    __atomic_store_n(&stream[3 + 2 * self + index].thread, gettid(), __ATOMIC_SEQ_CST);
  while (!isEnded) {
    if (self == 0) reopen();
    if (self == 1) sum();
    else nanosleep(&(struct timespec){0, self == 0 ? 1000000 : 200000000}, NULL);
  }
  checkOwn(&own);
  return NULL;
}

static void *reader(void *unused) {
  struct own own;
  struct signalfd_siginfo info;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, TO_DESCRIPTOR);
  int descriptor = signalfd(-1, &set, 0);
  noteOwn(&own, 200);
  while (!isEnded) {
    if (read(descriptor, &info, sizeof info) != sizeof info) reportChange("signalfd", errno);
    else if (info.ssi_int >= 0) receive(&stream[1], info.ssi_int);
  }
  checkOwn(&own);
  return unused;
}

static void *waiter(void *unused) {
  struct own own;
  siginfo_t info;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, TO_WAIT);
  noteOwn(&own, 201);
  while (!isEnded) {
    if (sigwaitinfo(&set, &info) != TO_WAIT) reportChange("sigwaitinfo", errno);
    else if (info.si_value.sival_int >= 0) receive(&stream[2], info.si_value.sival_int);
  }
  checkOwn(&own);
  return unused;
}

// Starts children that end one at a time, so that the kernel does not merge two of their signals.
static void *breeder(void *unused) {
  struct own own;
  noteOwn(&own, 202);
  while (!isEnded) {
    int seen = chld, late = 0;
    pid_t child = fork();
    if (child == 0) _exit(0);
    while (waitpid(child, NULL, 0) < 0) reportChange("waitpid", errno);
    children++;
    while (chld == seen && late++ < 5000) usleep(2000);
    usleep(5000);
  }
  checkOwn(&own);
  return unused;
}

static void handle(int number, void (*handler)(int, siginfo_t *, void *)) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
  sigaddset(&action.sa_mask, SIGUSR2);
  sigaction(number, &action, NULL);
}

static void handlePlainly(int number, void (*handler)(int)) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART | SA_ONSTACK};
  sigaction(number, &action, NULL);
}

// Waits until a condition holds. Returns 0 if it does not within so many milliseconds.
static int within(int milliseconds, int (*holds)(void)) {
  while (!holds() && milliseconds-- > 0) usleep(1000);
  return holds();
}

static int alarmsThen, ticksThen;
static int isTicking(void) { return alarms > alarmsThen && ticks > ticksThen; }
int main(int argc, char *argv[]) {
  struct own own;
  timer_t timer;
  pthread_t threads[receivers + 3];
  void *(*const others[])(void *) = {reader, waiter, breeder};
  if (argc < 3) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  makeStreams();
  const int numbered[] = {TO_PROCESS, TO_THREAD, TO_THREAD_TOO};
  for (int index = 0; index < 3; index++) handle(numbered[index], onNumber);
  handle(OF_TIMER, onTimer);
  handlePlainly(SIGALRM, countPlain);
  handlePlainly(SIGCHLD, countPlain);
  if (!strcmp(argv[2], "handled")) handlePlainly(SIGTRAP, countPlain);
  if (!strcmp(argv[2], "ignored")) signal(SIGTRAP, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  blockAlways(argv[2]);

  // Threads start with these signals blocked. The main thread or a receiver unblocks those that it handles.
  sigset_t mine;
  sigemptyset(&mine);
  const int handled[] = {TO_PROCESS, TO_THREAD, TO_THREAD_TOO, OF_TIMER, SIGALRM, SIGCHLD};
  for (int index = 0; index < 6; index++) sigaddset(&mine, handled[index]);
  pthread_sigmask(SIG_BLOCK, &mine, NULL);
  for (long index = 0; index < receivers; index++)
    pthread_create(&threads[index], NULL, receiver, (void *)index);
  within(10000, isStarted);
  pid_t process = getpid(), sender = fork();
  if (sender == 0) sendAll(process, atol(argv[1]));
  for (int index = 0; index < 3; index++)
    pthread_create(&threads[receivers + index], NULL, others[index], NULL);
  giveStack();
  sigdelset(&mine, TO_THREAD);
  sigdelset(&mine, TO_THREAD_TOO);
  sigdelset(&mine, OF_TIMER);
  pthread_sigmask(SIG_UNBLOCK, &mine, NULL);
  noteOwn(&own, 300);
  noteShared();

  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = OF_TIMER};
  event._sigev_un._tid = stream[3].thread;
  timer_create(CLOCK_MONOTONIC, &event, &timer);
  timer_settime(timer, 0, &(struct itimerspec){{0, 700000}, {0, 700000}}, NULL);
  setitimer(ITIMER_REAL, &(struct itimerval){{0, 900}, {0, 900}}, NULL);
  printf("ready\n");
  int byte;
  while ((byte = getchar()) != EOF && byte != '\n') {}
  if (byte == EOF) return 0;

  within(10000, isReceived);
  alarmsThen = alarms;
  ticksThen = ticks;
  if (!within(10000, isTicking)) reportChange("timers", 0);
  timer_delete(timer);
  setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
  isEnded = 1;
  // A negative number only wakes the thread.
  pthread_sigqueue(threads[receivers], TO_DESCRIPTOR, (union sigval){-1});
  pthread_sigqueue(threads[receivers + 1], TO_WAIT, (union sigval){-1});
  for (int index = 0; index < receivers + 3; index++) pthread_join(threads[index], NULL);
  checkOwn(&own);
  checkShared();
  for (int index = 0; index < streams; index++)
    printf("stream %s sent %d received %d disorder %d\n", stream[index].name, stream[index].sent,
           stream[index].received, stream[index].disorder);
  printf("closed %d\n", closedCount);
  printf("children %d chld %d alarms %d ticks %d offstack %d traps %d sums %d\n", children, chld, alarms,
         ticks, offstack, traps, sums);
  printf("end\n");
  return 0;
}
