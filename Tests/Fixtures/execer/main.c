// A target one of whose threads, not the leader, calls exec(2) every two milliseconds or so.
//
//     execer COUNT        after so many it says "whole" and waits for the end of its input
//
// An exec ends all other threads, and takes over the leader's ID.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *sleepOften(void *unused) {
  (void)unused;
  for (;;) usleep(500);
}

static void *execAgain(void *rest) {
  char count[16];
  usleep(1500);
  snprintf(count, sizeof count, "%d", *(int *)rest - 1);
  execl("/proc/self/exe", "execer", count, NULL);
  _exit(1);
}

int main(int argc, char *argv[]) {
  pthread_t thread;
  int rest = argc > 1 ? atoi(argv[1]) : 0;
  if (rest <= 0) {
    puts("whole");
    fflush(stdout);
    while (getchar() != EOF) {}
    return 0;
  }
  for (int index = 0; index < 3; index++) pthread_create(&thread, NULL, sleepOften, NULL);
  pthread_create(&thread, NULL, execAgain, &rest);
  for (;;) pause();
}
