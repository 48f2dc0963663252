// A thread of our own, and the signals that wait while it works.
#ifndef CLINUX_THREADS_H
#define CLINUX_THREADS_H

#include <stdbool.h>

// Blocks every signal that can be blocked, in this thread and in those that it makes.
long clinux_block_signals(void);
long clinux_restore_signals(void);

// Whether one of those waits that asks a program to end. See sigpending(2).
bool clinux_is_asked_to_end(void);

// Runs `body` in a new thread and answers when that thread is gone. What it traces goes on untraced then,
// also what does not stop and so cannot be detached: see `exit_ptrace` in kernel/ptrace.c.
long clinux_run_in_thread(void (*body)(void *context), void *context);

#endif
