// A time limit for one system call that a signal does not interrupt.
//
// The caller sets `clock_limit.point` by sigsetjmp(3) with the mask saved, starts the limit, makes the call
// and stops the limit. When the time is up, the timer's handler jumps to the point; sigsetjmp(3) then returns
// 1. The frame that called sigsetjmp(3) must not have returned by then.
#ifndef CLINUX_CLOCK_INTERNAL_H
#define CLINUX_CLOCK_INTERNAL_H

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>

struct clock_limit {
  sigjmp_buf point;
  volatile uint64_t until;  // in nanoseconds of the monotonic clock
  volatile sig_atomic_t is_running;
};

extern __thread struct clock_limit clock_limit;

static inline void clock_start_limit(uint64_t until) {
  clock_limit.until = until;
  clock_limit.is_running = 1;
}

static inline void clock_stop_limit(void) { clock_limit.is_running = 0; }

#endif
