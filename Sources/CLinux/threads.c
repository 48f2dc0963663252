#define _GNU_SOURCE
#include "clinux-threads.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

_Static_assert(sizeof(sigset_t) == sizeof(struct clinux_signal_mask), "the size of a set of signals");

long clinux_block_signals(struct clinux_signal_mask *before) {
  sigset_t all, old;
  sigfillset(&all);
  int error = pthread_sigmask(SIG_SETMASK, &all, &old);
  if (error == 0) memcpy(before->words, &old, sizeof old);
  return -error;
}

long clinux_restore_signals(const struct clinux_signal_mask *before) {
  sigset_t old;
  memcpy(&old, before->words, sizeof old);
  return -pthread_sigmask(SIG_SETMASK, &old, NULL);
}

bool clinux_is_termination_pending(void) {
  static const int ends[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
  sigset_t pending;
  if (sigpending(&pending) != 0) return false;
  for (size_t index = 0; index < sizeof ends / sizeof *ends; index++) {
    if (sigismember(&pending, ends[index]) != 1) continue;
    // The kernel keeps a blocked signal pending even if the process ignores it, as under nohup(1).
    struct sigaction action;
    if (sigaction(ends[index], NULL, &action) == 0 && action.sa_handler != SIG_IGN) return true;
  }
  return false;
}

struct errand {
  void (*body)(void *context);
  void *context;
};

static void *run(void *argument) {
  struct errand *errand = argument;
  errand->body(errand->context);
  return NULL;
}

long clinux_run_in_thread(void (*body)(void *context), void *context) {
  struct errand errand = {body, context};
  pthread_t thread;
  int error = pthread_create(&thread, NULL, run, &errand);
  if (!error) error = pthread_join(thread, NULL);
  return -error;
}

// The new thread inherits a mask that blocks every signal. Otherwise it could take the signal of the timer
// from this thread; see clinux_start_clock.
static int create_without_signals(pthread_t *thread, struct errand *errand) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(thread, NULL, run, errand);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

void clinux_run_twice(void (*body)(void *context), void *context) {
  struct errand errand = {body, context};
  pthread_t thread;
  int error = create_without_signals(&thread, &errand);
  body(context);
  if (!error) pthread_join(thread, NULL);
}

long clinux_start_thread(void (*body)(void *context), void *context) {
  struct errand *errand = malloc(sizeof *errand);  // outlives this call
  if (!errand) return -ENOMEM;
  *errand = (struct errand){body, context};
  pthread_t thread;
  int error = create_without_signals(&thread, errand);
  if (error) {
    free(errand);
  } else {
    pthread_detach(thread);
  }
  return -error;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

void clinux_lock(void) { pthread_mutex_lock(&mutex); }

void clinux_unlock(void) { pthread_mutex_unlock(&mutex); }

void clinux_wait_for_wake(void) { pthread_cond_wait(&condition, &mutex); }

void clinux_wake_waiting(void) { pthread_cond_broadcast(&condition); }

bool clinux_has_tracees(void) {
  siginfo_t info;
  return waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL | __WNOTHREAD) == 0 ||
         errno != ECHILD;
}

void clinux_continue_in_thread(void (*body)(void *context), void *context) {
  static struct errand errand;  // outlives this thread
  errand = (struct errand){body, context};
  pthread_t thread;
  // This is exit(2) of the thread. pthread_exit(3) would load a library, which a static program cannot do.
  if (pthread_create(&thread, NULL, run, &errand) == 0) syscall(SYS_exit, 0);
}
