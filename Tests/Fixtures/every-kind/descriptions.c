// Open files of one kind that differ in locks, flags, positions, sizes or names.
#include "kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { make = O_RDWR | O_CREAT | O_EXCL };

static struct flock part(short type) {
  return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = 10, .l_len = 20};
}

// Takes a lock in a process that exits. The lock stays as long as the open file.
static int openLocked(void) {
  int file = at("lock-inherited", make);
  flock(file, LOCK_EX);
  return file;
}

static void makeLocks(void) {
  struct flock read = part(F_RDLCK), write = part(F_WRLCK);
  int posix = say("lock-posix", "reg", at("lock-posix", make));
  fcntl(posix, F_SETLK, &write);
  int shared = say("lock-posix-read", "reg", at("lock-posix-read", make));
  fcntl(shared, F_SETLK, &read);
  // A POSIX lock belongs to the process. So the kernel shows it at this descriptor as well, although another
  // descriptor took it.
  say("lock-posix-other", "reg", at("lock-posix", O_RDWR));
  int own = say("lock-ofd", "reg", at("lock-ofd", make));
  fcntl(own, F_OFD_SETLK, &write);
  say("lock-ofd-other", "reg", at("lock-ofd", O_RDWR));
  int whole = say("lock-flock", "reg", at("lock-flock", make));
  flock(whole, LOCK_EX);
  say("lock-flock-other", "reg", at("lock-flock", O_RDWR));
  say("lock-flock-dup", "reg", dup(whole));
  int several = say("lock-flock-shared", "reg", at("lock-flock-shared", make));
  flock(several, LOCK_SH);
  say("lock-flock-inherited", "reg", fromChild(0, openLocked));
  // The kernel grants a write lease only if there is no other open file of it.
  int lease = say("lock-lease", "reg", at("lock-lease", make));
  fcntl(lease, F_SETLEASE, F_WRLCK);
  close(at("lock-lease-read", make));
  int leaseRead = say("lock-lease-read", "reg", at("lock-lease-read", O_RDONLY));
  fcntl(leaseRead, F_SETLEASE, F_RDLCK);
  mkdirat(scratch, "watched", 0700);
  int folder = say("dnotify", "dir", at("watched", O_RDONLY | O_DIRECTORY));
  fcntl(folder, F_NOTIFY, DN_CREATE | DN_MULTISHOT);
  int all = say("lock-several", "reg", at("lock-several", make));
  fcntl(all, F_SETLK, &write);
  flock(all, LOCK_EX);
}

static void makeFlags(void) {
  static const struct {
    const char *label;
    int flags;
  } flags[] = {
      {"flag-append", O_APPEND},     {"flag-nonblock", O_NONBLOCK}, {"flag-direct", O_DIRECT},
      {"flag-sync", O_SYNC},         {"flag-dsync", O_DSYNC},       {"flag-noatime", O_NOATIME},
      {"flag-nofollow", O_NOFOLLOW}, {"flag-cloexec", O_CLOEXEC},   {"flag-noctty", O_NOCTTY},
      {"flag-truncate", O_TRUNC},
  };
  int pair[2], on = 1;
  for (size_t index = 0; index < sizeof flags / sizeof *flags; index++)
    say(flags[index].label, "reg", at(flags[index].label, make | flags[index].flags));
  say("flag-directory", "dir", at("folder", O_RDONLY | O_DIRECTORY));
  // Only files that can send SIGIO keep the flag. Nothing arrives here, so the kernel sends none.
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) pair[0] = pair[1] = -1;
  ioctl(pair[0], FIOASYNC, &on);
  say("flag-async", "unix", pair[0]);
  say("flag-async-peer", "unix", pair[1]);
  if (pipe(pair) != 0) pair[0] = pair[1] = -1;
  fcntl(pair[0], F_SETFL, O_ASYNC);
  say("flag-async-pipe", "fifo", pair[0]);
  say("flag-async-pipe-write", "fifo", pair[1]);
}

static void makeSizes(void) {
  const off_t size = (off_t)3 << 30;
  int first = say("dup-a", "reg", at("dup", make));
  say("dup-b", "reg", dup(first));
  // The same file, but another open file.
  say("dup-not", "reg", at("dup", O_RDWR));
  int positioned = say("offset-4096", "reg", at("offset", make));
  if (write(positioned, "data", 4) != 4 || lseek(positioned, 4096, SEEK_SET) < 0) perror("offset");
  int sparse = say("size-3g", "reg", at("size", make));
  if (ftruncate(sparse, size) != 0) perror("size");
  int pre = say("size-reserved", "reg", at("reserved", make));
  if (posix_fallocate(pre, 0, 65536) != 0) perror("reserved");
  say("links-2", "reg", at("links", make));
  linkat(scratch, "links", scratch, "links-too", 0);
  // A file without a name that gets a name.
  int given = say("links-given", "reg", at(".", O_TMPFILE | O_RDWR));
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", given);
  linkat(AT_FDCWD, link, scratch, "given", AT_SYMLINK_FOLLOW);
}

void makeDescriptions(void) {
  makeLocks();
  makeFlags();
  makeSizes();
}
