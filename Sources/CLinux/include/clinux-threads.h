// The threads of rangeclose, and the signals that they block.
#ifndef CLINUX_THREADS_H
#define CLINUX_THREADS_H

#include <stdbool.h>
#include <stdint.h>

// A sigset_t of the C library.
struct clinux_signal_mask {
  uint64_t words[16];
};

// pthread_sigmask(3): blocks every signal that can be blocked, in this thread and in the threads that it
// creates.
long clinux_block_signals(struct clinux_signal_mask *before);

// pthread_sigmask(3): restores the mask from before clinux_block_signals.
long clinux_restore_signals(const struct clinux_signal_mask *before);

// sigpending(2): true if SIGHUP, SIGINT, SIGQUIT or SIGTERM is pending and the process does not ignore it.
bool clinux_is_termination_pending(void);

// pthread_create(3): runs `body` in a new thread and returns when that thread has ended.
long clinux_run_in_thread(void (*body)(void *context), void *context);

// pthread_create(3): runs `body` in this thread and at the same time in a new thread, and returns when both
// runs have ended. If no thread can be created, `body` runs only in this thread.
void clinux_run_twice(void (*body)(void *context), void *context);

// pthread_create(3): runs `body` in a new thread, which blocks every signal, and does not wait for its end.
long clinux_start_thread(void (*body)(void *context), void *context);

// pthread_mutex_lock(3): locks the one mutex for what two threads share.
void clinux_lock(void);

// pthread_mutex_unlock(3)
void clinux_unlock(void);

// pthread_cond_wait(3): unlocks the mutex, waits for clinux_wake_waiting, and locks the mutex again. It may
// return without a reason.
void clinux_wait_for_wake(void);

// pthread_cond_broadcast(3)
void clinux_wake_waiting(void);

// waitid(2) with __WNOTHREAD: true if this thread has a tracee or a child.
bool clinux_has_tracees(void);

// pthread_create(3): runs `body`, which must end the process, in a new thread, and ends this thread. Returns
// only if no thread can be created.
void clinux_continue_in_thread(void (*body)(void *context), void *context);

// pthread_create(3): a thread that calls `body`, which must end the process, unless the watchdog is stopped
// before `until`, in nanoseconds of the monotonic clock. Returns a handle, or 0 if no thread can be created.
uintptr_t clinux_start_watchdog(void (*body)(void *context), void *context, uint64_t until);

// Moves the end of a watchdog.
void clinux_extend_watchdog(uintptr_t handle, uint64_t until);

// Ends the thread of a watchdog, and frees it. If `body` is running already, this function does not return.
void clinux_stop_watchdog(uintptr_t handle);

// _exit(2)
_Noreturn void clinux_exit_at_once(int status);

#endif
