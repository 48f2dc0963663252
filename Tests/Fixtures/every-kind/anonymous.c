// Descriptors without a name, which the kernel makes for events, timers, signals, processes and the like.
#include "kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif

static void makeEvents(void) {
  int event = say("eventfd", "eventfd", eventfd(7, 0));
  say("eventfd-path", "eventfd", event < 0 ? -1 : reopen(event, O_PATH));
  say("eventfd-semaphore", "eventfd", eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK));
  say("epoll-empty", "epoll", epoll_create1(0));
  int epoll = say("eventpoll", "epoll", epoll_create1(EPOLL_CLOEXEC));
  epoll_ctl(epoll, EPOLL_CTL_ADD, event, &(struct epoll_event){.events = EPOLLIN, .data.fd = event});
}

static void makeTimers(void) {
  static const struct {
    const char *label;
    clockid_t clock;
  } clocks[] = {
      {"timerfd", CLOCK_MONOTONIC},         {"timerfd-realtime", CLOCK_REALTIME},
      {"timerfd-boottime", CLOCK_BOOTTIME}, {"timerfd-alarm", CLOCK_BOOTTIME_ALARM},
  };
  struct itimerspec later = {.it_interval = {60, 0}, .it_value = {3600, 0}};
  for (size_t index = 0; index < sizeof clocks / sizeof *clocks; index++) {
    int timer = say(clocks[index].label, "timerfd", timerfd_create(clocks[index].clock, 0));
    if (index == 0) timerfd_settime(timer, 0, &later, NULL);
  }
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGRTMAX);
  say("signalfd", "signalfd", signalfd(-1, &set, 0));
}

static void makeWatches(void) {
  say("inotify-empty", "inotify", inotify_init1(0));
  int watch = say("inotify", "inotify", inotify_init1(IN_NONBLOCK));
  inotify_add_watch(watch, directory, IN_CREATE);
  int notices = say("fanotify", "fanotify", fanotify_init(FAN_CLASS_NOTIF, O_RDONLY));
  if (notices >= 0) fanotify_mark(notices, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, directory);
  // A process without rights may make this kind.
  say("fanotify-fid", "fanotify", fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY));
}

static void *waitForEver(void *number) {
  *(volatile pid_t *)number = gettid();
  for (;;) pause();
  return number;
}

static void makeProcesses(void) {
  static volatile pid_t thread;
  pthread_t handle;
  say("pidfd", "pidfd", syscall(SYS_pidfd_open, getpid(), 0));
  if (pthread_create(&handle, NULL, waitForEver, (void *)&thread) == 0)
    while (thread == 0) usleep(100);
  // PIDFD_THREAD
  say("pidfd-thread", "pidfd", syscall(SYS_pidfd_open, thread, O_EXCL));
  pid_t child = fork();
  if (child == 0) _exit(0);
  say("pidfd-ended", "pidfd", syscall(SYS_pidfd_open, child, 0));
  waitpid(child, NULL, 0);
}

static void makeRings(void) {
  struct io_uring_params plain = {0}, polling = {.flags = IORING_SETUP_IOPOLL};
  say("io-uring", "io_uring", syscall(SYS_io_uring_setup, 4, &plain));
  say("io-uring-iopoll", "io_uring", syscall(SYS_io_uring_setup, 4, &polling));
}

static void makeFaults(void) {
  int faults = say("userfaultfd", "userfaultfd", syscall(SYS_userfaultfd, O_CLOEXEC));
  struct uffdio_api wanted = {.api = UFFD_API};
  if (faults >= 0) ioctl(faults, UFFDIO_API, &wanted);
  // UFFD_USER_MODE_ONLY
  say("userfaultfd-user", "userfaultfd", syscall(SYS_userfaultfd, 1));
  int device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
  // USERFAULTFD_IOC_NEW
  say("userfaultfd-device", "userfaultfd", device < 0 ? -1 : ioctl(device, _IO(0xaa, 0), O_CLOEXEC));
  if (device >= 0) close(device);
}

static void makeCounters(void) {
  static const struct {
    const char *label;
    uint32_t type, config;
  } counters[] = {
      {"perf-software", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK},
      {"perf-hardware", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
      {"perf-breakpoint", PERF_TYPE_BREAKPOINT, 0},
  };
  static int watched;
  for (size_t index = 0; index < sizeof counters / sizeof *counters; index++) {
    struct perf_event_attr wanted = {.type = counters[index].type, .size = sizeof wanted,
                                     .config = counters[index].config, .disabled = 1, .exclude_kernel = 1};
    if (wanted.type == PERF_TYPE_BREAKPOINT) {
      wanted.bp_type = 2;  // HW_BREAKPOINT_W
      wanted.bp_addr = (uintptr_t)&watched;
      wanted.bp_len = sizeof watched;
    }
    say(counters[index].label, "perf", syscall(SYS_perf_event_open, &wanted, 0, -1, -1, 0L));
  }
}

// Opens the listener of a seccomp filter. The filter is in force for the child only, and the child exits when
// it has passed the listener.
static int openNotifier(void) {
  struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog program = {1, code};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

void makeAnonymous(void) {
  uint64_t handled = 1;  // LANDLOCK_ACCESS_FS_EXECUTE, the only member of the first version's attributes
  makeEvents();
  makeTimers();
  makeWatches();
  makeProcesses();
  makeRings();
  makeFaults();
  makeCounters();
  say("landlock", "landlock", syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0));
  say("seccomp", "seccomp", fromChild(0, openNotifier));
}
