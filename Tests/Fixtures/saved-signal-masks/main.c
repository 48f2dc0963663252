// A target in calls that wait with another signal mask. Meanwhile the kernel saves the thread's own mask.
//
//     saved-signal-masks unblocked           makes every call, each in a thread of its own
//     saved-signal-masks unblocked NAME      makes one call, in a process with a single thread
//     saved-signal-masks blocked NAME        makes one call, in a process with a single thread
//
// It prints "ready" and the names of the calls. Calls that the kernel does not have are left out.
//
// `unblocked`: a child sends numbered signals. The threads unblock them for the time of a call only. So each
// signal has to interrupt a call, and nothing else may. On the line "end" it prints for each call
//
//     NAME sent N handled N interrupted N spurious N swallowed N disorder N
//
// `spurious` counts EINTR without a handler that ran. `swallowed` counts handlers that ran without EINTR.
//
// `blocked`: the call blocks SIGUSR1 for the time that it waits, and the thread does not. The call waits for
// input, and sigsuspend(2) waits for SIGUSR2. It prints "NAME RESULT ERROR HANDLERS": what the call returned,
// and which handlers ran, in their order.
#include "../kernel.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { most = 8, ahead = 200 };  // `ahead`: how many signals may be pending for one thread

// The size of a signal mask of the kernel. The kernel reads 64 bits of each argument that syscall(2) passes
// on. An int defines only 32 of them. The seventh argument lies on the stack, where others may remain.
static const size_t maskSize = 8;

static sigset_t mask;   // the mask that a call waits with
static int awaited;     // the descriptor that the calls wait for

static long waitPoll(void) {
  struct pollfd entry = {.fd = awaited, .events = POLLIN};
  return ppoll(&entry, 1, NULL, &mask);
}
static long waitTimedPoll(void) {
  struct pollfd entry = {.fd = awaited, .events = POLLIN};
  struct timespec hour = {3600, 0};
  return ppoll(&entry, 1, &hour, &mask);
}
static long waitSelect(void) {
  fd_set set;
  FD_ZERO(&set);
  FD_SET(awaited, &set);
  return pselect(awaited + 1, &set, NULL, NULL, NULL, &mask);
}
static int newEpoll(void) {
  static _Thread_local int epoll = -1;
  struct epoll_event event = {.events = EPOLLIN};
  if (epoll < 0) epoll_ctl(epoll = epoll_create1(0), EPOLL_CTL_ADD, awaited, &event);
  return epoll;
}
static long waitEpoll(void) {
  struct epoll_event event;
  return epoll_pwait(newEpoll(), &event, 1, -1, &mask);
}
static long waitEpoll2(void) {
  struct epoll_event event;
  struct timespec hour = {3600, 0};
  return syscall(SYS_epoll_pwait2, newEpoll(), &event, 1, &hour, &mask, maskSize);
}
static long waitEvents(void) {
  static _Thread_local aio_context_t context;
  struct io_event event;
  struct iocb poll = {.aio_lio_opcode = IOCB_CMD_POLL, .aio_fildes = (unsigned)awaited, .aio_buf = POLLIN};
  struct iocb *list[] = {&poll};
  struct { const sigset_t *set; size_t size; } argument = {&mask, maskSize};
  if (!context && (syscall(SYS_io_setup, 1, &context) != 0 || syscall(SYS_io_submit, context, 1L, list) != 1))
    return -2;
  return syscall(SYS_io_pgetevents, context, 1L, 1L, &event, NULL, &argument);
}
static long waitSuspended(void) { return sigsuspend(&mask); }

static const struct call {
  const char *name;
  long (*wait)(void);
} calls[] = {
    {"ppoll", waitPoll},         {"ppoll-timed", waitTimedPoll}, {"pselect", waitSelect},
    {"epoll_pwait", waitEpoll},  {"epoll_pwait2", waitEpoll2},   {"io_pgetevents", waitEvents},
    {"sigsuspend", waitSuspended},
};
enum { count = sizeof calls / sizeof *calls };

static int isThere(const struct call *call) {
  return call->wait != waitEpoll2 || hasCall(SYS_epoll_pwait2);
}

static volatile struct { int thread, sent, handled, isEnded; } *shared;
static _Thread_local int slot, disorder;

static void onNumber(int number, siginfo_t *info, void *context) {
  (void)number;
  (void)context;
  if (info->si_value.sival_int != shared[slot].handled) disorder++;
  shared[slot].handled++;
}

