#define _GNU_SOURCE
#include "clinux-files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "result.h"

const int clinux_open_read_only = O_RDONLY | O_CLOEXEC;
const int clinux_open_place = O_PATH | O_CLOEXEC;
const int clinux_open_read_write = O_RDWR | O_CLOEXEC;
const int clinux_open_directory = O_RDONLY | O_CLOEXEC | O_DIRECTORY;
const int clinux_at_fdcwd = AT_FDCWD;
const unsigned int clinux_mfd_huge_pages = MFD_HUGETLB;
const unsigned int clinux_mfd_huge_shift = 26;  // MFD_HUGE_SHIFT, include/uapi/linux/memfd.h

long clinux_open(int directory, const char *path, int flags) {
  return result(openat(directory, path, flags));
}

#ifndef SYS_openat2
#define SYS_openat2 437  // the same on every architecture; some headers are older
#endif

const unsigned long long clinux_resolve_no_mounts = 0x01;    // RESOLVE_NO_XDEV, include/uapi/linux/openat2.h
const unsigned long long clinux_resolve_no_symlinks = 0x04;  // RESOLVE_NO_SYMLINKS
const unsigned long long clinux_resolve_in_root = 0x10;      // RESOLVE_IN_ROOT
const unsigned long long clinux_resolve_cached = 0x20;       // RESOLVE_CACHED

static long open_place(
    int directory, const char *path, unsigned long long flags, unsigned long long resolve) {
  // struct open_how, which older headers lack.
  const struct {
    unsigned long long flags, mode, resolve;
  } how = {O_PATH | O_CLOEXEC | flags, 0, resolve};
  return result(syscall(SYS_openat2, directory, path, &how, sizeof how));
}

long clinux_open_path(int directory, const char *path, unsigned long long resolve) {
  return open_place(directory, path, O_NOFOLLOW, resolve);
}

long clinux_open_followed(int directory, const char *path, unsigned long long resolve) {
  return open_place(directory, path, 0, resolve);
}

const int clinux_open_location = O_PATH | O_DIRECTORY | O_CLOEXEC;

const int clinux_open_for_writing = O_WRONLY | O_CLOEXEC | O_NONBLOCK;

long clinux_open_flags(int descriptor) { return result(fcntl(descriptor, F_GETFL)); }

long clinux_truncate(int duplicate, int writable, bool moves) {
  if (!moves) return result(ftruncate(writable, 0));
  int flags = fcntl(duplicate, F_GETFL);
  if (flags < 0 || fcntl(duplicate, F_SETFL, flags | O_APPEND) != 0) return -errno;
  // A write that read the flags before has the old offset, and may not have reached the file yet. It holds
  // the lock of the offset until then; see fdget_pos in fs/file.c. lseek(2) waits for this lock.
  lseek(duplicate, 0, SEEK_CUR);
  long answer = result(ftruncate(writable, 0));
  if (answer == 0 && lseek(duplicate, 0, SEEK_END) < 0) answer = -errno;
  if (fcntl(duplicate, F_SETFL, flags) != 0 && answer == 0) answer = -errno;
  return answer;
}

long clinux_close(int descriptor) { return result(close(descriptor)); }

long clinux_read(int descriptor, void *buffer, size_t length) {
  return result(read(descriptor, buffer, length));
}

bool clinux_link_is(int directory, const char *path, const char *text) {
  char link[64];
  ssize_t length = readlinkat(directory, path, link, sizeof link);
  return length >= 0 && (size_t)length == strlen(text) && memcmp(link, text, (size_t)length) == 0;
}

long clinux_write(int descriptor, const void *buffer, size_t length) {
  return result(write(descriptor, buffer, length));
}

long clinux_wait_until_writable(int descriptor, int milliseconds) {
  struct pollfd entry = {.fd = descriptor, .events = POLLOUT};
  return result(poll(&entry, 1, milliseconds));
}

long clinux_readlink(int directory, const char *path, void *buffer, size_t length) {
  return result(readlinkat(directory, path, buffer, length));
}

long clinux_seek(int descriptor, long offset, int whence) {
  return result(lseek(descriptor, offset, whence));
}

// glibc has a wrapper, getdents64, but its older versions lack it.
long clinux_getdents(int descriptor, void *buffer, size_t length) {
  return result(syscall(SYS_getdents64, descriptor, buffer, length));
}

long clinux_memfd_create(const char *name, unsigned int flags) {
  return result(memfd_create(name, flags | MFD_CLOEXEC));
}

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447  // the same on every architecture; some headers are older
#endif

long clinux_memfd_secret(void) { return result(syscall(SYS_memfd_secret, O_CLOEXEC)); }

const long clinux_message_queue_type = 0x19800202;  // MQUEUE_MAGIC, ipc/mqueue.c
const long clinux_proc_type = 0x9fa0;               // PROC_SUPER_MAGIC, include/uapi/linux/magic.h
const long clinux_bpf_type = 0xcafe4a11;            // BPF_FS_MAGIC, include/uapi/linux/magic.h

long clinux_file_system_type(int directory, const char *path) {
  // The kernel has no statfs call that takes a directory descriptor, so the path leads through /proc.
  char name[64];
  int length = path[0] == '/' ? snprintf(name, sizeof name, "%s", path)
                              : snprintf(name, sizeof name, "/proc/self/fd/%d/%s", directory, path);
  if (length < 0 || (size_t)length >= sizeof name) return -ENAMETOOLONG;
  struct statfs status;
  long answer = result(statfs(name, &status));
  return answer < 0 ? answer : (long)status.f_type;
}

long clinux_free_space(const char *path, uint64_t *bytes) {
  struct statfs status;
  long answer = result(statfs(path, &status));
  if (answer == 0) *bytes = (uint64_t)status.f_bfree * (uint64_t)status.f_bsize;
  return answer;
}

static long status(int directory, const char *path, int flags, struct clinux_file_status *status) {
  struct statx x;
  long answer = result(statx(directory, path, flags | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
                             STATX_BASIC_STATS | STATX_MNT_ID, &x));
  if (answer < 0) return answer;
  *status = (struct clinux_file_status){
      .mode = x.stx_mode,
      .links = x.stx_nlink,
      .owner = x.stx_uid,
      .inode = x.stx_ino,
      .size = x.stx_size,
      .blocks = x.stx_blocks,
      .device = (uint64_t)x.stx_dev_major << 32 | x.stx_dev_minor,
      .modified = x.stx_mtime.tv_sec,
      .special_device = (uint64_t)x.stx_rdev_major << 32 | x.stx_rdev_minor,
      .mount = x.stx_mask & STATX_MNT_ID ? x.stx_mnt_id : 0,
      .is_mount_root = x.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT
                           ? (x.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0
                           : -1,
  };
  return 0;
}

long clinux_status(int directory, const char *path, bool follow, struct clinux_file_status *out) {
  return status(directory, path, follow ? 0 : AT_SYMLINK_NOFOLLOW, out);
}

long clinux_status_of(int descriptor, struct clinux_file_status *out) {
  return status(descriptor, "", AT_EMPTY_PATH, out);
}

bool clinux_is_terminal(int descriptor) { return isatty(descriptor) == 1; }

bool clinux_has_environment(const char *name) {
  const char *value = getenv(name);
  return value && *value;
}
