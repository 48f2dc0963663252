// A target with two threads that wait for data at descriptors that a session closes: one in recv(2) on the
// socket 100, and one in read(2) on the pipe 101.
//
// A thread whose call returns prints "recv" or "read", the result and the error. It answers each line with
// "peer", and the result and error of recv(2) at the other end of the socket: 0 after the hang-up, or EAGAIN.
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { socketNumber = 100, pipeNumber = 101 };

static int ends[2], pipeEnds[2];

static void say(const char *name, long result) {
  printf("%s %ld %s\n", name, result, result < 0 ? strerrorname_np(errno) : "-");
}

static void *receive(void *unused) {
  char byte;
  say("recv", recv(socketNumber, &byte, 1, 0));
  return unused;
}

static void *readPipe(void *unused) {
  char byte;
  say("read", read(pipeNumber, &byte, 1));
  return unused;
}

int main(void) {
  char line[16], byte;
  pthread_t threads[2];
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 || pipe(pipeEnds) != 0) return 1;
  dup2(ends[0], socketNumber);
  close(ends[0]);
  dup2(pipeEnds[0], pipeNumber);
  close(pipeEnds[0]);
  pthread_create(&threads[0], NULL, receive, NULL);
  pthread_create(&threads[1], NULL, readPipe, NULL);
  printf("ready\n");
  while (fgets(line, sizeof line, stdin)) say("peer", recv(ends[1], &byte, 1, MSG_DONTWAIT));
  return 0;
}
