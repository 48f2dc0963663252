// The least that any correct tool has to do, in plain C: what the command is measured against.
#ifndef FLOOR_H
#define FLOOR_H

#include <stddef.h>

// Calls `body` with each number that is a name in a directory, as getdents64(2) lists them.
void each_number(int directory, void (*body)(unsigned number, void *context), void *context);

// Looking: a status for each descriptor; and the socket tables, read to their ends.
void look_for_deleted(int pid);
void read_socket_tables(int pid);

// Closing, in one stop of all threads: all numbers from `first` to `last` by one close_range(2), or every
// `step`th by a close(2) of its own.
void close_in_one_call(int pid, unsigned first, unsigned last);
void close_one_by_one(int pid, unsigned first, unsigned last, unsigned step);

// Says what failed, and exits.
void fail(const char *what) __attribute__((noreturn));

#endif
