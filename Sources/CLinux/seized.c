#define _GNU_SOURCE
#include "seized.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

// The timer's handler reads these in the thread that adds to them. So an entry must be complete before the
// count includes it. A larger list must be complete before the pointer refers to it.
static __thread int *volatile tids;
static __thread volatile size_t count;
static __thread size_t capacity;

bool seized_reserve(void) {
  if (count < capacity) return true;
  size_t larger_capacity = 2 * capacity + 64;
  int *old = tids, *larger = malloc(larger_capacity * sizeof *larger);
  if (!larger) return false;
  if (old) memcpy(larger, old, count * sizeof *old);
  tids = larger;
  capacity = larger_capacity;
  free(old);
  return true;
}

void seized_add(int tid) {
  tids[count] = tid;
  count++;
}

// Waits for a thread that has exited. It does nothing for a thread that has not exited.
static void reap(int tid) {
  // The first waitid(2) uses WNOWAIT. Without that flag it would consume a stop of a tracee, even though it
  // does not request stops.
  siginfo_t info = {0};
  int flags = WEXITED | WNOHANG | __WALL;
  if (waitid(P_PID, (id_t)tid, &info, flags | WNOWAIT) != 0 || info.si_pid == 0) return;
  bool is_stop = info.si_code == CLD_TRAPPED || info.si_code == CLD_STOPPED;
  if (!is_stop) waitid(P_PID, (id_t)tid, &info, flags);
}

// Each call checks a few threads, the latest first. With thousands of threads, a check of all of them would
// leave no time for anything else.
void seized_reap(void) {
  static __thread size_t next;
  enum { latest = 16, others = 48 };
  for (size_t index = 0; index < latest && index < count; index++) reap(tids[count - 1 - index]);
  for (size_t index = 0; index < others && index < count; index++) reap(tids[next++ % count]);
}

void seized_clear(void) {
  count = capacity = 0;
  free(tids);
  tids = NULL;
}
