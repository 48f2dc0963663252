// Threads of our own, and the signals that wait while it works.
#ifndef CLINUX_THREADS_H
#define CLINUX_THREADS_H

#include <stdbool.h>

// Blocks every signal that can be blocked, in this thread and in those that it makes.
long clinux_block_signals(void);
long clinux_restore_signals(void);

// Whether one of those waits that asks a program to end. See sigpending(2).
bool clinux_is_asked_to_end(void);

// Runs `body` in a new thread and answers when that has ended.
long clinux_run_in_thread(void (*body)(void *context), void *context);

// Whether this thread traces any, or has a child.
bool clinux_has_tracees(void);

// Runs `body`, which ends the process, in a new thread, and ends this one. Comes back where there can be no
// other.
void clinux_go_on_in_thread(void (*body)(void *context), void *context);

#endif
