// Calls on System V and POSIX queues and semaphores, and calls that wait for children.
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

static struct { long type; char text[8]; } message = {.type = 1};

// The kernel keeps these until a process removes them, even after all their users have exited.
static void makeSemaphore(void) { ends[slot][0] = semget(IPC_PRIVATE, 1, 0600); }
static void makeQueue(void) { ends[slot][0] = msgget(IPC_PRIVATE, 0600); }
static void dropSemaphore(void) { semctl(ends[slot][0], 0, IPC_RMID); }
static void dropQueue(void) { msgctl(ends[slot][0], IPC_RMID, NULL); }

static long waitSemaphore(void) {
  struct sembuf take = {0, -1, 0};
  return semop(ends[slot][0], &take, 1);
}
static long semaphoreWithin(struct timespec time) {
  struct sembuf take = {0, -1, 0};
  return semtimedop(ends[slot][0], &take, 1, &time);
}
static long waitLongSemaphore(void) { return semaphoreWithin((struct timespec){never, 0}); }
static long waitTimedSemaphore(void) {
  return semaphoreWithin((struct timespec){limit / 1000, limit % 1000 * 1000000L});
}
static void putSemaphore(void) {
  struct sembuf put = {0, 1, 0};
  semop(ends[slot][0], &put, 1);
}

static long waitMessage(void) {
  struct { long type; char text[8]; } received;
  return msgrcv(ends[slot][0], &received, sizeof received.text, 0, 0);
}
static void sendMessage(void) { msgsnd(ends[slot][0], &message, sizeof message.text, 0); }
static void makeFullQueue(void) {
  makeQueue();
  while (msgsnd(ends[slot][0], &message, sizeof message.text, IPC_NOWAIT) == 0) {}
}
static long waitRoom(void) { return msgsnd(ends[slot][0], &message, sizeof message.text, 0); }
static void drainQueue(void) {
  struct { long type; char text[8]; } received;
  msgrcv(ends[slot][0], &received, sizeof received.text, 0, IPC_NOWAIT);
}

static void makePosixQueue(void) {
  struct mq_attr size = {.mq_maxmsg = 1, .mq_msgsize = 8};
  char name[64];
  snprintf(name, sizeof name, "/rangeclose-%d-%d", getpid(), slot);
  ends[slot][0] = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &size);
  if (ends[slot][0] < 0) abort();
  mq_unlink(name);
}
static long waitPosix(void) {
  char text[8];
  return mq_receive(ends[slot][0], text, sizeof text, NULL);
}
static long waitTimedPosix(void) {
  char text[8];
  struct timespec then = after(CLOCK_REALTIME, limit);
  return mq_timedreceive(ends[slot][0], text, sizeof text, NULL, &then);
}
static void sendPosix(void) { mq_send(ends[slot][0], "x", 1, 0); }
static void makeFullPosixQueue(void) {
  makePosixQueue();
  sendPosix();
}
static long waitPosixRoom(void) { return mq_send(ends[slot][0], "x", 1, 0); }
static void drainPosix(void) { (void)waitPosix(); }

// Starts a child that exits when it reads a byte. `words` has its PID.
static void makeChild(void) {
  char byte;
  makePipe();
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(read(ends[slot][0], &byte, 1) == 1 ? 7 : 1);
  }
  shared->words[slot] = (uint32_t)child;
}
static long waitChild(void) {
  int status;
  pid_t child = (pid_t)shared->words[slot];
  return waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : -1;
}
static long waitChildState(void) {
  siginfo_t info;
  long answer = waitid(P_PID, shared->words[slot], &info, WEXITED);
  return answer < 0 ? answer : info.si_status;
}

const struct call ipcCalls[] = {
    {"semop", waitSemaphore, makeSemaphore, .give = putSemaphore, .drop = dropSemaphore},
    {"semtimedop", waitLongSemaphore, makeSemaphore, .give = putSemaphore, .drop = dropSemaphore},
    {"semtimedop-timed", waitTimedSemaphore, makeSemaphore, .drop = dropSemaphore, .kind = anew, .wanted = -1,
     .error = EAGAIN},
    {"msgrcv", waitMessage, makeQueue, .give = sendMessage, .drop = dropQueue, .wanted = 8},
    {"msgsnd", waitRoom, makeFullQueue, .give = drainQueue, .drop = dropQueue},
    {"mq_receive", waitPosix, makePosixQueue, .give = sendPosix, .wanted = 1},
    {"mq_timedreceive", waitTimedPosix, makePosixQueue, .kind = kept, .wanted = -1, .error = ETIMEDOUT},
    {"mq_send", waitPosixRoom, makeFullPosixQueue, .give = drainPosix},
    {"wait4", waitChild, makeChild, .give = writeByte, .wanted = 7},
    {"waitid", waitChildState, makeChild, .give = writeByte, .wanted = 7},
    {NULL},
};
