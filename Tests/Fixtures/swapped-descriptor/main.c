// A target that swaps the file behind descriptor 50 as fast as it can, between a deleted file and a file with
// a name. It reports how often a session closed each of them.
//
//     swapped-descriptor DIRECTORY [chain|shared]
//
// Only one thread at a time uses the number. So after its dup2(2) it knows which file is there. If the number
// is closed while it stood for the file with a name, a session closed the wrong file.
//
// With `chain`, each thread swaps once, creates the next thread and exits, as fast as it can. With `shared`,
// a child process that shares the descriptor table swaps, and its parent only waits for it.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { number = 50 };

static int deleted, named, current, checks = 20;
static long rightly, wrongly, swaps;
static pthread_attr_t attributes;

static int openFile(const char *directory, const char *name, int isDeleted) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  int file = open(path, O_RDWR | O_CREAT, 0644), above = fcntl(file, F_DUPFD, 100);
  close(file);
  if (isDeleted) unlink(path);
  return above;
}

// Returns whether the number is closed at any of so many checks.
static int isClosed(int times) {
  struct stat status;
  for (int check = 0; check < times; check++)
    if (fstat(number, &status) != 0 && errno == EBADF) return 1;
  return 0;
}

// Counts whether the file behind the number was closed, and puts the other file there.
static void swapFiles(void) {
  if (isClosed(checks)) {
    if (current == named) wrongly++;
    else rightly++;
  }
  current = current == named ? deleted : named;
  dup2(current, number);
  swaps++;
}

static int hasToEnd(void) {
  struct pollfd input = {.fd = 0, .events = POLLIN};
  return poll(&input, 1, 0) != 0;
}

static void end(void) {
  printf("swaps %ld rightly %ld wrongly %ld\n", swaps, rightly, wrongly);
  exit(0);
}

static void *swapOnce(void *unused) {
  pthread_t next;
  swapFiles();
  if (hasToEnd()) end();
  while (pthread_create(&next, &attributes, swapOnce, NULL) != 0) {}
  return unused;
}

int main(int argc, char *argv[]) {
  if (argc < 2) return 2;
  deleted = openFile(argv[1], "gone", 1);
  named = openFile(argv[1], "kept", 0);
  current = named;
  dup2(current, number);
  // The descriptors that keep both files open would match as well. The caller has to leave out this number
  // and those above.
  printf("ready %d\n", deleted);
  fflush(stdout);
  if (argc > 2 && !strcmp(argv[2], "shared")) {
    pid_t child = (pid_t)syscall(SYS_clone, (long)(CLONE_FILES | SIGCHLD), 0L, 0L, 0L, 0L);
    if (child != 0) return waitpid(child, NULL, 0) != child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
  } else if (argc > 2) {
    checks = 1;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    swapOnce(NULL);
    for (;;) pause();
  }
  while (swaps % 1000 != 0 || !hasToEnd()) swapFiles();
  end();
}
