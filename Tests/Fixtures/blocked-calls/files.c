// Calls that wait for locks, terminals and FIFOs, and for eventfd, timerfd and inotify descriptors.
#include "calls.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

static long readBytes(void) {
  char bytes[512];
  return read(ends[slot][0], bytes, sizeof bytes);
}

// A file that the giver has locked. If an open file owns the lock, the giver opens the file a second time.
static void makeFile(void) { ends[slot][0] = memfd_create("locked", 0); }
static void holdLock(void) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", ends[slot][0]);
  ends[slot][1] = open(link, O_RDWR);
  flock(ends[slot][1], LOCK_EX);
}
static long waitLock(void) { return flock(ends[slot][0], LOCK_EX); }
static void releaseLock(void) { flock(ends[slot][1], LOCK_UN); }

static struct flock all(short type) { return (struct flock){.l_type = type, .l_whence = SEEK_SET}; }

static void holdRecord(void) {
  struct flock record = all(F_WRLCK);
  fcntl(ends[slot][0], F_SETLK, &record);
}
static long waitRecord(void) {
  struct flock record = all(F_WRLCK);
  return fcntl(ends[slot][0], F_SETLKW, &record);
}
static void releaseRecord(void) {
  struct flock record = all(F_UNLCK);
  fcntl(ends[slot][0], F_SETLK, &record);
}
static void holdOpenRecord(void) {
  struct flock record = all(F_WRLCK);
  holdLock();
  fcntl(ends[slot][1], F_OFD_SETLK, &record);
}
static long waitOpenRecord(void) {
  struct flock record = all(F_WRLCK);
  return fcntl(ends[slot][0], F_OFD_SETLKW, &record);
}
static void releaseOpenRecord(void) {
  struct flock record = all(F_UNLCK);
  fcntl(ends[slot][1], F_OFD_SETLK, &record);
}

static void makeFullPipe(void) {
  makePipe();
  fcntl(ends[slot][1], F_SETFL, O_NONBLOCK);
  while (write(ends[slot][1], "x", 1) == 1) {}
  fcntl(ends[slot][1], F_SETFL, 0);
}
static long writeToFull(void) { return write(ends[slot][1], "x", 1); }
static void drainPipe(void) {
  char block[4096];
  if (read(ends[slot][0], block, sizeof block) < 0) abort();
}

// A file name that only this call uses.
static const char *path(void) {
  static _Thread_local char text[4096];
  snprintf(text, sizeof text, "%s/%d", directory, slot);
  return text;
}

static void makeFifo(void) {
  if (mkfifo(path(), 0600) != 0) abort();
}
static long openFifo(void) {
  int file = open(path(), O_RDONLY);
  return file < 0 ? -1 : 0;
}
// Opens for reading and writing, so that the giver does not block if the waiting thread has failed.
static void openOther(void) { ends[slot][1] = open(path(), O_RDWR); }

static void makeTerminal(void) {
  ends[slot][1] = posix_openpt(O_RDWR | O_NOCTTY);
  if (ends[slot][1] < 0 || unlockpt(ends[slot][1]) != 0) abort();
  ends[slot][0] = open(ptsname(ends[slot][1]), O_RDWR | O_NOCTTY);
}
static void typeLine(void) {
  if (write(ends[slot][1], "x\n", 2) != 2) abort();
}

static void makeEvent(void) { ends[slot][0] = ends[slot][1] = eventfd(0, 0); }
static void addEvent(void) { eventfd_write(ends[slot][1], 1); }
static long readEvent(void) {
  eventfd_t value;
  return eventfd_read(ends[slot][0], &value);
}

static void makeTimer(void) { ends[slot][0] = timerfd_create(CLOCK_MONOTONIC, 0); }
static void startTimer(void) {
  struct itimerspec soon = {.it_value = {0, 1}};
  timerfd_settime(ends[slot][0], 0, &soon, NULL);
}

static void makeWatch(void) {
  ends[slot][0] = inotify_init1(0);
  ends[slot][1] = open(path(), O_RDWR | O_CREAT, 0600);
  if (inotify_add_watch(ends[slot][0], path(), IN_MODIFY) < 0) abort();
}

const struct call fileCalls[] = {
    {"flock", waitLock, makeFile, holdLock, releaseLock},
    {"fcntl-setlkw", waitRecord, makeFile, holdRecord, releaseRecord},
    {"fcntl-ofd-setlkw", waitOpenRecord, makeFile, holdOpenRecord, releaseOpenRecord},
    {"write", writeToFull, makeFullPipe, .give = drainPipe, .wanted = 1},
    {"open", openFifo, makeFifo, .give = openOther},
    {"tty", readBytes, makeTerminal, .give = typeLine, .wanted = 2},
    {"eventfd", readEvent, makeEvent, .give = addEvent},
    {"timerfd", readBytes, makeTimer, .give = startTimer, .wanted = 8},
    {"inotify", readBytes, makeWatch, .give = writeByte, .wanted = sizeof(struct inotify_event)},
    {NULL},
};
