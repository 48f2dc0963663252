// Files with a name: on a disk, in memory, and in /proc and /sys.
#include "kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { make = O_RDWR | O_CREAT | O_EXCL };

static void makeRegular(void) {
  say("regular", "reg", at("regular", make));
  say("regular-read", "reg", at("regular", O_RDONLY));
  say("regular-write", "reg", at("regular", O_WRONLY));
  say("regular-path", "reg", at("regular", O_PATH));
  say("tmpfile", "reg", at(".", O_TMPFILE | O_RDWR));
  say("tmpfile-excl", "reg", at(".", O_TMPFILE | O_RDWR | O_EXCL));
  say("unlinked", "reg", at("unlinked", make));
  say("unlinked-path", "reg", at("unlinked", O_PATH));
  unlinkat(scratch, "unlinked", 0);
  // A new file has the name of the old one. The link of the old one still ends with "(deleted)".
  say("replaced", "reg", at("replaced", make));
  unlinkat(scratch, "replaced", 0);
  say("replacing", "reg", at("replaced", make));
  int renamed = at("before", make);
  renameat(scratch, "before", scratch, "after");
  say("renamed", "reg", renamed);
  say("executable", "reg", open("/proc/self/exe", O_RDONLY));
}

// Files with misleading names: like the text that the kernel writes for another kind, or with a line break.
static void makeNames(void) {
  say("name-deleted", "reg", at("name (deleted)", make));
  say("name-newline", "reg", at("name\nof two lines", make));
  say("name-blank", "reg", at("name with blanks", make));
  say("name-backslash", "reg", at("name\\012", make));
  say("name-glob", "reg", at("name[*?]", make));
  say("name-bytes", "reg", at("name\xff\xfe", make));
  say("name-escape", "reg", at("name\033[31m", make));
  say("name-pipe", "reg", at("pipe:[7]", make));
  say("name-socket", "reg", at("socket:[7]", make));
  say("name-memfd", "reg", at("memfd:name (deleted)", make));
  mkdirat(scratch, "anon_inode:", 0700);
  say("name-anon", "reg", at("anon_inode:/[eventfd]", make));
}

static void makeDirectories(void) {
  mkdirat(scratch, "folder", 0700);
  mkdirat(scratch, "gone", 0700);
  say("directory-path", "dir", at("folder", O_PATH));
  say("directory-gone", "dir", at("gone", O_RDONLY | O_DIRECTORY));
  unlinkat(scratch, "gone", AT_REMOVEDIR);
  say("directory-root", "dir", open("/", O_RDONLY));
}

static void makeLinks(void) {
  symlinkat("regular", scratch, "link");
  symlinkat("nowhere", scratch, "dangling");
  symlinkat("regular", scratch, "lost");
  say("symlink", "lnk", at("link", O_PATH | O_NOFOLLOW));
  say("symlink-dangling", "lnk", at("dangling", O_PATH | O_NOFOLLOW));
  say("symlink-gone", "lnk", at("lost", O_PATH | O_NOFOLLOW));
  unlinkat(scratch, "lost", 0);
  say("symlink-magic", "lnk", open("/proc/self/exe", O_PATH | O_NOFOLLOW));
}

static void makePipes(void) {
  int ends[2], packets[2], notices[2];
  // Without a pipe, both ends report the error.
  if (pipe(ends) != 0) ends[0] = ends[1] = -1;
  say("pipe-read", "fifo", ends[0]);
  say("pipe-write", "fifo", ends[1]);
  say("pipe-path", "fifo", ends[0] < 0 ? -1 : reopen(ends[0], O_PATH));
  say("pipe-reopened", "fifo", ends[0] < 0 ? -1 : reopen(ends[0], O_RDWR));
  if (pipe2(packets, O_DIRECT | O_NONBLOCK) != 0) packets[0] = packets[1] = -1;
  say("pipe-packet-read", "fifo", packets[0]);
  say("pipe-packet-write", "fifo", packets[1]);
  // O_EXCL means O_NOTIFICATION_PIPE here. A process cannot write to this kind of pipe.
  if (pipe2(notices, O_EXCL) != 0) notices[0] = notices[1] = -1;
  say("pipe-watch-read", "fifo", notices[0]);
  say("pipe-watch-write", "fifo", notices[1]);
  mkfifoat(scratch, "fifo", 0600);
  mkfifoat(scratch, "lost-fifo", 0600);
  say("fifo-read", "fifo", at("fifo", O_RDONLY | O_NONBLOCK));
  say("fifo-write", "fifo", at("fifo", O_WRONLY | O_NONBLOCK));
  say("fifo-both", "fifo", at("fifo", O_RDWR));
  say("fifo-path", "fifo", at("fifo", O_PATH));
  say("fifo-gone", "fifo", at("lost-fifo", O_RDWR));
  unlinkat(scratch, "lost-fifo", 0);
}

// The name of a bound socket is a file. O_PATH opens it without a connection.
static void makeSocketName(void) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  if (snprintf(name.sun_path, sizeof name.sun_path, "%s", path("socket-name")) >= (int)sizeof name.sun_path) {
    errno = ENAMETOOLONG;
    say("socket-name", "sock", -1);
    return;
  }
  int bound = socket(AF_UNIX, SOCK_DGRAM, 0);
  if (bound >= 0 && bind(bound, (void *)&name, sizeof name) == 0) close(bound);
  say("socket-name", "sock", at("socket-name", O_PATH));
}

static void makeProc(void) {
  char name[64];
  say("proc-file", "reg", open("/proc/self/status", O_RDONLY));
  say("proc-sys", "reg", open("/proc/sys/kernel/ostype", O_RDONLY));
  say("proc-net", "reg", open("/proc/self/net/tcp", O_RDONLY));
  say("proc-memory", "reg", open("/proc/self/mem", O_RDWR));
  say("proc-directory", "dir", open("/proc/self/fd", O_RDONLY));
  // The /proc directory of a process that has exited.
  pid_t child = fork();
  if (child == 0) pause();
  snprintf(name, sizeof name, "/proc/%d", child);
  say("proc-gone", "dir", open(name, O_RDONLY));
  snprintf(name, sizeof name, "/proc/%d/stat", child);
  say("proc-gone-file", "reg", open(name, O_RDONLY));
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
}

void makeFiles(void) {
  makeRegular();
  makeNames();
  makeDirectories();
  makeLinks();
  makePipes();
  makeSocketName();
  makeProc();
  say("sys-file", "reg", open("/sys/kernel/uevent_seqnum", O_RDONLY));
  say("sys-directory", "dir", open("/sys/kernel", O_RDONLY));
  say("cgroup", "dir", open("/sys/fs/cgroup", O_RDONLY));
}
