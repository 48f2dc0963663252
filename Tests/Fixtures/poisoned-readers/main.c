// A target whose threads wait on one descriptor, while another thread opens files that may get its number.
//
//     poisoned-readers CALL THREADS
//
// CALL is `read`, `recv`, `accept`, `poll`, `select` or `ppoll`. With one thread, it is the leader. The
// number is 100. A further thread opens /dev/zero at the lowest free number from 100 on and closes it again,
// all the time. /dev/zero always has data.
//
// It prints "ready" once all threads wait. When every call has returned, it prints how many returned EBADF
// (or POLLNVAL), and how many anything else: "right 4 wrong 0". A line on standard input starts the next
// round.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum { number = 100, most = 8 };

static const char *call;
static atomic_int waiting, isOpening, isIdle, right, wrong;
static int other;

static void *openAndClose(void *unused) {
  int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
  for (;;) {
    while (!isOpening) {
      isIdle = 1;
      usleep(100);
    }
    isIdle = 0;
    int file = fcntl(zero, F_DUPFD_CLOEXEC, number);
    for (volatile int turn = 0; turn < 2000; turn++) {}
    close(file);
  }
  return unused;
}

// Waits, and tells whether the call found the number closed.
static int findsClosed(void) {
  char byte[16];
  if (!strcmp(call, "read")) return read(number, byte, sizeof byte) < 0 && errno == EBADF;
  if (!strcmp(call, "recv")) return recv(number, byte, sizeof byte, 0) < 0 && errno == EBADF;
  if (!strcmp(call, "accept")) return accept(number, NULL, NULL) < 0 && errno == EBADF;
  if (!strcmp(call, "select")) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(number, &set);
    return select(number + 1, &set, NULL, NULL, NULL) < 0 && errno == EBADF;
  }
  struct pollfd event = {.fd = number, .events = POLLIN};
  sigset_t none;
  sigemptyset(&none);
  int count = strcmp(call, "ppoll") ? poll(&event, 1, -1) : ppoll(&event, 1, NULL, &none);
  return count == 1 && event.revents == POLLNVAL;
}

static void *wait(void *unused) {
  waiting++;
  if (findsClosed()) right++;
  else wrong++;
  waiting--;
  return unused;
}

static void openNumber(void) {
  int ends[2];
  close(other);
  if (!strcmp(call, "accept")) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    ends[1] = -1;
    bind(ends[0], (struct sockaddr *)&address, sizeof address);
    listen(ends[0], 4);
  } else {
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
  }
  dup2(ends[0], number);
  close(ends[0]);
  other = ends[1];
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  call = argv[1];
  int count = atoi(argv[2]);
  pthread_t opener, threads[most];
  setvbuf(stdout, NULL, _IOLBF, 0);
  pthread_create(&opener, NULL, openAndClose, NULL);
  char line[16];
  for (other = -1;;) {
    openNumber();
    right = wrong = 0;
    for (int index = 0; index < count - 1; index++) pthread_create(&threads[index], NULL, wait, NULL);
    while (waiting < count - 1) usleep(100);
    usleep(2000);
    isOpening = 1;
    printf("ready\n");
    wait(NULL);
    for (int index = 0; index < count - 1; index++) pthread_join(threads[index], NULL);
    for (isOpening = isIdle = 0; !isIdle;) usleep(100);
    printf("right %d wrong %d\n", right, wrong);
    if (!fgets(line, sizeof line, stdin)) return 0;
  }
}
