// A target that starts processes and becomes other programs all the time, and checks that nothing goes wrong.
//
//     fork-exec-exit fork          threads call fork(2), vfork(2) and posix_spawn(3) again and again
//     fork-exec-exit exec          calls execve(2) every two milliseconds, in turn from the leader and from
//                                  another thread
//     fork-exec-exit both          does both at once
//     fork-exec-exit exit DELAY    a thread calls exit_group(2) with status 42 after DELAY microseconds
//
// Each child reads its own descriptor table twice, and no session asked for a change in it. It counts itself
// at its start and at its end, and exits with a status that follows from its PID. The parent reopens 900 to
// 903, which sessions may close, and checks that 100 to 109 are never closed.
//
// A line or the end of the input ends it. It prints
//
//     started N ended N faults N generations N gone N FAULT
//
// `gone` is how often a number from 900 to 903 was closed. FAULT is the first fault, or "-". The counts lie
// in memory that every generation and every child shares.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { memory = 100, lastKept = 109, asked = 900, askedCount = 4, pauseTime = 400 };

extern char **environ;

static struct {
  atomic_long started, ended, faults, generations, gone;
  char firstFault[128];
} *counts;

static atomic_int isEnding;
static char *mode, *delay = "0";

static void fault(const char *what, long value) {
  if (atomic_fetch_add(&counts->faults, 1) == 0)
    snprintf(counts->firstFault, sizeof counts->firstFault, "%s-%ld-%s", what, value, strerrorname_np(errno));
}

static int isOpen(int number) { return fcntl(number, F_GETFD) >= 0; }

// Returns which of 900 to 903 are open. It is a fault if one of 100 to 109 is closed.
static int table(void) {
  int open = 0;
  for (int number = memory; number <= lastKept; number++)
    if (!isOpen(number)) fault("closed", number);
  for (int index = 0; index < askedCount; index++) open |= isOpen(asked + index) << index;
  return open;
}

// The exit status of a child. Its parent computes the same status.
static int statusOf(pid_t child) { return child % 100 + 1; }

_Noreturn static void runAsChild(void) {
  counts->started++;
  int before = table();
  if (usleep(pauseTime) != 0) fault("usleep", 0);
  int after = table();
  if (before != after) fault("table", before << 8 | after);
  counts->ended++;
  _exit(statusOf(getpid()));
}

static void check(pid_t child, int status) {
  if (!WIFEXITED(status) || WEXITSTATUS(status) != statusOf(child)) fault("status", status);
}

static void await(pid_t child) {
  int status = 0;
  if (child < 0) fault("no-child", 0);
  else if (waitpid(child, &status, 0) != child) fault("waitpid", child);
  else check(child, status);
}

static void *forkOften(void *unused) {
  while (!isEnding) {
    for (int number = asked; number < asked + askedCount; number++) {
      counts->gone += !isOpen(number);
      if (dup2(memory, number) != number) fault("dup2", number);
    }
    pid_t child = fork();
    if (child == 0) runAsChild();
    await(child);
  }
  return unused;
}

// The parent sleeps uninterruptibly until the child has become another program, or ended.
static void *vforkOften(void *unused) {
  for (volatile int turn = 0; !isEnding; turn++) {
    pid_t child = vfork();
    if (child == 0) {
      if (turn % 2) execl("/proc/self/exe", "fork-exec-exit", "child", NULL);
      runAsChild();
    }
    await(child);
  }
  return unused;
}

static void *spawnOften(void *unused) {
  char *arguments[] = {"fork-exec-exit", "child", NULL};
  while (!isEnding) {
    pid_t child = -1;
    if ((errno = posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ)) != 0)
      fault("posix_spawn", errno);
    await(child);
  }
  return unused;
}

static void *sleepOften(void *unused) {
  while (!isEnding) usleep(500);
  return unused;
}

static int hasToEnd(int milliseconds) {
  struct pollfd input = {.fd = 0, .events = POLLIN};
  return poll(&input, 1, milliseconds) != 0;
}

static void become(void) {
  execl("/proc/self/exe", "fork-exec-exit", mode, "again", NULL);
  fault("execl", 0);
}

static void *becomeLater(void *unused) {
  usleep(strcmp(mode, "both") ? 1500 : 6000);
  become();
  return unused;
}

static void *exitLater(void *unused) {
  usleep((useconds_t)atoi(delay));
  syscall(SYS_exit_group, 42);
  return unused;
}

static void setUp(void) {
  int file = open("/proc/self/fd/100", O_RDWR);
  int isFirst = file < 0;
  if (isFirst) {
    file = memfd_create("counts", 0);
    if (ftruncate(file, sizeof *counts) != 0) exit(1);
    for (int number = memory; number <= lastKept; number++) dup2(file, number);
  }
  counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (counts == MAP_FAILED) exit(1);
}

static void report(void) {
  int status;
  pid_t child;
  while ((child = waitpid(-1, &status, 0)) > 0) check(child, status);
  table();
  printf("started %ld ended %ld faults %ld generations %ld gone %ld %s\n", counts->started, counts->ended,
         counts->faults, counts->generations, counts->gone, counts->faults ? counts->firstFault : "-");
  exit(0);
}

int main(int argc, char *argv[]) {
  void *(*often[])(void *) = {forkOften, vforkOften, spawnOften, sleepOften, sleepOften};
  enum { jobs = sizeof often / sizeof *often };
  pthread_t threads[jobs], last;
  int status;
  if (argc < 2) return 2;
  setUp();
  mode = argv[1];
  if (!strcmp(mode, "child")) runAsChild();
  if (argc > 2) delay = argv[2];
  int execs = !strcmp(mode, "exec") || !strcmp(mode, "both");
  if (counts->generations++ == 0) puts("ready");
  fflush(stdout);
  for (pid_t child; (child = waitpid(-1, &status, WNOHANG)) > 0;) check(child, status);

  int ends = execs && hasToEnd(0), isByLeader = counts->generations % 2 == 0;
  int first = strcmp(mode, "exec") ? 0 : 3;
  if (ends) report();
  for (int index = first; index < jobs; index++) pthread_create(&threads[index], NULL, often[index], NULL);
  if (!strcmp(mode, "exit")) pthread_create(&last, NULL, exitLater, NULL);
  if (execs && isByLeader) becomeLater(NULL);
  if (execs) pthread_create(&last, NULL, becomeLater, NULL);
  while (execs || !hasToEnd(-1)) pause();
  isEnding = 1;
  for (int index = first; index < jobs; index++) pthread_join(threads[index], NULL);
  report();
}
