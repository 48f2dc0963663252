// Orders that make what selectors distinguish: flags, locks, offsets, ends that another process holds,
// states.
#include "holder.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static long lock(int number, const char *kind) {
  struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  if (!strcmp(kind, "posix")) return fcntl(number, F_SETLK, &range);
  if (!strcmp(kind, "ofd")) return fcntl(number, F_OFD_SETLK, &range);
  if (!strcmp(kind, "flock")) return flock(number, LOCK_EX | LOCK_NB);
  if (!strcmp(kind, "none")) return flock(number, LOCK_UN);
  return fcntl(number, F_SETLEASE, F_WRLCK);
}

// Sends a descriptor to this same process over a socket, as another process would receive it.
static long pass(int number, int to) {
  int pair[2];
  char byte = 0;
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                           .msg_controllen = sizeof control};
  memcpy(CMSG_DATA(&control.header), &number, sizeof number);
  if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0 || sendmsg(pair[0], &message, 0) < 0 ||
      recvmsg(pair[1], &message, 0) < 0)
    return -1;
  memcpy(&number, CMSG_DATA(&control.header), sizeof number);
  close(pair[0]);
  close(pair[1]);
  return at(number, to);
}

// Starts a child that closes every descriptor from 3 up outside a range, and prints the PID of the child.
// The child ends with its parent.
static void forkKeeping(int first, int last) {
  int ready[2];
  char byte;
  if (pipe(ready) < 0) return answer(-1);
  pid_t parent = getpid(), child = fork();
  if (child < 0) return answer(-1);
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    dup2(ready[1], 1023);
    close(0);
    close(1);
    if (first > 3) close_range(3, (unsigned)first - 1, 0);
    close_range((unsigned)last + 1, 1022, 0);
    (void)!write(1023, "", 1);
    close(1023);
    for (;;) pause();
  }
  close(ready[1]);
  (void)!read(ready[0], &byte, 1);
  close(ready[0]);
  printf("%d\n", child);
}

static struct sockaddr_in loopback(int port) {
  return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                              .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

// Prints the first line of what arrives at a descriptor.
static void receive(int number) {
  char text[4096];
  ssize_t length = read(number, text, sizeof text - 1);
  if (length < 0) return answer(-1);
  text[length] = '\0';
  text[strcspn(text, "\r\n")] = '\0';
  printf("%s\n", text);
}

// Begins to connect, and does not wait until the connection is there.
static long tcpBegin(int number, int port) {
  struct sockaddr_in peer = loopback(port);
  int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  (void)connect(s, (void *)&peer, sizeof peer);
  return at(s, number);
}

// Binds an IPv4 socket, and prints its port. The socket listens if the backlog is not negative.
static void bound(int number, int type, int backlog) {
  struct sockaddr_in name = loopback(0);
  socklen_t length = sizeof name;
  int s = socket(AF_INET, type, 0);
  if (s < 0 || bind(s, (void *)&name, length) < 0 || (backlog >= 0 && listen(s, backlog) < 0) ||
      getsockname(s, (void *)&name, &length) < 0 || at(s, number) < 0)
    return answer(-1);
  printf("%d\n", ntohs(name.sin_port));
}

static long unixDatagram(int number, const char *path) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  strncpy(name.sun_path, path, sizeof name.sun_path - 1);
  int s = socket(AF_UNIX, SOCK_DGRAM, 0);
  return bind(s, (void *)&name, sizeof name) < 0 ? -1 : at(s, number);
}

static long pipes(int reading, int writing) {
  int ends[2];
  return pipe(ends) < 0 || at(ends[0], reading) < 0 ? -1 : at(ends[1], writing);
}

// Makes the kernel send a signal when the descriptor can be read.
static long signalInput(int number, int signal) {
  if (fcntl(number, F_SETOWN, getpid()) < 0 || fcntl(number, F_SETSIG, signal) < 0) return -1;
  return fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_ASYNC);
}

int obeyOpening(const char *word, const char *line) {
  char a[4096] = "";
  int n = -1, m = -1;
  unsigned flags = 0;
  if (!strcmp(word, "flags") && sscanf(line, "%*s %d %o %4095[^\n]", &n, &flags, a) == 3)
    answer(at(open(a, (int)flags, 0644), n));
  else if (!strcmp(word, "set-flags") && sscanf(line, "%*s %d %o", &n, &flags) == 2)
    answer(fcntl(n, F_SETFL, (int)flags));
  else if (!strcmp(word, "set-cloexec") && sscanf(line, "%*s %d", &n) == 1)
    answer(fcntl(n, F_SETFD, FD_CLOEXEC));
  else if (!strcmp(word, "lock") && sscanf(line, "%*s %d %4095s", &n, a) == 2) answer(lock(n, a));
  else if (!strcmp(word, "seek") && sscanf(line, "%*s %d %d", &n, &m) == 2)
    answer(lseek(n, m, SEEK_SET));
  else if (!strcmp(word, "signal-input") && sscanf(line, "%*s %d %d", &n, &m) == 2)
    answer(signalInput(n, m));
  else if (!strcmp(word, "pass") && sscanf(line, "%*s %d %d", &n, &m) == 2) answer(pass(n, m));
  else if (!strcmp(word, "receive") && sscanf(line, "%*s %d", &n) == 1) receive(n);
  else if (!strcmp(word, "pipe") && sscanf(line, "%*s %d %d", &n, &m) == 2) answer(pipes(n, m));
  else if (!strcmp(word, "fork") && sscanf(line, "%*s %d %d", &n, &m) == 2) forkKeeping(n, m);
  else if (!strcmp(word, "tcp-begin") && sscanf(line, "%*s %d %d", &n, &m) == 2) answer(tcpBegin(n, m));
  else if (!strcmp(word, "tcp-bind") && sscanf(line, "%*s %d %d", &n, &m) == 2) bound(n, SOCK_STREAM, m);
  else if (!strcmp(word, "udp-bind") && sscanf(line, "%*s %d", &n) == 1) bound(n, SOCK_DGRAM, -1);
  else if (!strcmp(word, "socket") && sscanf(line, "%*s %d %d %d", &n, &m, (int *)&flags) == 3)
    answer(at(socket(m, (int)flags, 0), n));
  else if (!strcmp(word, "shutdown") && sscanf(line, "%*s %d", &n) == 1) answer(shutdown(n, SHUT_WR));
  else if (!strcmp(word, "unix-bind") && sscanf(line, "%*s %d %4095s", &n, a) == 2)
    answer(unixDatagram(n, a));
  else return 0;
  return 1;
}
