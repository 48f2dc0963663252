// A target that opens what each order asks for, at the numbers that the order names, and reports what it has.
//
// It reads one order a line from standard input, and prints one answer a line on standard output. It exits at
// the end of its input, so it does not outlive a test that was killed.
#include "holder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char *self;

void answer(long result) {
  if (result < 0) printf("%s\n", strerrorname_np(errno));
  else printf("ok\n");
}

long at(long descriptor, int number) {
  if (descriptor < 0 || descriptor == number) return descriptor;
  if (dup2((int)descriptor, number) < 0) return -1;
  return close((int)descriptor);
}

// Prints the open numbers that have all of `flags`, such as "0-2 5 7-9". It asks fcntl(2) about each number.
static void list(int flags) {
  long limit = sysconf(_SC_OPEN_MAX), first = -1;
  const char *separator = "";
  for (int number = 0; number <= limit; number++) {
    int found = number < limit ? fcntl(number, F_GETFD) : -1;
    int isListed = found >= 0 && (found & flags) == flags;
    if (isListed && first < 0) first = number;
    if (isListed || first < 0) continue;
    if (first == number - 1) printf("%s%ld", separator, first);
    else printf("%s%ld-%d", separator, first, number - 1);
    separator = " ";
    first = -1;
  }
  printf("\n");
}

static long udp(const char *address, int port, int number) {
  struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  inet_pton(AF_INET, address, &peer.sin_addr);
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  if (s < 0 || connect(s, (void *)&peer, sizeof peer) < 0) return -1;
  return at(s, number);
}

// Opens a TCP connection. An IPv6 socket reaches an IPv4 peer by its v4-mapped address.
static long tcp(const char *address, int port, int number) {
  struct sockaddr_in6 peer = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
  struct sockaddr_in peer4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  int s, is6 = inet_pton(AF_INET6, address, &peer.sin6_addr);
  if (is6) s = socket(AF_INET6, SOCK_STREAM, 0);
  else s = inet_pton(AF_INET, address, &peer4.sin_addr) == 1 ? socket(AF_INET, SOCK_STREAM, 0) : -1;
  if (s < 0) return -1;
  if (connect(s, is6 ? (void *)&peer : (void *)&peer4, is6 ? sizeof peer : sizeof peer4) < 0) return -1;
  return at(s, number);
}

// Listens on a port that the kernel chooses, and returns the port.
static long listenOn(int number) {
  struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any};
  socklen_t length = sizeof any;
  int s = socket(AF_INET6, SOCK_STREAM, 0);
  if (s < 0 || bind(s, (void *)&any, sizeof any) < 0 || listen(s, 64) < 0) return -1;
  getsockname(s, (void *)&any, &length);
  if (at(s, number) < 0) return -1;
  return ntohs(any.sin6_port);
}

static socklen_t unixName(struct sockaddr_un *un, const char *name) {
  un->sun_family = AF_UNIX;
  strncpy(un->sun_path, name, sizeof un->sun_path - 1);
  size_t length = strlen(un->sun_path);
  if (name[0] == '@') un->sun_path[0] = 0;
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (name[0] == '@' ? 0 : 1));
}

static long unixListen(const char *name, int number) {
  struct sockaddr_un un = {0};
  socklen_t length = unixName(&un, name);
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  if (s < 0 || bind(s, (void *)&un, length) < 0 || listen(s, 8) < 0) return -1;
  return at(s, number);
}

static long unixConnect(const char *name, int number) {
  struct sockaddr_un un = {0};
  socklen_t length = unixName(&un, name);
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  if (s < 0 || connect(s, (void *)&un, length) < 0) return -1;
  return at(s, number);
}

static long maps(const char *path) {
  int file = open(path, O_RDWR);
  void *memory = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  return memory == MAP_FAILED ? -1 : 0;
}

static volatile sig_atomic_t trapped;
static volatile char dispatch;

static void countTrap(int number) {
  (void)number;
  dispatch = 0;
  trapped++;
}

// Prints how many SIGSYS have arrived, and whether their handler is still installed.
static void traps(void) {
  struct sigaction now;
  sigaction(SIGSYS, NULL, &now);
  printf("%d %s\n", (int)trapped, now.sa_handler == countTrap ? "handled" : "not handled");
}

// Makes the kernel send calls to the SIGSYS handler, which switches that off again. The thread makes no call
// for two seconds: this gives rangeclose the time to attach while calls are still dispatched. Kernels before
// Linux 5.11 answer EINVAL.
static void dispatchToSelf(void) {
  struct timespec begun, now;
  signal(SIGSYS, countTrap);
  long result = prctl(59 /* PR_SET_SYSCALL_USER_DISPATCH */, 1L, 0L, 0L, &dispatch);
  answer(result);
  if (result < 0) return;
  clock_gettime(CLOCK_MONOTONIC, &begun);
  dispatch = 1;
  do clock_gettime(CLOCK_MONOTONIC, &now);
  while (now.tv_sec - begun.tv_sec < 2);
  dispatch = 0;
}

