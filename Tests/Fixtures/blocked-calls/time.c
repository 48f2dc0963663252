// Calls that wait for a time or for a signal.
#include "calls.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct timespec aWhile = {limit / 1000, limit % 1000 * 1000000L};
static const struct timespec longTime = {never, 0};

static long waitSleep(void) { return nanosleep(&aWhile, NULL); }

// clock_nanosleep(2) returns the error number itself. This puts it into errno.
static long noting(int error) {
  errno = error;
  return error ? -1 : 0;
}

static long waitClock(void) { return noting(clock_nanosleep(CLOCK_MONOTONIC, 0, &aWhile, NULL)); }

static long waitMoment(void) {
  struct timespec then = after(CLOCK_MONOTONIC, limit);
  return noting(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL));
}

static long waitPoll(void) { return poll(NULL, 0, limit); }
static long waitMaskedPoll(void) {
  sigset_t mask;
  sigfillset(&mask);
  return ppoll(NULL, 0, &aWhile, &mask);
}
static long waitSelect(void) {
  struct timeval duration = {limit / 1000, limit % 1000 * 1000};
  return select(0, NULL, NULL, NULL, &duration);
}
static long waitMaskedSelect(void) {
  sigset_t mask;
  sigfillset(&mask);
  return pselect(0, NULL, NULL, NULL, &aWhile, &mask);
}

static long futex(int operation, const struct timespec *until) {
  return syscall(SYS_futex, &shared->words[slot], operation, 0, until, NULL, FUTEX_BITSET_MATCH_ANY);
}
static void wake(void) {
  __atomic_store_n(&shared->words[slot], 1, __ATOMIC_SEQ_CST);
  syscall(SYS_futex, &shared->words[slot], FUTEX_WAKE, 1, NULL, NULL, 0);
}
static long waitFutex(void) { return futex(FUTEX_WAIT, NULL); }
static long waitTimedFutex(void) { return futex(FUTEX_WAIT, &aWhile); }
static long waitLongFutex(void) { return futex(FUTEX_WAIT, &longTime); }
static long waitFutexMoment(void) {
  struct timespec then = after(CLOCK_MONOTONIC, limit);
  return futex(FUTEX_WAIT_BITSET, &then);
}

static long waitEpoll(void) {
  struct epoll_event event;
  return epoll_wait(newEpoll(), &event, 1, limit);
}
static long waitMaskedEpoll(void) {
  struct epoll_event event;
  sigset_t mask;
  sigfillset(&mask);
  return epoll_pwait(newEpoll(), &event, 1, limit, &mask);
}
static long waitEpoll2(void) {
  struct epoll_event event;
  return syscall(SYS_epoll_pwait2, newEpoll(), &event, 1, &aWhile, NULL, 0L);
}

static sigset_t only(int number) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  return set;
}

static long waitNoSignal(void) {
  sigset_t set = only(SIGRTMIN);
  return sigtimedwait(&set, NULL, &aWhile);
}
static long waitTimedSignal(void) {
  sigset_t set = only(SIGRTMIN + 1);
  return sigtimedwait(&set, NULL, &longTime) == SIGRTMIN + 1;
}
static void sendTimedSignal(void) { sendSignal(SIGRTMIN + 1); }
static long waitSignal(void) {
  sigset_t set = only(SIGRTMIN + 2);
  return sigwaitinfo(&set, NULL) == SIGRTMIN + 2;
}
static void sendWaited(void) { sendSignal(SIGRTMIN + 2); }

static void makeSignalDescriptor(void) {
  sigset_t set = only(SIGRTMIN + 3);
  ends[slot][0] = signalfd(-1, &set, 0);
}
static long readSignal(void) {
  struct signalfd_siginfo info;
  long length = read(ends[slot][0], &info, sizeof info);
  return length < 0 ? -1 : (int)info.ssi_signo == SIGRTMIN + 3;
}
static void sendRead(void) { sendSignal(SIGRTMIN + 3); }

// Only a handler ends these waits. A wait that ends without the handler returns -2.
static long waitPause(void) {
  sigset_t set = only(SIGUSR1);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  long answer = pause();
  return handled == 1 ? answer : -2;
}
static long waitSuspended(void) {
  sigset_t set;
  sigfillset(&set);
  sigdelset(&set, SIGUSR1);
  long answer = sigsuspend(&set);
  return handled == 1 ? answer : -2;
}
static void sendHandled(void) { sendSignal(SIGUSR1); }

const struct call timeCalls[] = {
    {"nanosleep", waitSleep, .kind = kept},
    {"clock_nanosleep", waitClock, .kind = kept},
    {"clock_nanosleep-moment", waitMoment, .kind = kept},
    {"poll-timed", waitPoll, .kind = kept},
    {"ppoll-timed", waitMaskedPoll, .kind = kept},
    {"select-timed", waitSelect, .kind = kept},
    {"pselect-timed", waitMaskedSelect, .kind = kept},
    {"futex-timed", waitTimedFutex, .kind = kept, .wanted = -1, .error = ETIMEDOUT},
    {"futex-moment", waitFutexMoment, .kind = kept, .wanted = -1, .error = ETIMEDOUT},
    {"futex", waitFutex, .give = wake},
    {"futex-long", waitLongFutex, .give = wake},
    {"epoll_wait-timed", waitEpoll, .kind = anew},
    {"epoll_pwait-timed", waitMaskedEpoll, .kind = anew},
    {"epoll_pwait2-timed", waitEpoll2, .kind = anew, .newer = SYS_epoll_pwait2},
    {"sigtimedwait-timed", waitNoSignal, .kind = anew, .wanted = -1, .error = EAGAIN},
    {"sigtimedwait", waitTimedSignal, .give = sendTimedSignal, .wanted = 1},
    {"sigwaitinfo", waitSignal, .give = sendWaited, .wanted = 1},
    {"signalfd", readSignal, makeSignalDescriptor, .give = sendRead, .wanted = 1},
    {"pause", waitPause, .give = sendHandled, .wanted = -1, .error = EINTR},
    {"sigsuspend", waitSuspended, .give = sendHandled, .wanted = -1, .error = EINTR},
    {NULL},
};
