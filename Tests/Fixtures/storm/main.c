// A target under a storm of signals, that counts what was sent and what arrived.
//
// A child sends real-time signals with numbered payloads, a timer adds its own, and two threads make
// calls that signals interrupt. At the end of its input it says: sent, received, out of order, and
// whether masks and the disposition of SIGTRAP are what they were.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static atomic_long received, ticks, disorder;
static long expected;

static void onPayload(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)context;
  if (info->si_value.sival_int != expected) disorder++;
  expected = info->si_value.sival_int + 1;
  received++;
}

static void onTick(int signal) {
  (void)signal;
  ticks++;
}

static void *sleeper(void *unused) {
  struct timespec t = {0, 1000000};
  (void)unused;
  for (;;) nanosleep(&t, NULL);
}

// Sends as fast as the queue takes them; says how many when told to end.
static void send(pid_t target, int control, int result) {
  union sigval value = {0};
  struct timespec pause = {0, 200000};
  char byte;
  (void)control;
  while (read(control, &byte, 1) < 0) {
    if (sigqueue(target, SIGRTMIN + 1, value) == 0) value.sival_int++;
    nanosleep(&pause, NULL);
  }
  write(result, &value.sival_int, sizeof value.sival_int);
  _exit(0);
}

int main(void) {
  int control[2], result[2], sent = 0, c;
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (pipe2(control, O_NONBLOCK) != 0 || pipe(result) != 0) return 1;

  struct sigaction payload = {.sa_sigaction = onPayload, .sa_flags = SA_SIGINFO | SA_RESTART};
  struct sigaction tick = {.sa_handler = onTick, .sa_flags = SA_RESTART};
  sigaction(SIGRTMIN + 1, &payload, NULL);
  sigaction(SIGALRM, &tick, NULL);
  signal(SIGTRAP, SIG_IGN);
  sigset_t blocked, then;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTRAP);
  sigaddset(&blocked, SIGUSR1);
  pthread_sigmask(SIG_SETMASK, &blocked, NULL);

  // The sleepers block what carries payloads: one thread handles those, and sees their order.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, NULL);
  pthread_t threads[2];
  for (int index = 0; index < 2; index++) pthread_create(&threads[index], NULL, sleeper, NULL);
  pthread_sigmask(SIG_SETMASK, &blocked, NULL);

  pid_t self = getpid(), child = fork();
  if (child == 0) send(self, control[0], result[1]);
  struct itimerval every = {{0, 500}, {0, 500}};
  setitimer(ITIMER_REAL, &every, NULL);
  printf("ready\n");
  while ((c = getchar()) != EOF && c != '\n') {}

  write(control[1], "x", 1);
  while (read(result[0], &sent, sizeof sent) < 0) {}
  waitpid(child, NULL, 0);
  setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
  for (int wait = 0; wait < 1000 && received < sent; wait++) usleep(1000);
  struct sigaction trap;
  sigaction(SIGTRAP, NULL, &trap);
  pthread_sigmask(SIG_SETMASK, NULL, &then);
  int same = sigismember(&then, SIGTRAP) && sigismember(&then, SIGUSR1) && !sigismember(&then, SIGALRM);
  printf("sent %d received %ld disorder %ld ticks %d mask %s trap %s\n", sent, (long)received,
         (long)disorder, ticks > 0, same ? "same" : "changed",
         trap.sa_handler == SIG_IGN ? "same" : "changed");
  return 0;
}
