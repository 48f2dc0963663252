// Memory of another process, and a search through it once it is here.
#ifndef CLINUX_MEMORY_H
#define CLINUX_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// process_vm_readv(2): bytes of another process's memory. Fewer than asked for where they end.
long clinux_read_memory(int pid, uint64_t address, void *buffer, size_t length);

// The same at two addresses, one behind the other in the buffer.
long clinux_read_two(int pid, uint64_t first, size_t first_length, uint64_t second, size_t second_length,
                     void *buffer);

// process_vm_writev(2), which writes only where the process itself could.
long clinux_write_memory(int pid, uint64_t address, const void *buffer, size_t length);

struct clinux_mapping {
  uint64_t start, end;
  uint64_t inode;   // 0 for anonymous memory
  uint64_t device;  // the major number in the upper half
  bool is_readable, is_writable, is_executable, is_shared;
};

// Which mappings are meant: that at an address, or also the next one above it that is executable, or that and
// of a file.
enum clinux_mapping_query {
  clinux_mapping_covering,
  clinux_next_executable,
  clinux_next_executable_file,
};

// PROCMAP_QUERY, by an open `/proc/PID/maps`, since Linux 6.11: -ENOTTY before, -ENOENT where there is none.
// Answers the length of its name, which is put into a buffer with a zero behind it.
long clinux_query_mapping(int maps, uint64_t address, enum clinux_mapping_query query,
                          struct clinux_mapping *mapping, void *name, size_t capacity);

// Where two bytes or more begin that are instructions, or -1. memmem(3) goes byte by byte where they are few;
// this looks for the second one, for the first is a prefix as often as not, and so is common in code.
long clinux_find(const void *buffer, size_t length, const void *wanted, size_t wanted_length);

#endif
