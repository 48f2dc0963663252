#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clinux-memory.h"
#include "clinux-processes.h"

// The work of a helper. It has its own memory, because a helper that cannot be killed keeps it for ever.
struct errand {
  _Alignas(16) char stack[32 << 10];
  int pid, parent;
  bool writes;
  uint64_t address;
  size_t length;
  long answer;
  bool is_done;
  char bytes[];
};

static int run(void *argument) {
  struct errand *errand = argument;
  // If rangeclose is killed, nobody else would kill a helper that is blocked.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != errand->parent) return 0;
  errand->answer = errand->writes
                       ? clinux_write_memory(errand->pid, errand->address, errand->bytes, errand->length)
                       : clinux_read_memory(errand->pid, errand->address, errand->bytes, errand->length);
  __atomic_store_n(&errand->is_done, true, __ATOMIC_RELEASE);
  return 0;
}

static bool is_done(struct errand *errand) { return __atomic_load_n(&errand->is_done, __ATOMIC_ACQUIRE); }

// Waits until the helper has done its work or has ended, at most until `end`; false if neither happened.
static bool await(struct errand *errand, int helper, bool *has_ended, uint64_t end) {
  // Most reads take less time than a sleep.
  for (uint64_t poll_end = clinux_monotonic_nanoseconds() + 200000; !is_done(errand);) {
    uint64_t now = clinux_monotonic_nanoseconds();
    if (now >= end) return false;
    if (now < poll_end) {
      sched_yield();
      continue;
    }
    *has_ended = waitpid(helper, NULL, __WALL | WNOHANG) == helper;
    if (*has_ended) break;
    usleep(100);
  }
  return true;
}

// The helper and this thread have one errno, because they have one thread-local storage. So this function
// does not use errno while the helper runs.
long clinux_copy_memory_apart(int pid, uint64_t address, void *buffer, size_t length, bool writes,
                              unsigned int milliseconds) {
  struct errand *errand = malloc(sizeof *errand + length);
  if (!errand) return -ENOMEM;
  errand->pid = pid;
  errand->parent = getpid();
  errand->writes = writes;
  errand->address = address;
  errand->length = length;
  errand->answer = -EIO;
  errand->is_done = false;
  if (writes) memcpy(errand->bytes, buffer, length);
  uint64_t end = clinux_monotonic_nanoseconds() + (uint64_t)milliseconds * 1000000;
  int shared = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND;
  int helper = clone(run, errand->stack + sizeof errand->stack, shared, errand);
  if (helper < 0) {
    long error = -errno;
    free(errand);
    return error;
  }
  bool has_ended = false;
  bool is_in_time = await(errand, helper, &has_ended, end);
  if (!is_in_time) kill(helper, SIGKILL);
  // A helper that waits for a disk dies only when the disk has answered.
  for (end = clinux_monotonic_nanoseconds() + 1000000000; !has_ended;) {
    has_ended = waitpid(helper, NULL, __WALL | WNOHANG) == helper;
    if (has_ended) break;
    if (clinux_monotonic_nanoseconds() >= end) return -ETIMEDOUT;
    if (is_in_time) sched_yield();
    else usleep(100);
  }
  long answer = is_done(errand) ? errand->answer : is_in_time ? -EIO : -ETIMEDOUT;
  if (answer > 0 && !writes) memcpy(buffer, errand->bytes, (size_t)answer);
  free(errand);
  return answer;
}
