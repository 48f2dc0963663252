// The process that the benchmark measures. It has so many descriptors and threads, and reports its
// longest pause.
//
// It reads orders from standard input:
//
//     open FIRST LAST       opens /dev/null at these numbers
//     connect FIRST LAST    opens TCP connections at these numbers; a second process has their other ends
//     threads N             creates threads until there are N, with the main thread
//     processes N           creates child processes until there are N
//     watch                 reads the clock all the time from now on
//     gap                   answers the longest time in microseconds between two readings of the clock, since
//                           the last answer or since `watch`
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void place(int descriptor, int number) {
  if (descriptor < 0) fail("open");
  if (descriptor == number) return;
  if (dup2(descriptor, number) < 0) fail("dup2");
  close(descriptor);
}

static void open_null(int first, int last) {
  for (int number = first; number <= last; number++) place(open("/dev/null", O_RDONLY), number);
}

// The peers are in a process of their own, so that this process has only the descriptors of its orders.
static void connect_all(int first, int last) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 4096) != 0) fail("listen");
  getsockname(listener, (struct sockaddr *)&address, &length);
  if (fork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;)
      if (accept(listener, NULL, NULL) < 0) fail("accept");
  }
  close(listener);
  for (int number = first; number <= last; number++) {
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    place(connection, number);
  }
  printf("%d ", ntohs(address.sin_port));
}

static void *idle(void *argument) {
  for (;;) pause();
  return argument;
}

static void make_threads(int count) {
  static int made = 1;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 1 << 16);
  for (; made < count; made++) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, idle, NULL) != 0) fail("pthread_create");
  }
}

static void make_processes(int count) {
  static int made;
  for (; made < count; made++) {
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child > 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) pause();
  }
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t largest;

// Reads the clock until a line arrives.
static void watch(void) {
  struct pollfd input = {.fd = 0, .events = POLLIN};
  int64_t before = now();
  for (unsigned turn = 1;; turn++) {
    int64_t here = now();
    if (here - before > largest) largest = here - before;
    before = here;
    if (turn % 4096 == 0 && poll(&input, 1, 0) != 0) return;
  }
}

int main(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  setvbuf(stdout, NULL, _IOLBF, 0);
  bool is_watching = false;
  char line[128];
  // Without a buffer: poll(2) would not see a line that stdio has read already.
  setvbuf(stdin, NULL, _IONBF, 0);
  printf("ready\n");
  while (fgets(line, sizeof line, stdin)) {
    int first = 0, last = 0;
    if (sscanf(line, "open %d %d", &first, &last) == 2) {
      open_null(first, last);
    } else if (sscanf(line, "connect %d %d", &first, &last) == 2) {
      connect_all(first, last);
    } else if (sscanf(line, "threads %d", &first) == 1) {
      make_threads(first);
    } else if (sscanf(line, "processes %d", &first) == 1) {
      make_processes(first);
    } else if (strncmp(line, "watch", 5) == 0) {
      is_watching = true;
    } else if (strncmp(line, "gap", 3) == 0) {
      printf("%ld ", (long)(largest / 1000));
      is_watching = false;
    }
    largest = 0;
    printf("ok\n");
    if (is_watching) watch();
  }
  return 0;
}
