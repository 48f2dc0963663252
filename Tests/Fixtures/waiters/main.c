// A target whose threads wait, each in another system call, and tell what their call answered.
//
//     waiters        then, when it said "ready", one command a line:
//     give           gives every thread what it waits for
//
// A thread that comes back says its call's name, the result and errno, and for timed ones the
// milliseconds that passed. `victim` waits in recv(2) on descriptor 100, `reader` in read(2) on 101.
#include <errno.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { waits = 1500 };  // milliseconds that the timed ones wait

static int pipes[16][2];
static int pipeCount;
static int victim[2], reader[2], timed[2];
static int semaphore, queue;
static uint32_t word;
static atomic_int starting;

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// A pipe to wait on, which `give` writes to.
static int awaited(void) {
  int index = __atomic_fetch_add(&pipeCount, 1, __ATOMIC_SEQ_CST);
  if (pipe(pipes[index]) != 0) return -1;
  return pipes[index][0];
}

static long waitRead(void) { char b; return read(reader[0], &b, 1); }
static long waitVictim(void) { char b; return recv(victim[0], &b, 1, 0); }

static long waitTimedReceive(void) {
  char b;
  struct timeval limit = {30, 0};
  setsockopt(timed[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return recv(timed[0], &b, 1, 0);
}

static long waitPoll(void) {
  struct pollfd entry = {.fd = awaited(), .events = POLLIN};
  return poll(&entry, 1, -1);
}

static long waitSelect(void) {
  int descriptor = awaited();
  fd_set set;
  FD_ZERO(&set);
  FD_SET(descriptor, &set);
  return select(descriptor + 1, &set, NULL, NULL, NULL);
}

static long waitEpoll(void) {
  int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  epoll_ctl(epoll, EPOLL_CTL_ADD, awaited(), &event);
  return epoll_wait(epoll, &event, 1, -1);
}

static long waitEpollMasked(void) {
  int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR2);  // which is for sigtimedwait(2)'s thread alone
  epoll_ctl(epoll, EPOLL_CTL_ADD, awaited(), &event);
  return epoll_pwait(epoll, &event, 1, -1, &mask);
}

static long waitFutex(void) { return syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0); }

static long waitNanosleep(void) {
  struct timespec t = {waits / 1000, (waits % 1000) * 1000000L};
  return nanosleep(&t, NULL);
}

static long waitTimedPoll(void) { return poll(NULL, 0, waits); }

static long waitSemaphore(void) {
  struct sembuf take = {0, -1, 0};
  return semop(semaphore, &take, 1);
}

static long waitMessage(void) {
  struct { long type; char text[8]; } message;
  return msgrcv(queue, &message, sizeof message.text, 0, 0);
}

static long waitSignal(void) {
  sigset_t set;
  struct timespec limit = {30, 0};
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  return sigtimedwait(&set, NULL, &limit) == SIGUSR2 ? 0 : -1;
}

static long waitEvents(void) {
  aio_context_t context = 0;
  struct io_event event;
  struct timespec limit = {waits / 1000, (waits % 1000) * 1000000L};
  syscall(SYS_io_setup, 1, &context);
  return syscall(SYS_io_getevents, context, 1, 1, &event, &limit);
}

static const struct waiter {
  const char *name;
  long (*wait)(void);
} waiters[] = {
    {"read", waitRead},           {"victim", waitVictim},       {"timed-recv", waitTimedReceive},
    {"poll", waitPoll},           {"select", waitSelect},       {"epoll_wait", waitEpoll},
    {"epoll_pwait", waitEpollMasked}, {"futex", waitFutex},     {"nanosleep", waitNanosleep},
    {"timed-poll", waitTimedPoll}, {"semop", waitSemaphore},    {"msgrcv", waitMessage},
    {"sigtimedwait", waitSignal}, {"io_getevents", waitEvents},
};

enum { count = sizeof waiters / sizeof *waiters };

static void *run(void *argument) {
  const struct waiter *waiter = argument;
  atomic_fetch_sub(&starting, 1);
  long begun = now();
  errno = 0;
  long result = waiter->wait();
  const char *error = result < 0 ? strerrorname_np(errno) : "-";
  printf("%s %ld %s %ld\n", waiter->name, result, error, now() - begun);
  return NULL;
}

static void give(void) {
  struct { long type; char text[8]; } message = {1, "x"};
  struct sembuf put = {0, 1, 0};
  for (int index = 0; index < pipeCount; index++) write(pipes[index][1], "x", 1);
  send(victim[1], "x", 1, MSG_NOSIGNAL);
  send(timed[1], "x", 1, MSG_NOSIGNAL);
  write(reader[1], "x", 1);
  word = 1;
  syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0);
  semop(semaphore, &put, 1);
  msgsnd(queue, &message, sizeof message.text, 0);
  kill(getpid(), SIGUSR2);
}

static void moveTo(int *end, int number) {
  dup2(*end, number);
  close(*end);
  *end = number;
}

int main(void) {
  pthread_t threads[count];
  char line[64];
  sigset_t set;
  setvbuf(stdout, NULL, _IOLBF, 0);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  signal(SIGPIPE, SIG_IGN);
  socketpair(AF_UNIX, SOCK_STREAM, 0, victim);
  socketpair(AF_UNIX, SOCK_STREAM, 0, timed);
  if (pipe(reader) != 0) return 1;
  moveTo(&victim[0], 100);
  moveTo(&reader[0], 101);
  semaphore = semget(IPC_PRIVATE, 1, 0600);
  queue = msgget(IPC_PRIVATE, 0600);
  starting = count;
  for (int index = 0; index < count; index++)
    pthread_create(&threads[index], NULL, run, (void *)&waiters[index]);
  while (starting > 0) usleep(1000);
  usleep(200000);  // from the counter into the call
  printf("ready\n");
  while (fgets(line, sizeof line, stdin)) {
    if (!strncmp(line, "give", 4)) give();
    // What the other ends of the two sockets see: the hang-up, or nothing yet.
    if (!strncmp(line, "peer", 4)) {
      char byte;
      long seen = recv(victim[1], &byte, 1, MSG_DONTWAIT);
      printf("peer %ld %s\n", seen, seen < 0 ? strerrorname_np(errno) : "-");
    }
  }
  semctl(semaphore, 0, IPC_RMID);
  msgctl(queue, IPC_RMID, NULL);
  return 0;
}
