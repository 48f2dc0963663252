// Calls that wait until a descriptor is ready, or until the kernel has done the work that it was given.
#include "calls.h"

#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

// The size of a signal mask of the kernel. The kernel reads 64 bits of each argument that syscall(2) passes
// on. An int defines only 32 of them. The seventh argument lies on the stack, where others may remain.
static const size_t maskSize = 8;

static struct pollfd entry(void) { return (struct pollfd){.fd = ends[slot][0], .events = POLLIN}; }

static sigset_t full(void) {
  sigset_t mask;
  sigfillset(&mask);
  return mask;
}

static long waitPoll(void) {
  struct pollfd one = entry();
  return poll(&one, 1, -1);
}
static long waitPpoll(void) {
  struct pollfd one = entry();
  return ppoll(&one, 1, NULL, NULL);
}
static long waitMaskedPpoll(void) {
  struct pollfd one = entry();
  sigset_t mask = full();
  return ppoll(&one, 1, NULL, &mask);
}

static fd_set readSet(void) {
  fd_set set;
  FD_ZERO(&set);
  FD_SET(ends[slot][0], &set);
  return set;
}
static long waitSelect(void) {
  fd_set set = readSet();
  return select(ends[slot][0] + 1, &set, NULL, NULL, NULL);
}
static long waitPselect(void) {
  fd_set set = readSet();
  sigset_t mask = full();
  return pselect(ends[slot][0] + 1, &set, NULL, NULL, NULL, &mask);
}

static long waitEpoll(void) {
  struct epoll_event event;
  return epoll_wait(newEpoll(), &event, 1, -1);
}
static long waitMaskedEpoll(void) {
  struct epoll_event event;
  sigset_t mask = full();
  return epoll_pwait(newEpoll(), &event, 1, -1, &mask);
}
static long waitEpoll2(void) {
  struct epoll_event event;
  struct timespec time = {never, 0};
  sigset_t mask = full();
  return syscall(SYS_epoll_pwait2, newEpoll(), &event, 1, &time, &mask, maskSize);
}

static long readByte(void) {
  char byte;
  return read(ends[slot][0], &byte, 1);
}

static long events(struct timespec time) {
  aio_context_t context = 0;
  struct io_event event;
  struct iocb poll = {
      .aio_lio_opcode = IOCB_CMD_POLL, .aio_fildes = (uint32_t)ends[slot][0], .aio_buf = POLLIN};
  struct iocb *list[] = {&poll};
  syscall(SYS_io_setup, 1, &context);
  if (syscall(SYS_io_submit, context, 1L, list) != 1) return -2;
  return syscall(SYS_io_getevents, context, 1L, 1L, &event, &time);
}
static long waitEvents(void) { return events((struct timespec){never, 0}); }
static long waitTimedEvents(void) { return events((struct timespec){limit / 1000, limit % 1000 * 1000000L}); }

// Submits a poll of the descriptor to an io_uring of one entry, and waits for its completion.
static long waitRing(void) {
  struct io_uring_params parameters = {0};
  int ring = (int)syscall(SYS_io_uring_setup, 1, &parameters);
  if (ring < 0) return 0;  // the kernel or a missing right refuses io_uring
  size_t size = parameters.sq_off.array + parameters.sq_entries * sizeof(uint32_t);
  char *queue = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
  struct io_uring_sqe *place =
      mmap(NULL, sizeof *place, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
  memset(place, 0, sizeof *place);
  place->opcode = IORING_OP_POLL_ADD;
  place->fd = ends[slot][0];
  place->poll32_events = POLLIN;
  *(uint32_t *)(void *)(queue + parameters.sq_off.array) = 0;
  __atomic_store_n((uint32_t *)(void *)(queue + parameters.sq_off.tail), 1, __ATOMIC_RELEASE);
  if (syscall(SYS_io_uring_enter, ring, 1, 0, 0, NULL, 0L) != 1) return -2;
  return syscall(SYS_io_uring_enter, ring, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0L);
}

const struct call readyCalls[] = {
    {"poll", waitPoll, .give = writeByte, .wanted = 1},
    {"ppoll", waitPpoll, .give = writeByte, .wanted = 1},
    {"ppoll-masked", waitMaskedPpoll, .give = writeByte, .wanted = 1},
    {"select", waitSelect, .give = writeByte, .wanted = 1},
    {"pselect", waitPselect, .give = writeByte, .wanted = 1},
    {"epoll_wait", waitEpoll, .give = writeByte, .wanted = 1},
    {"epoll_pwait", waitMaskedEpoll, .give = writeByte, .wanted = 1},
    {"epoll_pwait2", waitEpoll2, .give = writeByte, .wanted = 1, .newer = SYS_epoll_pwait2},
    {"read", readByte, .give = writeByte, .wanted = 1},
    {"io_getevents", waitEvents, .give = writeByte, .wanted = 1},
    {"io_getevents-timed", waitTimedEvents, .kind = anew},
    {"io_uring_enter", waitRing, .give = writeByte},
    {NULL},
};
