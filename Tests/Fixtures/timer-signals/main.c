// A target with six threads, each of which gets a signal from a timer of its own every 60 microseconds; see
// timer_create(2).
//
// It prints "ready", and ends with its input.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static void ignoreTick(int number) { (void)number; }

static void *tick(void *unused) {
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN};
  struct itimerspec every = {{0, 60000}, {0, 60000}};
  timer_t timer;
  event._sigev_un._tid = gettid();
  timer_create(CLOCK_MONOTONIC, &event, &timer);
  timer_settime(timer, 0, &every, NULL);
  for (;;) pause();
  return unused;
}

int main(void) {
  pthread_t thread;
  signal(SIGRTMIN, ignoreTick);
  for (int index = 0; index < 6; index++) pthread_create(&thread, NULL, tick, NULL);
  printf("ready\n");
  fflush(stdout);
  while (getchar() != EOF) {}
  return 0;
}
