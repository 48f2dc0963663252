// The memory of another process, and a search through bytes that were read from it.
#ifndef CLINUX_MEMORY_H
#define CLINUX_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// process_vm_readv(2): reads another process's memory. Returns fewer bytes than `length` if unmapped memory
// follows them.
long clinux_read_memory(int pid, uint64_t address, void *buffer, size_t length);

// process_vm_readv(2) at two addresses. In the buffer, the bytes of the second address follow the bytes of
// the first.
long clinux_read_memory_pair(int pid, uint64_t first, size_t first_length, uint64_t second,
                             size_t second_length, void *buffer);

// process_vm_writev(2), which writes only to memory that the process itself may write to.
long clinux_write_memory(int pid, uint64_t address, const void *buffer, size_t length);

// clone(2) of a helper process that shares our memory. The helper calls clinux_write_memory if `writes` is
// true, and clinux_read_memory otherwise. The kernel may have to ask the userfaultfd(2) that watches the
// memory, or a file server. Only SIGKILL ends that wait. So this function kills the helper if it has not
// finished after `milliseconds`, and returns -ETIMEDOUT. It returns -EIO if something else ended the helper.
long clinux_copy_memory_apart(int pid, uint64_t address, void *buffer, size_t length, bool writes,
                              unsigned int milliseconds);

// pread(2)
long clinux_read_at(int descriptor, void *buffer, size_t length, uint64_t offset);
// preadv(2) and pwritev(2) on an open `/proc/PID/mem`, which also reach memory that the process itself may
// not read or write; see `mem_rw` in fs/proc/base.c. They return fewer bytes than `length` if unmapped memory
// follows.
long clinux_read_memory_file(int file, uint64_t address, void *buffer, size_t length);
long clinux_write_memory_file(int file, uint64_t address, const void *buffer, size_t length);

struct clinux_mapping {
  uint64_t start, end;
  uint64_t inode;   // 0 for anonymous memory
  uint64_t device;  // the major number in the upper 32 bits
  bool is_readable, is_writable, is_executable, is_shared;
};

// Which mapping a query finds.
enum clinux_mapping_query {
  clinux_mapping_covering,      // the mapping at the address
  clinux_next_executable,       // the first executable mapping at the address or above it
  clinux_next_executable_file,  // the first executable mapping of a file at the address or above it
};

// The ioctl(2) PROCMAP_QUERY on an open `/proc/PID/maps`, since Linux 6.11. Returns the length of the
// mapping's name, which it writes to the buffer with a zero byte after it. -ENOTTY before Linux 6.11, -ENOENT
// if there is no such mapping.
long clinux_query_mapping(int maps, uint64_t address, enum clinux_mapping_query query,
                          struct clinux_mapping *mapping, void *name, size_t capacity);

// Finds the first occurrence of an instruction. Returns its offset, or -1. The instruction must have at least
// two bytes. memmem(3) compares byte by byte if the wanted bytes are few. This function searches for the
// second byte with memchr(3). The first byte is often an instruction prefix, which is common in code.
long clinux_find(const void *buffer, size_t length, const void *wanted, size_t wanted_length);

// Finds the first pages that are present or swapped out, in entries of `/proc/PID/pagemap`. Returns the index
// of the first one, and sets `pages` to their number, at most its value before. If there are none, it returns
// `count` and sets `pages` to 0.
size_t clinux_find_used_pages(const void *entries, size_t count, size_t *pages);

// Finds the first 32 bytes that may be a `struct rseq` with the address of a `struct rseq_cs`, at `start` or
// behind it; see include/uapi/linux/rseq.h. Returns its offset, or -1. Both structures are aligned to 32
// bytes, and the buffer is a copy of memory that is. The kernel keeps both CPU numbers equal.
long clinux_find_rseq(const void *buffer, size_t length, size_t start);
extern const size_t clinux_rseq_size;

#endif
