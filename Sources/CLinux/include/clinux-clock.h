// What a session runs under: a thread of its own, a timer that lets none of its calls block for ever, and
// signals that wait until it is over.
#ifndef CLINUX_CLOCK_H
#define CLINUX_CLOCK_H

#include <stdbool.h>

// Blocks every signal that can be blocked, in this thread and in those that it makes.
long clinux_block_signals(void);
long clinux_restore_signals(void);

// Whether one of those waits that asks a program to end. See sigpending(2).
bool clinux_is_asked_to_end(void);

// Runs `body` in a new thread and answers when that thread is gone. What it traces goes on untraced then,
// also what does not stop and so cannot be detached: see `exit_ptrace` in kernel/ptrace.c.
long clinux_run_in_thread(void (*body)(void *context), void *context);

// Makes a blocked clinux_wait of this thread answer -EINTR, again and again, every interval, by SIGALRM.
// A repeating timer has no moment between a check and the wait in which it could be missed.
long clinux_start_clock(unsigned int milliseconds);
long clinux_stop_clock(void);

// PTRACE_SEIZE, under the clock, which from then on waits for the thread should it exit. An exec(2) in the
// target waits for the threads that it has ended to be waited for, by us who trace them; and we may wait
// for that exec, in this request or for a stop.
long clinux_ptrace_seize(int tid, unsigned long options);

#endif