// Whether the kernel lets a tracer read, and so suspend, the dispatch of a tracee.
static long dispatchIsReadable(void) {
  uint64_t setting[4];
  pid_t child = fork();
  if (child == 0) for (;;) pause();
  if (child < 0) return -1;
  ptrace(PTRACE_ATTACH, child, NULL, NULL);
  waitpid(child, NULL, __WALL);
  long result = ptrace(0x4211 /* PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG */, child, sizeof setting, setting);
  int error = errno;
  kill(child, SIGKILL);
  waitpid(child, NULL, __WALL);
  errno = error;
  return result;
}

// Blocks SIGSYS, as the thread of its handler does.
static long blockTraps(void) {
  sigset_t traps;
  sigemptyset(&traps);
  sigaddset(&traps, SIGSYS);
  return sigprocmask(SIG_BLOCK, &traps, NULL);
}

// Installs a seccomp filter that answers close_range(2) in this way and lets every other call through.
// `kill-close` kills the process for close(2), too, and `eperm-close` refuses both.
static long filter(const char *kind) {
  unsigned action = SECCOMP_RET_KILL_PROCESS;
  bool isOfClose = !strcmp(kind, "kill-close") || !strcmp(kind, "eperm-close");
  unsigned other = isOfClose ? SYS_close : SYS_close_range;
  if (!strcmp(kind, "enosys")) action = SECCOMP_RET_ERRNO | ENOSYS;
  if (!strncmp(kind, "eperm", 5)) action = SECCOMP_RET_ERRNO | EPERM;
  if (!strcmp(kind, "trap")) {
    action = SECCOMP_RET_TRAP;
    signal(SIGSYS, countTrap);
  }
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, other, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void *sleepForever(void *unused) {
  (void)unused;
  for (;;) pause();
}

static long threads(int count) {
  for (int i = 0; i < count; i++) {
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 * 1024);
    if ((errno = pthread_create(&thread, &attributes, sleepForever, NULL)) != 0) return -1;
  }
  return 0;
}

// Sleeps uninterruptibly until its child has exited; see vfork(2).
static void *vforkAndSleep(void *milliseconds) {
  useconds_t time = (useconds_t)(long)milliseconds * 1000;
  if (vfork() == 0) {
    usleep(time);
    _exit(0);
  }
  return NULL;
}

static long hang(int milliseconds) {
  pthread_t thread;
  errno = pthread_create(&thread, NULL, vforkAndSleep, (void *)(long)milliseconds);
  usleep(50000);
  return errno ? -1 : 0;
}

static void commands(void);

static void *commandsInThread(void *unused) {
  (void)unused;
  commands();
  exit(0);
}

// Exits the leader and leaves the orders to another thread. From then on /proc/PID/fd is empty.
static void endLeader(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, commandsInThread, NULL);
  pthread_exit(NULL);
}

static void *commandsWithOwnTable(void *unused) {
  unshare(CLONE_FILES);
  return commandsInThread(unused);
}

// Leaves the orders to a thread that unshares its descriptor table.
static void separateThread(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, commandsWithOwnTable, NULL);
  for (;;) pause();
}

static long leaveZombie(void) {
  pid_t child = fork();
  if (child == 0) _exit(0);
  if (child < 0) return -1;
  siginfo_t info;
  waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
  return child;
}

