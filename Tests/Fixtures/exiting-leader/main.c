// A target whose leader exits at a chosen moment. The exit takes long: the kernel walks the robust futexes of
// the leader, and each lies on a page of its own that the kernel has to read in.
//
//     exiting-leader MICROSECONDS COMMAND ARGUMENT...    inserts its own PID before the arguments
//
// It starts the command. Another thread waits for the command and prints how it ended: "status N" or
// "signal N".
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { futexes = 2040, apart = 1 << 17 };  // the kernel walks 2,048 of them at most

static pid_t command;

static void *waitForCommand(void *unused) {
  int status;
  (void)unused;
  waitpid(command, &status, 0);
  if (WIFEXITED(status)) printf("status %d\n", WEXITSTATUS(status));
  else printf("signal %d\n", WTERMSIG(status));
  fflush(stdout);
  _exit(0);
}

static long microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

// Writes the futexes through the file, so that the process has none of the pages yet.
static char *makeFutexes(void) {
  size_t size = (futexes + 2) * (size_t)apart;
  int file = memfd_create("futexes", 0);
  if (ftruncate(file, (off_t)size) != 0) return MAP_FAILED;
  char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  struct robust_list_head head = {.list = {(void *)(memory + apart)}, .futex_offset = 8};
  if (memory == MAP_FAILED || pwrite(file, &head, sizeof head, 0) < 0) return MAP_FAILED;
  for (long index = 1; index <= futexes; index++) {
    struct robust_list entry = {(void *)(index < futexes ? memory + (index + 1) * apart : memory)};
    if (pwrite(file, &entry, sizeof entry, index * apart) < 0) return MAP_FAILED;
  }
  close(file);
  return memory;
}

int main(int argc, char **argv) {
  char pid[16], *memory = makeFutexes();
  pthread_t thread;
  if (argc < 3 || memory == MAP_FAILED) return 2;
  snprintf(pid, sizeof pid, "%d", getpid());
  command = fork();
  if (command == 0) {
    char *arguments[16] = {argv[2], pid};
    for (int index = 3; index < argc && index < 16; index++) arguments[index - 1] = argv[index];
    execv(arguments[0], arguments);
    _exit(127);
  }
  long begun = microseconds();
  pthread_create(&thread, NULL, waitForCommand, NULL);
  syscall(SYS_set_robust_list, memory, sizeof(struct robust_list_head));
  while (microseconds() - begun < atol(argv[1])) {}
  syscall(SYS_exit, 0);
}
