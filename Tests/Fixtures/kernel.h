// What the running kernel has. A fixture leaves out what the kernel does not have.
//
// The kernel's answer decides, and not its version: a distribution may have added a call to an older kernel,
// and a seccomp filter may have taken one away.
#include <errno.h>
#include <unistd.h>

// Whether the kernel has a system call. It must be a call that refuses a descriptor or a size of -1.
static inline int hasCall(long number) {
  return syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) >= 0 || errno != ENOSYS;
}
