#define _GNU_SOURCE
#include "clinux-copying.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "result.h"

const int clinux_open_to_copy = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
const int clinux_no_access_time = O_NOATIME;

long clinux_copied_status(int descriptor, struct clinux_copied_status *status) {
  struct stat s;
  if (fstat(descriptor, &s) != 0) return -errno;
  *status = (struct clinux_copied_status){
      .mode = s.st_mode,
      .owner = s.st_uid,
      .group = s.st_gid,
      .links = (uint32_t)s.st_nlink,
      .size = s.st_size,
      .accessed = {s.st_atim.tv_sec, s.st_atim.tv_nsec},
      .modified = {s.st_mtim.tv_sec, s.st_mtim.tv_nsec},
      .changed = {s.st_ctim.tv_sec, s.st_ctim.tv_nsec},
  };
  return 0;
}

int64_t clinux_time_of_files(void) {
  struct timespec now = {0};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

long clinux_create(int directory, const char *name) {
  return result(openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
}

long clinux_unlink(int directory, const char *name) { return result(unlinkat(directory, name, 0)); }

long clinux_seek_data(int descriptor, int64_t offset) { return result(lseek(descriptor, offset, SEEK_DATA)); }

long clinux_seek_hole(int descriptor, int64_t offset) { return result(lseek(descriptor, offset, SEEK_HOLE)); }

long clinux_copy_range(int from, int to, int64_t offset, size_t length) {
  off64_t in = offset, out = offset;
  return result(copy_file_range(from, &in, to, &out, length, 0));
}

#ifndef FICLONE
#define FICLONE _IOW(0x94, 9, int)  // include/uapi/linux/fs.h
#endif

long clinux_clone(int from, int to) { return result(ioctl(to, FICLONE, from)); }

long clinux_pread(int descriptor, void *buffer, size_t length, int64_t offset) {
  return result(pread(descriptor, buffer, length, offset));
}

long clinux_pwrite(int descriptor, const void *buffer, size_t length, int64_t offset) {
  return result(pwrite(descriptor, buffer, length, offset));
}

long clinux_set_size(int descriptor, int64_t size) { return result(ftruncate(descriptor, size)); }

long clinux_sync(int descriptor) { return result(fsync(descriptor)); }

long clinux_set_owner(int descriptor, uint32_t owner, uint32_t group) {
  return result(fchown(descriptor, owner, group));
}

long clinux_set_mode(int descriptor, uint32_t mode) { return result(fchmod(descriptor, mode)); }

long clinux_set_times(int descriptor, const struct clinux_copied_status *status) {
  struct timespec times[2] = {{(time_t)status->accessed[0], (long)status->accessed[1]},
                              {(time_t)status->modified[0], (long)status->modified[1]}};
  return result(futimens(descriptor, times));
}
