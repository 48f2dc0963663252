// The list of the threads that this thread has seized: ptrace.c adds to it, the timer's handler reaps from
// it.
#ifndef CLINUX_SEIZED_H
#define CLINUX_SEIZED_H

#include <stdbool.h>

// Makes room for one more thread. False if there is no memory.
bool seized_reserve(void);

// Adds a thread, for which seized_reserve has made room.
void seized_add(int tid);

// Waits for some of the threads that have exited, without blocking. Signal handlers may call it.
void seized_reap(void);

// Empties the list and frees its memory. The timer must have stopped, because its handler reads the list.
void seized_clear(void);

#endif
