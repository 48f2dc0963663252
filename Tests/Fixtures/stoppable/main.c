// A target that is stopped and continued from outside, and says when it runs how often it was told.
//
//     stoppable THREADS [handle]     with so many threads beside the main one; SIGTSTP handled, not obeyed
//
// It says "ready", and answers each line of input with "tstp N cont N threads N": how often the handlers of
// SIGTSTP and SIGCONT have run, and how many threads have made progress since the last answer. Before each
// answer it opens those of the descriptors 600 to 999 that are closed: enough for closing each to take a
// while.
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

// Every second one is in the kernel mostly, the others are mostly not.
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
  // A group of its own, with a parent in another: one that has none obeys no SIGTSTP.
  setpgid(0, 0);
  struct sigaction action = {.sa_handler = count, .sa_flags = SA_RESTART};
  sigaction(SIGCONT, &action, NULL);
  if (argc > 2 && !strcmp(argv[2], "handle")) sigaction(SIGTSTP, &action, NULL);
  sigset_t handled;
  sigemptyset(&handled);
  sigaddset(&handled, SIGCONT);
  if (argc > 2) sigaddset(&handled, SIGTSTP);
  // The main thread handles them, before it takes the next line.
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
      // Each is waited for: one that does not go on is told by its absence.
      int then = progress[index], looks = 0;
      while (progress[index] == then && looks++ < 5000) usleep(1000);
      moved += progress[index] != then;
    }
    printf("tstp %d cont %d threads %d\n", (int)tstp, (int)cont, moved);
  }
  return 0;
}
