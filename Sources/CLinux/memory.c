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
  const char *found = memmem(buffer, length, wanted, wanted_length);
  return found ? found - (const char *)buffer : -1;
}
