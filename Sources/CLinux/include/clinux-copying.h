// Copies of files: the calls that read a file and write another one at the same offsets.
#ifndef CLINUX_COPYING_H
#define CLINUX_COPYING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The fields of struct stat that a copy takes over, or that show a change during the copy.
struct clinux_copied_status {
  uint32_t mode, owner, group, links;
  int64_t size;
  int64_t accessed[2], modified[2], changed[2];  // seconds and nanoseconds
};

// fstat(2), which may ask a file server.
long clinux_copied_status(int descriptor, struct clinux_copied_status *status);
// The time of the clock that files have their times from, in nanoseconds; see CLOCK_REALTIME in
// clock_gettime(2).
int64_t clinux_time_of_files(void);

extern const int clinux_open_to_copy;  // O_RDONLY | O_NONBLOCK | O_CLOEXEC
extern const int clinux_no_access_time;  // O_NOATIME
// openat(2) with O_CREAT, O_EXCL, O_NOFOLLOW and O_CLOEXEC, for writing; mode 0600.
long clinux_create(int directory, const char *name);
long clinux_unlink(int directory, const char *name);  // unlinkat(2)

// lseek(2) with SEEK_DATA or SEEK_HOLE. -ENXIO: there are no data from the offset to the end.
long clinux_seek_data(int descriptor, int64_t offset);
long clinux_seek_hole(int descriptor, int64_t offset);
// copy_file_range(2), with the same offset in both files.
long clinux_copy_range(int from, int to, int64_t offset, size_t length);
long clinux_clone(int from, int to);                                                // ioctl_ficlone(2)
long clinux_pread(int descriptor, void *buffer, size_t length, int64_t offset);         // pread(2)
long clinux_pwrite(int descriptor, const void *buffer, size_t length, int64_t offset);  // pwrite(2)
long clinux_set_size(int descriptor, int64_t size);                                 // ftruncate(2)
long clinux_sync(int descriptor);                                                   // fsync(2)

long clinux_set_owner(int descriptor, uint32_t owner, uint32_t group);              // fchown(2)
long clinux_set_mode(int descriptor, uint32_t mode);                                // fchmod(2)
// futimens(3), with the times of a status.
long clinux_set_times(int descriptor, const struct clinux_copied_status *status);

#endif
