// Memory of another process, and a search through it once it is here.
#ifndef CLINUX_MEMORY_H
#define CLINUX_MEMORY_H

#include <stddef.h>
#include <stdint.h>

// process_vm_readv(2): bytes of another process's memory. Fewer than asked for where they end.
long clinux_read_memory(int pid, uint64_t address, void *buffer, size_t length);

// process_vm_writev(2), which writes only where the process itself could.
long clinux_write_memory(int pid, uint64_t address, const void *buffer, size_t length);

// Where two bytes or more begin that are instructions, or -1. memmem(3) goes byte by byte where they are few;
// this looks for the second one, for the first is a prefix as often as not, and so is common in code.
long clinux_find(const void *buffer, size_t length, const void *wanted, size_t wanted_length);

#endif
