#define _GNU_SOURCE
#include "clinux-files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "result.h"

const int clinux_open_read_only = O_RDONLY | O_CLOEXEC;
const int clinux_open_directory = O_RDONLY | O_CLOEXEC | O_DIRECTORY;
const int clinux_at_fdcwd = AT_FDCWD;
const unsigned int clinux_mfd_huge_pages = MFD_HUGETLB;

long clinux_open(int directory, const char *path, int flags) {
  return result(openat(directory, path, flags));
}

long clinux_close(int descriptor) { return result(close(descriptor)); }

long clinux_read(int descriptor, void *buffer, size_t length) {
  return result(read(descriptor, buffer, length));
}

long clinux_write(int descriptor, const void *buffer, size_t length) {
  return result(write(descriptor, buffer, length));
}

long clinux_readlink(int directory, const char *path, void *buffer, size_t length) {
  return result(readlinkat(directory, path, buffer, length));
}

// glibc's getdents64 wrapper would do; older ones lack it.
long clinux_getdents(int descriptor, void *buffer, size_t length) {
  return result(syscall(SYS_getdents64, descriptor, buffer, length));
}

long clinux_memfd_create(const char *name, unsigned int flags) {
  return result(memfd_create(name, flags | MFD_CLOEXEC));
}

static long status(int directory, const char *path, int flags, struct clinux_file_status *status) {
  struct statx x;
  long answer = result(statx(directory, path, flags | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
                             STATX_BASIC_STATS, &x));
  if (answer < 0) return answer;
  *status = (struct clinux_file_status){
      .mode = x.stx_mode,
      .links = x.stx_nlink,
      .owner = x.stx_uid,
      .inode = x.stx_ino,
      .size = x.stx_size,
      .blocks = x.stx_blocks,
      .device = (uint64_t)x.stx_dev_major << 32 | x.stx_dev_minor,
  };
  return 0;
}

long clinux_status(int directory, const char *path, bool follow, struct clinux_file_status *out) {
  return status(directory, path, follow ? 0 : AT_SYMLINK_NOFOLLOW, out);
}

long clinux_status_of(int descriptor, struct clinux_file_status *out) {
  return status(descriptor, "", AT_EMPTY_PATH, out);
}
