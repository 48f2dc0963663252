#define _GNU_SOURCE
#include "clinux-memory.h"

#include <string.h>
#include <sys/uio.h>

#include "result.h"

long clinux_read_memory(int pid, uint64_t address, void *buffer, size_t length) {
  struct iovec local = {buffer, length}, remote = {(void *)(uintptr_t)address, length};
  return result(process_vm_readv(pid, &local, 1, &remote, 1, 0));
}

long clinux_write_memory(int pid, uint64_t address, const void *buffer, size_t length) {
  struct iovec local = {(void *)buffer, length}, remote = {(void *)(uintptr_t)address, length};
  return result(process_vm_writev(pid, &local, 1, &remote, 1, 0));
}

long clinux_find(const void *buffer, size_t length, const void *wanted, size_t wanted_length) {
  const char *text = buffer, *bytes = wanted;
  if (wanted_length < 2 || length < wanted_length) return -1;
  const char *last = text + length - wanted_length;
  for (const char *start = text; start <= last; start++) {
    const char *second = memchr(start + 1, bytes[1], (size_t)(last - start) + 1);
    if (!second) return -1;
    start = second - 1;
    if (memcmp(start, bytes, wanted_length) == 0) return start - text;
  }
  return -1;
}
