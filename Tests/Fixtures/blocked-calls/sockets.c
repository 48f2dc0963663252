// Calls on sockets. Each comes also with a socket timeout: with one, the kernel answers EINTR after a stop.
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static void setLimits(int descriptor, long milliseconds) {
  struct timeval time = {milliseconds / 1000, milliseconds % 1000 * 1000};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}
static void makeLongPair(void) {
  makePair();
  setLimits(ends[slot][0], never * 1000L);
}
static void makeTimedPair(void) {
  makePair();
  setLimits(ends[slot][0], limit);
}

static long receive(void) {
  char byte;
  return recv(ends[slot][0], &byte, 1, 0);
}
static long readByte(void) {
  char byte;
  return read(ends[slot][0], &byte, 1);
}
static long receiveMessage(void) {
  char byte;
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  return recvmsg(ends[slot][0], &message, 0);
}
static long receiveMessages(void) {
  char byte;
  struct iovec part = {&byte, 1};
  struct mmsghdr messages[] = {{.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}}};
  return recvmmsg(ends[slot][0], messages, 1, 0, NULL);
}

static long receiveVector(void) {
  char byte;
  struct iovec part = {&byte, 1};
  return preadv2(ends[slot][0], &part, 1, -1, 0);
}

#if defined(__x86_64__)
// Uses the entry for 32-bit programs, which a 64-bit program can use as well. That entry has its own call
// numbers, and takes addresses below 4 GiB only.
static long receiveByOldEntry(void) {
  const int oldRead = 3;
  char *byte = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  int answer;
  __asm__ volatile("int $0x80"
                   : "=a"(answer)
                   : "a"(oldRead), "b"(ends[slot][0]), "c"(byte), "d"(1)
                   : "memory");
  munmap(byte, 4096);
  if (answer < 0) errno = -answer;
  return answer < 0 ? -1 : answer;
}
#endif

// Fills the buffers. The end of the waiting thread takes no more until the giver reads from the other end.
static void fill(void) {
  static char block[4096];
  while (send(ends[slot][0], block, sizeof block, MSG_DONTWAIT) > 0) {}
  while (send(ends[slot][0], block, 1, MSG_DONTWAIT) > 0) {}
}
static void makeFullPair(void) {
  makePair();
  fill();
}
static void makeLongFullPair(void) {
  makeLongPair();
  fill();
}
static void makeTimedFullPair(void) {
  makeTimedPair();
  fill();
}
static long sendMessages(void) {
  char byte = 'x';
  struct iovec part = {&byte, 1};
  struct mmsghdr messages[] = {{.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}}};
  return sendmmsg(ends[slot][0], messages, 1, 0);
}
static long sendVector(void) {
  char byte = 'x';
  struct iovec part = {&byte, 1};
  return pwritev2(ends[slot][0], &part, 1, -1, 0);
}
static long sendFromFile(void) {
  int file = memfd_create("sent", 0);
  off_t start = 0;
  if (write(file, "x", 1) != 1) return -2;
  long answer = sendfile(ends[slot][0], file, &start, 1);
  int error = errno;
  close(file);
  errno = error;
  return answer;
}
static long splicePipe(void) {
  int pipeEnds[2];
  if (pipe(pipeEnds) != 0 || write(pipeEnds[1], "x", 1) != 1) return -2;
  long answer = splice(pipeEnds[0], NULL, ends[slot][0], NULL, 1, 0);
  int error = errno;
  close(pipeEnds[0]);
  close(pipeEnds[1]);
  errno = error;
  return answer;
}
static void drain(void) {
  char block[4096];
  while (recv(ends[slot][1], block, sizeof block, MSG_DONTWAIT) > 0) {}
}
static long sendByte(void) { return send(ends[slot][0], "x", 1, MSG_NOSIGNAL); }

