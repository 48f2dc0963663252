// A target six of whose threads get a signal of a timer of their own, timer_create(2), every 60 microseconds.
//
// It says "ready", and ends with its input.
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
