// A target with two tasks, whose descriptor tables are one table or two.
//
//     shared-tables process         a child shares the table: clone(2) with CLONE_FILES, without CLONE_THREAD
//     shared-tables thread          a thread has a table of its own: unshare(2)
//     shared-tables nested          a thread has a table of its own, which a child of it shares
//     shared-tables unseen          a child's leader has a table of its own, and a thread of the child shares
//                                   ours
//     shared-tables exited-leader   like `thread`, but the leader has exited and another thread answers
//
// Every table has /dev/null at 10 to 19, and with `unseen` at 40. It prints "ready ID", the ID of the other
// task. It answers "own" with which of these numbers it has open itself, such as "10-12 15", and "other" with
// those of the other task. "open" opens them again, and is answered with "ok".
//
// With `unseen` the child's thread opens and closes an eventfd at 30 all the time. "lost" is answered with
// how often another process closed it meanwhile.
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { first = 10, last = 19 };

// The question to the other task, and its answer.
static struct shared {
  atomic_int id, isAsked, lost, isUnseen;
  char answer[256];
} *shared;

static void list(char *text) {
  int begun = -1;
  *text = '\0';
  for (int number = first; number <= last + 1; number++) {
    int isOpen = number <= last && fcntl(number, F_GETFD) >= 0;
    if (isOpen && begun < 0) begun = number;
    if (isOpen || begun < 0) continue;
    text += sprintf(text, begun == number - 1 ? "%d " : "%d-%d ", begun, number - 1);
    begun = -1;
  }
}

static void *answer(void *unused) {
  shared->id = gettid();
  for (;; usleep(1000)) {
    if (!shared->isAsked) continue;
    list(shared->answer);
    shared->isAsked = 0;
  }
  return unused;
}

// Opens and closes an eventfd, and counts the closes that were not its own.
static void *toggle(void *unused) {
  int event = eventfd(0, 0);
  shared->id = getpid();
  for (;;) {
    int number = fcntl(event, F_DUPFD, 30);
    for (volatile int turn = 0; turn < 3000; turn++) {}
    if (fcntl(number, F_GETFD) < 0) shared->lost++;
    else close(number);
    for (volatile int turn = 0; turn < 3000; turn++) {}
  }
  return unused;
}

static _Noreturn void beUnseen(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, toggle, NULL);
  unshare(CLONE_FILES);
  for (;;) pause();
}

static void openAll(int isUnseen) {
  int null = open("/dev/null", O_RDWR);
  for (int number = first; number <= last; number++) dup2(null, number);
  if (isUnseen) dup2(null, 40);
  close(null);
}

static void *separate(void *unused) {
  unshare(CLONE_FILES);
  return answer(unused);
}

static void *separateWithChild(void *unused) {
  unshare(CLONE_FILES);
  if (syscall(SYS_clone, (long)(CLONE_FILES | SIGCHLD), 0L, 0L, 0L, 0L) == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    answer(NULL);
  }
  for (;;) pause();
  return unused;
}

static void *obey(void *unused) {
  char line[16], text[256];
  while (fgets(line, sizeof line, stdin)) {
    if (!strncmp(line, "own", 3)) list(text);
    else if (!strncmp(line, "lost", 4)) sprintf(text, "%d", shared->lost);
    else if (!strncmp(line, "open", 4)) {
      openAll(shared->isUnseen);
      strcpy(text, "ok");
    }
    else {
      shared->isAsked = 1;
      while (shared->isAsked) usleep(1000);
      strcpy(text, shared->answer);
    }
    printf("%s\n", text);
  }
  _exit(0);
  return unused;
}

int main(int argc, char **argv) {
  pthread_t thread;
  if (argc < 2) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  shared->isUnseen = !strcmp(argv[1], "unseen");
  openAll(shared->isUnseen);
  if (!strcmp(argv[1], "nested")) pthread_create(&thread, NULL, separateWithChild, NULL);
  else if (strcmp(argv[1], "process") && !shared->isUnseen) pthread_create(&thread, NULL, separate, NULL);
  else if (syscall(SYS_clone, (long)(CLONE_FILES | SIGCHLD), 0L, 0L, 0L, 0L) == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (shared->isUnseen) beUnseen();
    answer(NULL);
  }
  while (shared->id == 0) usleep(1000);
  printf("ready %d\n", shared->id);
  if (strcmp(argv[1], "exited-leader")) obey(NULL);
  pthread_create(&thread, NULL, obey, NULL);
  pthread_exit(NULL);
}
