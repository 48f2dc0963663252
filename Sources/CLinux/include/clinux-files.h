// Files and directories, relative to a directory descriptor.
#ifndef CLINUX_FILES_H
#define CLINUX_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The fields of struct statx that a descriptor is described by.
struct clinux_file_status {
  uint32_t mode;
  uint32_t links;
  uint32_t owner;
  uint64_t inode;
  uint64_t size;
  uint64_t blocks;  // in units of 512 bytes, whatever the file system's block size
  uint64_t device;  // (major << 32) | minor, of the file system
  uint64_t special_device;  // the same of the device that a device file stands for
  uint64_t mount;           // the mount's ID, 0 where the kernel does not tell
  int is_mount_root;        // -1 where the kernel does not tell
};

long clinux_open(int directory, const char *path, int flags);
long clinux_close(int descriptor);
long clinux_read(int descriptor, void *buffer, size_t length);
long clinux_write(int descriptor, const void *buffer, size_t length);
long clinux_readlink(int directory, const char *path, void *buffer, size_t length);
long clinux_getdents(int descriptor, void *buffer, size_t length);
long clinux_memfd_create(const char *name, unsigned int flags);
long clinux_memfd_secret(void);

// statx(2) with AT_STATX_DONT_SYNC and AT_NO_AUTOMOUNT: the kernel answers from what it holds and
// does not ask a file server that may have hung.
long clinux_status(int directory, const char *path, bool follow, struct clinux_file_status *status);

// The same, for the file that a descriptor of our own is open on.
long clinux_status_of(int descriptor, struct clinux_file_status *status);

// The magic number of the file system that a path of some forty bytes leads to, see statfs(2); or -errno.
long clinux_file_system_type(int directory, const char *path);
extern const long clinux_message_queue_type;
extern const long clinux_bpf_type;

extern const int clinux_open_read_only;       // O_RDONLY | O_CLOEXEC
extern const int clinux_open_directory;       // O_RDONLY | O_CLOEXEC | O_DIRECTORY
extern const int clinux_at_fdcwd;             // AT_FDCWD
extern const unsigned int clinux_mfd_huge_pages;  // MFD_HUGETLB
extern const unsigned int clinux_mfd_huge_shift;  // MFD_HUGE_SHIFT

#endif
