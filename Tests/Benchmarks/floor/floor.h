// The least that any correct tool has to do, in plain C. The benchmark compares rangeclose with it.
#ifndef FLOOR_H
#define FLOOR_H

#include <stddef.h>

// Calls `body` with each number that is a name in a directory, as getdents64(2) lists them.
void each_number(int directory, void (*body)(unsigned number, void *context), void *context);

// Prints the descriptors of deleted files, with one status call for each descriptor.
void find_deleted(int pid);
// Reads the TCP socket tables to their ends.
void read_socket_tables(int pid);
// Compares the descriptor table of a process with the tables of all processes.
void compare_tables(int pid);

// These stop all threads once. The first closes all numbers from `first` to `last` with one close_range(2).
// The second closes every `step`th number with a close(2) of its own.
void close_in_one_call(int pid, unsigned first, unsigned last);
void close_one_by_one(int pid, unsigned first, unsigned last, unsigned step);

// Prints what failed, and exits.
void fail(const char *what) __attribute__((noreturn));

#endif
