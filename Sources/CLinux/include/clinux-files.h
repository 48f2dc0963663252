// Files and directories, relative to a directory descriptor.
#ifndef CLINUX_FILES_H
#define CLINUX_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The fields of struct statx that selectors and listings use.
struct clinux_file_status {
  uint32_t mode;
  uint32_t links;
  uint32_t owner;
  uint64_t inode;
  uint64_t size;
  uint64_t blocks;  // in units of 512 bytes, independent of the file system's block size
  uint64_t device;  // (major << 32) | minor, of the file system
  uint64_t special_device;  // (major << 32) | minor, of the device that a device file represents
  int64_t modified;         // in seconds since 1970
  uint64_t mount;           // the mount's ID; 0 if the kernel does not report it
  int is_mount_root;        // -1 if the kernel does not report it
};

long clinux_open(int directory, const char *path, int flags);                       // openat(2)
// openat2(2) with O_PATH, O_NOFOLLOW and O_CLOEXEC; Linux 5.6. -EINVAL for a flag that the kernel lacks.
long clinux_open_path(int directory, const char *path, unsigned long long resolve);
// The same without O_NOFOLLOW, so a symbolic link as the last component is followed.
long clinux_open_followed(int directory, const char *path, unsigned long long resolve);
extern const unsigned long long clinux_resolve_no_mounts;    // RESOLVE_NO_XDEV
extern const unsigned long long clinux_resolve_no_symlinks;  // RESOLVE_NO_SYMLINKS
extern const unsigned long long clinux_resolve_in_root;      // RESOLVE_IN_ROOT
extern const unsigned long long clinux_resolve_cached;       // RESOLVE_CACHED; Linux 5.12
extern const int clinux_open_location;                       // O_PATH | O_DIRECTORY | O_CLOEXEC
long clinux_close(int descriptor);                                                  // close(2)
long clinux_read(int descriptor, void *buffer, size_t length);                      // read(2)
long clinux_write(int descriptor, const void *buffer, size_t length);               // write(2)
long clinux_readlink(int directory, const char *path, void *buffer, size_t length);  // readlinkat(2)
// Whether readlinkat(2) returns `text`, which has at most 63 bytes.
bool clinux_link_is(int directory, const char *path, const char *text);
long clinux_seek(int descriptor, long offset, int whence);                            // lseek(2)
long clinux_getdents(int descriptor, void *buffer, size_t length);                  // getdents64(2)
long clinux_memfd_create(const char *name, unsigned int flags);  // memfd_create(2), with MFD_CLOEXEC
long clinux_memfd_secret(void);                                  // memfd_secret(2), with O_CLOEXEC

// Truncates a file to no bytes by ftruncate(2) through `writable`, while other processes write to it.
//
// `duplicate` is a descriptor of the open file description whose offset and flags belong to the writer. A
// writer without O_APPEND would go on at its old offset, and leave a hole before it. So the description has
// O_APPEND from before the truncation until its offset is 0 as well; see fcntl(2), F_SETFL. The flags are
// restored even if a call fails. With `moves` false, the description is left as it is.
long clinux_truncate(int duplicate, int writable, bool moves);

// fcntl(2) with F_GETFL
long clinux_open_flags(int descriptor);
extern const int clinux_open_for_writing;  // O_WRONLY | O_CLOEXEC | O_NONBLOCK

// poll(2) for POLLOUT: 1 if a write does not block, or fails at once; 0 after so many milliseconds. -1 means
// no timeout.
long clinux_wait_until_writable(int descriptor, int milliseconds);

bool clinux_is_terminal(int descriptor);          // isatty(3)
bool clinux_has_environment(const char *name);    // getenv(3): true if the variable is set and not empty

// statx(2) with AT_STATX_DONT_SYNC and AT_NO_AUTOMOUNT: the kernel returns the attributes that it has cached
// and does not ask a file server, which may hang.
long clinux_status(int directory, const char *path, bool follow, struct clinux_file_status *status);

// The same flags and AT_EMPTY_PATH: the status of the file that one of rangeclose's descriptors refers to.
long clinux_status_of(int descriptor, struct clinux_file_status *status);

// statfs(2): the magic number of the file system that a path leads to, or -errno. A path that is not absolute
// may have about forty bytes; a longer path gives -ENAMETOOLONG.
long clinux_file_system_type(int directory, const char *path);
long clinux_free_space(const char *path, uint64_t *bytes);  // statfs(2): f_bfree, in bytes
extern const long clinux_message_queue_type;  // MQUEUE_MAGIC
extern const long clinux_proc_type;           // PROC_SUPER_MAGIC
extern const long clinux_bpf_type;            // BPF_FS_MAGIC

extern const int clinux_open_read_only;       // O_RDONLY | O_CLOEXEC
extern const int clinux_open_place;           // O_PATH | O_CLOEXEC
extern const int clinux_open_read_write;      // O_RDWR | O_CLOEXEC
extern const int clinux_open_directory;       // O_RDONLY | O_CLOEXEC | O_DIRECTORY
extern const int clinux_at_fdcwd;             // AT_FDCWD
extern const unsigned int clinux_mfd_huge_pages;  // MFD_HUGETLB
extern const unsigned int clinux_mfd_huge_shift;  // MFD_HUGE_SHIFT

#endif
