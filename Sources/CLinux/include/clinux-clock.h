// A timer that lets no call of a session block for ever.
#ifndef CLINUX_CLOCK_H
#define CLINUX_CLOCK_H

#include <stdint.h>

// Makes a blocked clinux_wait of this thread answer -EINTR, again and again, every interval, by SIGALRM.
// A repeating timer has no moment between a check and the wait in which it could be missed.
long clinux_start_clock(unsigned int milliseconds);
long clinux_stop_clock(void);

// PTRACE_SEIZE, under the clock, which from then on waits for the thread should it exit. An exec(2) in the
// target waits for the threads that it has ended to be waited for, by us who trace them; and we may wait
// for that exec, in this request or for a stop. -ETIMEDOUT where that lasts until `until`, in nanoseconds of
// the monotonic clock, or until we are asked to end: the program may lie on a file server that is gone.
long clinux_ptrace_seize(int tid, unsigned long options, uint64_t until);

#endif