static void obey(char *line) {
  char word[32] = "", a[4096] = "";
  int n = -1, m = -1, p = -1;
  sscanf(line, "%31s", word);
  if (!strcmp(word, "open") && sscanf(line, "%*s %d %4095[^\n]", &n, a) == 2)
    answer(at(open(a, O_RDWR | O_CREAT, 0644), n));
  else if (!strcmp(word, "read") && sscanf(line, "%*s %d %4095[^\n]", &n, a) == 2)
    answer(at(open(a, O_RDONLY), n));
  else if (!strcmp(word, "append") && sscanf(line, "%*s %d %4095[^\n]", &n, a) == 2)
    answer(at(open(a, O_WRONLY | O_APPEND), n));
  else if (!strcmp(word, "fill") && sscanf(line, "%*s %d %d", &n, &m) == 2)
    answer(posix_fallocate(n, 0, m) == 0 ? 0 : -1);
  else if (!strcmp(word, "write") && sscanf(line, "%*s %d", &n) == 1) answer(write(n, "data", 4));
  else if (!strcmp(word, "dup") && sscanf(line, "%*s %d %d", &n, &m) == 2) answer(dup2(n, m));
  else if (!strcmp(word, "tmpfile") && sscanf(line, "%*s %d %4095[^\n]", &n, a) == 2)
    answer(at(open(a, O_TMPFILE | O_RDWR, 0600), n));
  else if (!strcmp(word, "memfd") && sscanf(line, "%*s %d", &n) == 1)
    answer(at(memfd_create("held", 0), n));
  else if (!strcmp(word, "eventfd") && sscanf(line, "%*s %d", &n) == 1) answer(at(eventfd(0, 0), n));
  else if (!strcmp(word, "epoll") && sscanf(line, "%*s %d", &n) == 1) answer(at(epoll_create1(0), n));
  else if (!strcmp(word, "watch") && sscanf(line, "%*s %d %d", &n, &m) == 2) {
    struct epoll_event event = {.events = EPOLLIN};
    answer(epoll_ctl(n, EPOLL_CTL_ADD, m, &event));
  } else if (!strcmp(word, "pair") && sscanf(line, "%*s %d %d", &n, &m) == 2) {
    int pair[2];
    answer(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || at(pair[0], n) < 0 ? -1 : at(pair[1], m));
  } else if (!strcmp(word, "leak") && sscanf(line, "%*s %d %d", &n, &m) == 2) {
    long result = 0;
    for (int number = n; number <= m && result >= 0; number++)
      result = at(open("/dev/null", O_RDONLY), number);
    answer(result);
  } else if (!strcmp(word, "listen") && sscanf(line, "%*s %d", &n) == 1) printf("%ld\n", listenOn(n));
  else if (!strcmp(word, "accept") && sscanf(line, "%*s %d %d", &n, &m) == 2)
    answer(at(accept(n, NULL, NULL), m));
  else if (!strcmp(word, "tcp") && sscanf(line, "%*s %d %d %4095s", &n, &p, a) == 3) answer(tcp(a, p, n));
  else if (!strcmp(word, "udp") && sscanf(line, "%*s %d %d %4095s", &n, &p, a) == 3) answer(udp(a, p, n));
  else if (!strcmp(word, "unix-listen") && sscanf(line, "%*s %d %4095[^\n]", &n, a) == 2)
    answer(unixListen(a, n));
  else if (!strcmp(word, "unix-connect") && sscanf(line, "%*s %d %4095[^\n]", &n, a) == 2)
    answer(unixConnect(a, n));
  else if (!strcmp(word, "namespace")) {
    // A new network namespace starts with its loopback interface down.
    answer(unshare(CLONE_NEWNET) < 0 ? -1 : system("ip link set lo up"));
  } else if (!strcmp(word, "map") && sscanf(line, "%*s %4095[^\n]", a) == 1) answer(maps(a));
  else if (!strcmp(word, "unlink") && sscanf(line, "%*s %4095[^\n]", a) == 1) answer(unlink(a));
  else if (!strcmp(word, "close") && sscanf(line, "%*s %d", &n) == 1) answer(close(n));
  else if (!strcmp(word, "close-range") && sscanf(line, "%*s %d %d", &n, &m) == 2)
    answer(syscall(SYS_close_range, n, m, 0));
  else if (!strcmp(word, "filter") && sscanf(line, "%*s %4095s", a) == 1) answer(filter(a));
  else if (!strcmp(word, "strict")) {
    // Strict mode allows read, write, _exit and sigreturn only. So it answers first, and then waits without
    // the C library.
    printf("ok\n");
    char byte;
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    while (read(0, &byte, 1) > 0) write(1, "alive\n", 6);
    syscall(SYS_exit, 0);
  } else if (!strcmp(word, "traps")) traps();
  else if (!strcmp(word, "dispatch")) dispatchToSelf();
  else if (!strcmp(word, "readable-dispatch")) answer(dispatchIsReadable());
  else if (!strcmp(word, "block-traps")) answer(blockTraps());
  else if (!strcmp(word, "drop")) answer(setresuid(getuid(), getuid(), getuid()));
  else if (!strcmp(word, "chroot") && sscanf(line, "%*s %4095s", a) == 1)
    answer(chroot(a) < 0 ? -1 : chdir("/"));
  else if (!strcmp(word, "undumpable")) answer(prctl(PR_SET_DUMPABLE, 0));
  else if (!strcmp(word, "threads") && sscanf(line, "%*s %d", &n) == 1) answer(threads(n));
  else if (!strcmp(word, "hang") && sscanf(line, "%*s %d", &n) == 1) answer(hang(n));
  else if (!strcmp(word, "end-leader")) {
    answer(0);
    endLeader();
  } else if (!strcmp(word, "own-table")) {
    answer(0);
    separateThread();
  } else if (!strcmp(word, "zombie")) printf("%ld\n", leaveZombie());
  else if (!strcmp(word, "exec")) {
    answer(0);
    execl("/proc/self/exe", self, NULL);
  } else if (!strcmp(word, "list")) list(0);
  else if (!strcmp(word, "cloexec")) list(FD_CLOEXEC);
  else if (!strcmp(word, "tid")) printf("%d\n", gettid());
  else if (!obeyOpening(word, line)) printf("what? %s\n", word);
}

static void commands(void) {
  char line[8192];
  while (fgets(line, sizeof line, stdin)) obey(line);
}

int main(int argc, char **argv) {
  (void)argc;
  self = argv[0];
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("ready\n");
  commands();
  return 0;
}
