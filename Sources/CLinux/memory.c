#define _GNU_SOURCE
#include "clinux-memory.h"

#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "result.h"

long clinux_read_memory(int pid, uint64_t address, void *buffer, size_t length) {
  struct iovec local = {buffer, length}, remote = {(void *)(uintptr_t)address, length};
  return result(process_vm_readv(pid, &local, 1, &remote, 1, 0));
}

long clinux_read_memory_pair(int pid, uint64_t first, size_t first_length, uint64_t second,
                             size_t second_length, void *buffer) {
  struct iovec local = {buffer, first_length + second_length};
  struct iovec remote[] = {{(void *)(uintptr_t)first, first_length},
                           {(void *)(uintptr_t)second, second_length}};
  return result(process_vm_readv(pid, &local, 1, remote, 2, 0));
}

long clinux_write_memory(int pid, uint64_t address, const void *buffer, size_t length) {
  struct iovec local = {(void *)buffer, length}, remote = {(void *)(uintptr_t)address, length};
  return result(process_vm_writev(pid, &local, 1, &remote, 1, 0));
}

long clinux_read_at(int descriptor, void *buffer, size_t length, uint64_t offset) {
  return result(pread(descriptor, buffer, length, (off_t)offset));
}

long clinux_read_memory_file(int file, uint64_t address, void *buffer, size_t length) {
  struct iovec local = {buffer, length};
  return result(preadv(file, &local, 1, (off_t)address));
}

long clinux_write_memory_file(int file, uint64_t address, const void *buffer, size_t length) {
  struct iovec local = {(void *)buffer, length};
  return result(pwritev(file, &local, 1, (off_t)address));
}

// struct procmap_query, which most headers do not have yet; include/uapi/linux/fs.h.
struct query {
  uint64_t size, flags, address;
  uint64_t start, end, mapping_flags, page_size, offset, inode;
  uint32_t device_major, device_minor, name_size, build_id_size;
  uint64_t name, build_id;
};

// PROCMAP_QUERY_VMA_READABLE and so on; include/uapi/linux/fs.h.
enum { readable = 1, writable = 2, executable = 4, shared = 8, covering_or_next = 0x10, of_file = 0x20 };

long clinux_query_mapping(int maps, uint64_t address, enum clinux_mapping_query which,
                          struct clinux_mapping *mapping, void *name, size_t capacity) {
  static const uint64_t flags[] = {
      [clinux_mapping_covering] = 0,
      [clinux_next_executable] = covering_or_next | executable,
      [clinux_next_executable_file] = covering_or_next | executable | of_file,
  };
  struct query query = {
      .size = sizeof query,
      .flags = flags[which],
      .address = address,
      .name_size = (uint32_t)capacity,
      .name = (uintptr_t)name,
  };
  long answer = result(ioctl(maps, _IOWR('f', 17, struct query), &query));
  if (answer < 0) return answer;
  *mapping = (struct clinux_mapping){
      .start = query.start,
      .end = query.end,
      .inode = query.inode,
      .device = (uint64_t)query.device_major << 32 | query.device_minor,
      .is_readable = query.mapping_flags & readable,
      .is_writable = query.mapping_flags & writable,
      .is_executable = query.mapping_flags & executable,
      .is_shared = query.mapping_flags & shared,
  };
  return query.name_size == 0 ? 0 : (long)query.name_size - 1;
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

static bool is_used(const void *entries, size_t index) {
  const uint64_t present = 1ull << 63, swapped = 1ull << 62;  // admin-guide/mm/pagemap.rst
  uint64_t bits;
  memcpy(&bits, (const char *)entries + index * sizeof bits, sizeof bits);
  return (bits & (present | swapped)) != 0;
}

size_t clinux_find_used_pages(const void *entries, size_t count, size_t *pages) {
  size_t most = *pages, index = 0;
  *pages = 0;
  while (index < count && !is_used(entries, index)) index++;
  while (*pages < most && index + *pages < count && is_used(entries, index + *pages)) ++*pages;
  return index;
}

const size_t clinux_rseq_size = 32;

long clinux_find_rseq(const void *buffer, size_t length, size_t start) {
  struct {
    uint32_t cpu_id_start, cpu_id;
    uint64_t rseq_cs;
  } area;
  const uint64_t end = 1ull << 56, alignment = 32;  // of user mode; of struct rseq_cs
  const uint32_t most = 1 << 16;                    // more than the CPUs of any kernel
  for (size_t offset = start; offset + clinux_rseq_size <= length; offset += clinux_rseq_size) {
    memcpy(&area, (const char *)buffer + offset, sizeof area);
    if (area.cpu_id_start == area.cpu_id && area.cpu_id < most && area.rseq_cs != 0 && area.rseq_cs < end &&
        area.rseq_cs % alignment == 0)
      return (long)offset;
  }
  return -1;
}