// The end of the waiting thread listens. The other socket is not connected to it yet.
static void makeListener(void) {
  struct sockaddr_un any = {.sun_family = AF_UNIX};
  ends[slot][0] = socket(AF_UNIX, SOCK_STREAM, 0);
  ends[slot][1] = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(ends[slot][0], (void *)&any, sizeof any.sun_family) != 0 || listen(ends[slot][0], 0) != 0) abort();
}
static void makeLongListener(void) {
  makeListener();
  setLimits(ends[slot][0], never * 1000L);
}
static void makeTimedListener(void) {
  makeListener();
  setLimits(ends[slot][0], limit);
}
static long acceptOne(void) {
  int one = accept(ends[slot][0], NULL, NULL);
  return one < 0 ? one : close(one);
}
static long acceptFour(void) {
  int one = accept4(ends[slot][0], NULL, NULL, SOCK_CLOEXEC);
  return one < 0 ? one : close(one);
}
static int connectTo(int listener, int descriptor) {
  struct sockaddr_un name;
  socklen_t length = sizeof name;
  getsockname(listener, (void *)&name, &length);
  return connect(descriptor, (void *)&name, length);
}
static void connectToIt(void) { connectTo(ends[slot][0], ends[slot][1]); }

// Fills the queue of connections. connect(2) blocks until the giver accepts the queued ones.
static void makeFullListener(void) {
  makeListener();
  while (connectTo(ends[slot][0], socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)) == 0) {}
}
static void makeLongFullListener(void) {
  makeFullListener();
  setLimits(ends[slot][1], never * 1000L);
}
static long connectOther(void) { return connectTo(ends[slot][0], ends[slot][1]); }
static void acceptQueued(void) {
  fcntl(ends[slot][0], F_SETFL, O_NONBLOCK);
  while (accept(ends[slot][0], NULL, NULL) >= 0) {}
}

const struct call socketCalls[] = {
    {"recv", receive, makePair, .give = writeByte, .wanted = 1},
    {"recv-long", receive, makeLongPair, .give = writeByte, .wanted = 1},
    {"recv-timed", receive, makeTimedPair, .kind = anew, .wanted = -1, .error = EAGAIN},
    {"socket-read-long", readByte, makeLongPair, .give = writeByte, .wanted = 1},
    {"recvmsg", receiveMessage, makePair, .give = writeByte, .wanted = 1},
    {"recvmsg-long", receiveMessage, makeLongPair, .give = writeByte, .wanted = 1},
    {"recvmmsg", receiveMessages, makePair, .give = writeByte, .wanted = 1},
    {"recvmmsg-long", receiveMessages, makeLongPair, .give = writeByte, .wanted = 1},
    {"preadv2-long", receiveVector, makeLongPair, .give = writeByte, .wanted = 1},
#if defined(__x86_64__)
    {"int80-read-long", receiveByOldEntry, makeLongPair, .give = writeByte, .wanted = 1},
#endif
    {"sendmmsg-long", sendMessages, makeLongFullPair, .give = drain, .wanted = 1},
    {"pwritev2-long", sendVector, makeLongFullPair, .give = drain, .wanted = 1},
    {"sendfile-long", sendFromFile, makeLongFullPair, .give = drain, .wanted = 1},
    {"splice-long", splicePipe, makeLongFullPair, .give = drain, .wanted = 1},
    {"send", sendByte, makeFullPair, .give = drain, .wanted = 1},
    {"send-long", sendByte, makeLongFullPair, .give = drain, .wanted = 1},
    {"send-timed", sendByte, makeTimedFullPair, .kind = anew, .wanted = -1, .error = EAGAIN},
    {"accept", acceptOne, makeListener, .give = connectToIt},
    {"accept-long", acceptOne, makeLongListener, .give = connectToIt},
    {"accept-timed", acceptOne, makeTimedListener, .kind = anew, .wanted = -1, .error = EAGAIN},
    {"accept4-long", acceptFour, makeLongListener, .give = connectToIt},
    {"connect", connectOther, makeFullListener, .give = acceptQueued},
    {"connect-long", connectOther, makeLongFullListener, .give = acceptQueued},
    {NULL},
};
