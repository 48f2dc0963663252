// A timer that keeps every call of a session from blocking for ever.
#ifndef CLINUX_CLOCK_H
#define CLINUX_CLOCK_H

// Starts a timer whose SIGALRM makes a blocked clinux_wait of this thread return -EINTR, once every interval.
// A single alarm could expire between the caller's check and its wait; a repeating timer expires again. While
// the timer runs, its handler also waits for the threads that clinux_ptrace_seize has seized and that have
// exited.
long clinux_start_clock(unsigned int milliseconds);

// Stops the timer and restores the handler and the alarm that were set before.
long clinux_stop_clock(void);

#endif
