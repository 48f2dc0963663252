// Virtual machines, and other descriptors that devices make: for IOMMUs, fences and GPIO lines.
#include "kinds.h"

#include <fcntl.h>
#include <linux/gpio.h>
#include <linux/ioctl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <unistd.h>

// The headers of some systems do not have these yet.
struct guestMemory { uint64_t size, flags, reserved[6]; };
#define CREATE_GUEST_MEMFD _IOWR(KVMIO, 0xd4, struct guestMemory)
#define GET_STATS_FD _IO(KVMIO, 0xce)

static void makeVirtualMachine(void) {
  struct kvm_create_device device = {.type = KVM_DEV_TYPE_VFIO};
  struct guestMemory memory = {.size = 1 << 21};
  int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  // If there is no machine, the descriptors that it would make fail with the same error.
  int machine = kvm < 0 ? -1 : ioctl(kvm, KVM_CREATE_VM, 0);
  say("kvm-vm", "kvm", machine);
  int processor = machine < 0 ? -1 : ioctl(machine, KVM_CREATE_VCPU, 0);
  say("kvm-vcpu", "kvm", processor);
  say("kvm-vm-stats", "kvm", machine < 0 ? -1 : ioctl(machine, GET_STATS_FD));
  say("kvm-vcpu-stats", "kvm", processor < 0 ? -1 : ioctl(processor, GET_STATS_FD));
  int isMade = machine >= 0 && ioctl(machine, KVM_CREATE_DEVICE, &device) == 0;
  say("kvm-device", "kvm", isMade ? (int)device.fd : -1);
  say("kvm-memory", "kvm", machine < 0 ? -1 : ioctl(machine, CREATE_GUEST_MEMFD, &memory));
  if (kvm >= 0) close(kvm);
}

// A fence of sw_sync in debugfs. Not every kernel is built with it.
struct fence { uint32_t value; char name[32]; int32_t fence; };
#define CREATE_FENCE _IOWR('W', 0, struct fence)

static void makeFence(void) {
  struct fence wanted = {.value = 1, .name = "kinds"};
  int timeline = open("/sys/kernel/debug/sync/sw_sync", O_RDWR);
  say("sync-timeline", "reg", timeline);
  int isMade = timeline >= 0 && ioctl(timeline, CREATE_FENCE, &wanted) == 0;
  say("sync-file", "sync_file", isMade ? wanted.fence : -1);
}

// Requests the first line of the first GPIO chip if it is free, and leaves its state as it is.
static void makeLine(void) {
  struct gpio_v2_line_request wanted = {.num_lines = 1, .consumer = "kinds"};
  int chip = open("/dev/gpiochip0", O_RDWR | O_CLOEXEC);
  say("gpio-line", "gpio", chip < 0 || ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &wanted) < 0 ? -1 : wanted.fd);
  if (chip >= 0) close(chip);
}

// NTSYNC_IOC_CREATE_SEM
static void makeSemaphore(void) {
  struct { uint32_t count, most; } wanted = {0, 1};
  int device = open("/dev/ntsync", O_RDWR | O_CLOEXEC);
  say("ntsync-semaphore", "ntsync", device < 0 ? -1 : ioctl(device, _IOW('N', 0x80, uint64_t), &wanted));
  if (device >= 0) close(device);
}

void makeMachines(void) {
  makeVirtualMachine();
  makeFence();
  makeLine();
  makeSemaphore();
}
