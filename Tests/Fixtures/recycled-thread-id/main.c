// A target of which a thread exits once the leader is traced, and whose child then gets that thread's ID.
//
// So the ID that a tracer has read in `/proc/PID/task` means another process when it attaches. It says "ready
// TID" and "stranger" or the error once the child has that ID. The child waits in epoll_wait(2) and says
// "EINTR" should that be interrupted. On standard input "end" ends both.
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int *tid;

static int isTraced(pid_t pid) {
  char path[32], text[4096];
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  int file = open(path, O_RDONLY);
  ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  text[length > 0 ? length : 0] = '\0';
  const char *line = strstr(text, "TracerPid:\t");
  return line && atoi(line + strlen("TracerPid:\t")) != 0;
}

static void *leave(void *leader) {
  *tid = gettid();
  while (!isTraced((pid_t)(long)leader)) usleep(100);
  return NULL;
}

// In another process, which the tracer does not stop: takes the ID over as soon as it is free.
static void recycle(void) {
  while (*tid == 0) usleep(1000);
  pid_t wanted = *tid;
  struct clone_args arguments = {
      .exit_signal = SIGCHLD, .set_tid = (unsigned long)&wanted, .set_tid_size = 1};
  long child;
  while ((child = syscall(SYS_clone3, &arguments, sizeof arguments)) < 0 && errno == EEXIST) {}
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct epoll_event event;
    int epoll = epoll_create1(0);
    while (epoll_wait(epoll, &event, 1, -1) < 0) write(1, "EINTR\n", 6);
  }
  printf("%s\n", child < 0 ? strerrorname_np(errno) : "stranger");
  for (;;) pause();
}

int main(void) {
  pthread_t thread;
  setvbuf(stdout, NULL, _IOLBF, 0);
  tid = mmap(NULL, sizeof *tid, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (fork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    recycle();
  }
  dup2(open("/dev/null", O_RDONLY), 9);
  pthread_create(&thread, NULL, leave, (void *)(long)getpid());
  while (*tid == 0) usleep(1000);
  printf("ready %d\n", *tid);
  char line[16];
  while (fgets(line, sizeof line, stdin) && strcmp(line, "end\n"))
    printf("%s\n", fcntl(9, F_GETFD) < 0 ? "closed" : "open");
}
