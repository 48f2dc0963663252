// A target that other processes stop and continue. It reports how often its handlers have run.
//
//     job-control THREADS            has so many threads beside the main thread
//     job-control THREADS handle     handles SIGTSTP, so that it does not stop
//
// It prints "ready", and answers each line of input with "tstp N cont N threads N": how often the handlers of
// SIGTSTP and SIGCONT have run, and how many threads have made progress since the last answer. Before each
// answer it opens those of the descriptors 600 to 999 that are closed. These are enough that closing each
// takes a while.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { most = 16, first = 600, last = 999 };

static volatile sig_atomic_t tstp, cont;
static atomic_int progress[most];

static void count(int number) {
  if (number == SIGTSTP) tstp++;
  else cont++;
}

// Every second thread is in the kernel most of the time, and the others are in user mode.
static void *work(void *argument) {
  long index = (long)argument;
  for (;;) {
    progress[index]++;
    if (index % 2) nanosleep(&(struct timespec){0, 300000}, NULL);
    for (volatile int step = 0; step < 20000; step++) {}
    if (index % 2 == 0) usleep(200);
  }
  return NULL;
}

static void reopen(void) {
  for (int number = first; number <= last; number++)
    if (fcntl(number, F_GETFD) < 0) dup2(1, number);
}

int main(int argc, char *argv[]) {
  int threads = argc > 1 ? atoi(argv[1]) : 0;
  char line[64];
  if (threads > most) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  // Makes a process group of its own, whose parent is in another group. The kernel does not stop a process of
  // an orphaned group for SIGTSTP.
  setpgid(0, 0);
  struct sigaction action = {.sa_handler = count, .sa_flags = SA_RESTART};
  sigaction(SIGCONT, &action, NULL);
  if (argc > 2 && !strcmp(argv[2], "handle")) sigaction(SIGTSTP, &action, NULL);
  sigset_t handled;
  sigemptyset(&handled);
  sigaddset(&handled, SIGCONT);
  if (argc > 2) sigaddset(&handled, SIGTSTP);
  // The main thread handles the signals, before it reads the next line.
  pthread_sigmask(SIG_BLOCK, &handled, NULL);
  for (long index = 0; index < threads; index++) {
    pthread_t thread;
    pthread_create(&thread, NULL, work, (void *)index);
  }
  pthread_sigmask(SIG_UNBLOCK, &handled, NULL);
  reopen();
  printf("ready\n");
  while (fgets(line, sizeof line, stdin)) {
    int moved = 0;
    reopen();
    for (int index = 0; index < threads; index++) {
      // Waits up to five seconds for each thread. A thread without progress is missing from the count.
      int then = progress[index], waits = 0;
      while (progress[index] == then && waits++ < 5000) usleep(1000);
      moved += progress[index] != then;
    }
    printf("tstp %d cont %d threads %d\n", (int)tstp, (int)cont, moved);
  }
  return 0;
}