static void *run(void *argument) {
  const struct call *call = argument;
  long interrupted = 0, spurious = 0, swallowed = 0;
  slot = (int)(call - calls);
  __atomic_store_n(&shared[slot].thread, gettid(), __ATOMIC_SEQ_CST);
  while (!shared[slot].isEnded || shared[slot].handled < shared[slot].sent) {
    int before = shared[slot].handled;
    errno = 0;
    long answer = call->wait();
    int isInterrupted = answer == -1 && errno == EINTR, ran = shared[slot].handled - before;
    interrupted += isInterrupted;
    if (isInterrupted && ran == 0) spurious++;
    if (ran > isInterrupted) swallowed++;
    if (!isInterrupted && ran == 0) break;  // a call ended in another way, which is an error
  }
  printf("%s sent %d handled %d interrupted %ld spurious %ld swallowed %ld disorder %d\n", call->name,
         shared[slot].sent, shared[slot].handled, interrupted, spurious, swallowed, disorder);
  return NULL;
}

// Counts a signal before it sends it, because the handler may run at once. The last signal wakes its thread,
// so that the thread sees the end.
static void sendTo(pid_t process, int index, int isLast) {
  siginfo_t info = {.si_code = SI_QUEUE};
  info.si_pid = getpid();
  info.si_value.sival_int = shared[index].sent;
  shared[index].sent++;
  shared[index].isEnded = isLast;
  if (syscall(SYS_rt_tgsigqueueinfo, process, shared[index].thread, SIGRTMIN, &info) != 0)
    shared[index].sent--;
}

static void sendUntilEnd(pid_t process) {
  struct pollfd input = {.fd = 0, .events = POLLIN};
  char line[64];
  while (poll(&input, 1, 0) == 0) {
    for (int index = 0; index < count; index++)
      if (shared[index].thread && shared[index].sent - shared[index].handled < ahead)
        sendTo(process, index, 0);
    usleep((useconds_t)(random() % 2000));
  }
  for (int index = 0; index < count; index++)
    if (shared[index].thread) sendTo(process, index, 1);
  while (fgets(line, sizeof line, stdin)) {}
  if (getppid() == process) kill(process, SIGKILL);
  _exit(0);
}

static char handlers[16];

static void noteHandler(int number) {
  strncat(handlers, number == SIGUSR1 ? "1" : "2", sizeof handlers - strlen(handlers) - 1);
}

static void waitBlocked(const struct call *call) {
  struct sigaction action = {.sa_handler = noteHandler};
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR2, &action, NULL);
  sigset_t outside;
  sigemptyset(&outside);
  sigaddset(&outside, SIGUSR2);
  sigprocmask(SIG_BLOCK, &outside, NULL);
  sigaddset(&mask, SIGUSR1);
  sigdelset(&mask, SIGUSR2);
  printf("ready %s\n", call->name);
  errno = 0;
  long answer = call->wait();
  printf("%s %ld %s %s\n", call->name, answer, answer < 0 ? strerrorname_np(errno) : "-",
         *handlers ? handlers : "-");
}

int main(int argc, char *argv[]) {
  pthread_t threads[count];
  const struct call *only = NULL;
  int never[2];
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int index = 0; argc > 2 && index < count; index++)
    if (!strcmp(argv[2], calls[index].name)) only = &calls[index];
  if (argc < 2 || (argc > 2 && !only) || pipe(never) != 0) return 2;
  for (int number = 900; number < 904; number++) dup2(never[0], number);
  sigfillset(&mask);
  if (only && !isThere(only)) {
    printf("ready\n");
    return 0;
  }
  if (!strcmp(argv[1], "blocked")) {
    if (only) waitBlocked(only);
    return 0;
  }
  awaited = never[0];
  sigdelset(&mask, SIGRTMIN);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGRTMIN);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  sigaction(SIGRTMIN, &(struct sigaction){.sa_sigaction = onNumber, .sa_flags = SA_SIGINFO}, NULL);
  shared = mmap(NULL, most * sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  printf("ready");
  for (int index = 0; index < count; index++)
    if (only ? only == &calls[index] : isThere(&calls[index])) printf(" %s", calls[index].name);
  printf("\n");
  pid_t self = getpid();
  if (fork() == 0) sendUntilEnd(self);
  if (only) {
    run((void *)only);
  } else {
    int started = 0;
    for (int index = 0; index < count; index++)
      if (isThere(&calls[index])) pthread_create(&threads[started++], NULL, run, (void *)&calls[index]);
    while (started > 0) pthread_join(threads[--started], NULL);
  }
  while (wait(NULL) > 0) {}
  return 0;
}
