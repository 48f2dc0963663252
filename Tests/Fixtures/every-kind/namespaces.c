// Namespaces, and file systems that are mounted nowhere.
#include "kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Constants of <linux/mount.h>, which conflicts with <sys/mount.h> in some C libraries.
enum { cloneTree = 1, setString = 1, createNew = 6 };

static int openNet(void) { return open("/proc/self/ns/net", O_RDONLY); }
static int openUser(void) { return open("/proc/self/ns/user", O_RDONLY); }

void makeNamespaces(void) {
  static const char *const names[] = {"cgroup", "ipc", "mnt", "net", "pid", "pid_for_children",
                                      "time", "time_for_children", "user", "uts"};
  char label[64], name[64];
  for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
    snprintf(label, sizeof label, "ns-%s", names[index]);
    snprintf(name, sizeof name, "/proc/self/ns/%s", names[index]);
    say(label, "ns", open(name, O_RDONLY));
  }
  say("ns-path", "ns", open("/proc/self/ns/net", O_PATH));
  // The link itself, which is a file of /proc.
  say("ns-link", "lnk", open("/proc/self/ns/net", O_PATH | O_NOFOLLOW));
  say("ns-net-other", "ns", fromChild(CLONE_NEWNET, openNet));
  say("ns-user-other", "ns", fromChild(CLONE_NEWUSER, openUser));
}

// Creates the file system that the context describes, and mounts it nowhere. Returns its root directory.
static int mountContext(int context) {
  int mount = -1;
  if (syscall(SYS_fsconfig, context, createNew, NULL, NULL, 0) == 0)
    mount = (int)syscall(SYS_fsmount, context, 0, 0);
  int error = errno;
  close(context);
  errno = error;
  return mount;
}

static const char *kind;
static int openSystem(void) { return (int)syscall(SYS_fsopen, kind, 0); }
static int mountSystem(void) {
  int context = openSystem();
  return context < 0 ? -1 : mountContext(context);
}

// Makes an overlay of two directories in the scratch directory.
static int mountOver(void) {
  static const char *const names[] = {"lower", "upper", "work"};
  static const char *const keys[] = {"lowerdir", "upperdir", "workdir"};
  int context = (int)syscall(SYS_fsopen, "overlay", 0);
  if (context < 0) return -1;
  for (int index = 0; index < 3; index++) {
    mkdirat(scratch, names[index], 0700);
    syscall(SYS_fsconfig, context, setString, keys[index], path(names[index]), 0);
  }
  return mountContext(context);
}

// Opens an existing tree as a separate mount. It uses the path: in a child, `scratch` belongs to a mount of
// another namespace.
static const char *tree;
static int openTree(void) { return (int)syscall(SYS_open_tree, AT_FDCWD, path(tree), cloneTree); }
static int pickRoot(void) { return (int)syscall(SYS_fspick, AT_FDCWD, "/", 0); }

// Reduces the mount namespace to the scratch directory, and to its folder a second time. Any other mount in
// it would keep a file system busy that another process wants to unmount.
static int enterScratch(void) {
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return -1;
  if (mount(directory, directory, NULL, MS_BIND, NULL) != 0 || chdir(directory) != 0) return -1;
  if (syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0) return -1;
  mkdir("/second", 0700);
  return mount("/folder", "/second", NULL, MS_BIND, NULL);
}

// The mount namespace. A process opens /proc/self/ns before it enters, because there is no /proc inside.
static int names = -1;
static int openScratch(void) {
  int made = open("/proc/self/ns", O_RDONLY | O_DIRECTORY);
  return enterScratch() != 0 ? -1 : openat(made, "mnt", O_RDONLY);
}
static int openThere(void) {
  return setns(names, CLONE_NEWNS) != 0 ? -1 : open("/second/there", O_RDWR | O_CREAT, 0600);
}
// Opens a file in a namespace that then disappears with its mounts.
static int openLost(void) { return enterScratch() != 0 ? -1 : open("/second/lost", O_RDWR | O_CREAT, 0600); }

static void makeElsewhere(void) {
  names = say("ns-mnt-other", "ns", fromChild(CLONE_NEWNS, openScratch));
  say("file-other-mount", "reg", fromChild(0, openThere));
  say("file-lost-mount", "reg", fromChild(CLONE_NEWNS, openLost));
}

static void makeSystems(void) {
  // Makes a file only if the file disappears with the mount.
  static const struct {
    const char *kind, *file;
    int flags;
  } systems[] = {
      {"tmpfs", "file", O_RDWR | O_CREAT}, {"ramfs", "file", O_RDWR | O_CREAT},
      {"hugetlbfs", "file", O_RDWR | O_CREAT}, {"proc", "version", O_RDONLY},
      {"sysfs", "kernel/uevent_seqnum", O_RDONLY}, {"cgroup2", "cgroup.procs", O_RDONLY},
      {"tracefs", "README", O_RDONLY}, {"securityfs", "lsm", O_RDONLY}, {"debugfs", NULL, 0},
      {"bpf", NULL, 0}, {"mqueue", NULL, 0}, {"devpts", NULL, 0},
  };
  char label[64];
  for (size_t index = 0; index < sizeof systems / sizeof *systems; index++) {
    kind = systems[index].kind;
    snprintf(label, sizeof label, "mount-%s", kind);
    int root = say(label, "dir", fromChildIfDenied(CLONE_NEWNS, mountSystem));
    snprintf(label, sizeof label, "file-%s", kind);
    if (root < 0 || !systems[index].file) continue;
    say(label, "reg", openat(root, systems[index].file, systems[index].flags, 0600));
  }
  int over = say("mount-overlay", "dir", fromChildIfDenied(CLONE_NEWNS, mountOver));
  // The kernel makes this directory with mode 0. A test that removes the scratch directory has to read it.
  fchmodat(scratch, "work/work", 0700, 0);
  if (over >= 0) say("file-overlay", "reg", openat(over, "file", O_RDWR | O_CREAT, 0600));
}

void makeMounts(void) {
  kind = "tmpfs";
  say("fsopen", "fscontext", fromChildIfDenied(CLONE_NEWNS, openSystem));
  say("fspick", "fscontext", fromChildIfDenied(CLONE_NEWNS, pickRoot));
  tree = "folder";
  say("open-tree", "dir", fromChildIfDenied(CLONE_NEWNS, openTree));
  tree = "regular";
  say("open-tree-file", "reg", fromChildIfDenied(CLONE_NEWNS, openTree));
  makeSystems();
  makeElsewhere();
}
