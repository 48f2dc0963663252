// Character devices, block devices and terminals.
#include "kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/loop.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// Devices that do nothing when a process opens them. The list leaves out watchdogs, which would start to run,
// cameras, which would wake up, and clocks and screens, which this process alone could use then.
static const struct {
  const char *label, *path;
} devices[] = {
    {"dev-zero", "/dev/zero"},
    {"dev-full", "/dev/full"},
    {"dev-random", "/dev/random"},
    {"dev-urandom", "/dev/urandom"},
    {"dev-kmsg", "/dev/kmsg"},
    {"dev-mem", "/dev/mem"},
    {"dev-port", "/dev/port"},
    {"dev-fuse", "/dev/fuse"},
    {"dev-autofs", "/dev/autofs"},
    {"dev-btrfs", "/dev/btrfs-control"},
    {"dev-device-mapper", "/dev/mapper/control"},
    {"dev-loop-control", "/dev/loop-control"},
    {"dev-tun", "/dev/net/tun"},
    {"dev-vhost-net", "/dev/vhost-net"},
    {"dev-vhost-vsock", "/dev/vhost-vsock"},
    {"dev-vsock", "/dev/vsock"},
    {"dev-ppp", "/dev/ppp"},
    {"dev-uinput", "/dev/uinput"},
    {"dev-uhid", "/dev/uhid"},
    {"dev-input", "/dev/input/event0"},
    {"dev-rfkill", "/dev/rfkill"},
    {"dev-ptp", "/dev/ptp0"},
    {"dev-pps", "/dev/pps0"},
    {"dev-cpuid", "/dev/cpu/0/cpuid"},
    {"dev-msr", "/dev/cpu/0/msr"},
    {"dev-hwrng", "/dev/hwrng"},
    {"dev-dri", "/dev/dri/renderD128"},
    {"dev-framebuffer", "/dev/fb0"},
    {"dev-sound", "/dev/snd/timer"},
    {"dev-i2c", "/dev/i2c-0"},
    {"dev-gpio", "/dev/gpiochip0"},
    {"dev-ntsync", "/dev/ntsync"},
    {"dev-binder", "/dev/binder"},
    {"dev-cuse", "/dev/cuse"},
    {"dev-tpm", "/dev/tpmrm0"},
    {"dev-sgx", "/dev/sgx_provision"},
    {"dev-vcs", "/dev/vcs"},
    {"dev-userfaultfd", "/dev/userfaultfd"},
    {"dev-udmabuf", "/dev/udmabuf"},
    {"dev-dma-heap", "/dev/dma_heap/system"},
    {"dev-kvm", "/dev/kvm"},
    {"dev-iommu", "/dev/iommu"},
    {"dev-vfio", "/dev/vfio/vfio"},
};

static void makeCharacter(void) {
  say("dev-null", "chr", open("/dev/null", O_RDWR));
  say("dev-null-path", "chr", open("/dev/null", O_PATH));
  mknodat(scratch, "null", S_IFCHR | 0600, makedev(1, 3));
  say("node-chr", "chr", at("null", O_RDWR));
  for (size_t index = 0; index < sizeof devices / sizeof *devices; index++) {
    int device = open(devices[index].path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
    if (device < 0 && errno != ENOENT) device = open(devices[index].path, O_RDWR | O_NOCTTY | O_NONBLOCK);
    say(devices[index].label, "chr", device);
  }
}

// Opens the terminal of a new session. The session ends with the child that leads it.
static int openTerminal(void) {
  int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || unlockpt(master) != 0 || setsid() < 0 || open(ptsname(master), O_RDWR) < 0) return -1;
  return open("/dev/tty", O_RDWR);
}

static void makeTerminals(void) {
  int master = say("ptmx", "chr", posix_openpt(O_RDWR | O_NOCTTY));
  if (master < 0) return;
  unlockpt(master);
  say("pts", "chr", open(ptsname(master), O_RDWR | O_NOCTTY));
  say("pts-peer", "chr", ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY));
  say("tty", "chr", fromChild(0, openTerminal));
  // A terminal whose master is closed. Its name is gone.
  int closed = posix_openpt(O_RDWR | O_NOCTTY);
  unlockpt(closed);
  say("pts-hung-up", "chr", open(ptsname(closed), O_RDWR | O_NOCTTY));
  close(closed);
}

// Makes an interface in a network namespace that no other process is in. It disappears with the namespace.
static int openTunnel(void) {
  struct ifreq wanted = {.ifr_name = "kinds0", .ifr_flags = IFF_TUN | IFF_NO_PI};
  int tunnel = open("/dev/net/tun", O_RDWR);
  return tunnel < 0 || ioctl(tunnel, TUNSETIFF, &wanted) < 0 ? -1 : tunnel;
}

// Opens a loop device over memory. The device frees the memory when its last descriptor is closed. It takes
// an existing device only, because a new one would stay.
static int openLoop(void) {
  struct loop_config wanted = {.info = {.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_READ_ONLY}};
  char name[32];
  int device = -1, error = ENOENT, memory = memfd_create("loop", 0);
  if (memory < 0 || ftruncate(memory, 1 << 20) != 0) return -1;
  wanted.fd = (__u32)memory;
  for (int number = 0; number < 8 && device < 0; number++) {
    snprintf(name, sizeof name, "/dev/loop%d", number);
    device = open(name, O_RDONLY);
    if (device >= 0 && ioctl(device, LOOP_CONFIGURE, &wanted) == 0) break;
    error = errno;
    if (device >= 0) close(device);
    device = -1;
  }
  close(memory);
  errno = error;
  return device;
}

static void makeBlock(void) {
  say("loop", "blk", openLoop());
  say("loop-path", "blk", open("/dev/loop0", O_PATH));
  // A name in the scratch directory for the last of the usual loop devices.
  mknodat(scratch, "block", S_IFBLK | 0600, makedev(7, 7));
  say("node-blk", "blk", at("block", O_RDONLY | O_NONBLOCK));
  say("node-blk-path", "blk", at("block", O_PATH));
}

void makeDevices(void) {
  makeCharacter();
  makeTerminals();
  makeBlock();
  say("tun", "chr", fromChild(CLONE_NEWNET, openTunnel));
}
