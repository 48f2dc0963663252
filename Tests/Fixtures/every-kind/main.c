// A target that opens a descriptor of every kind that Linux has and lets it open. It reports which is which.
//
//     every-kind DIRECTORY     DIRECTORY is the place for its files
//
// For each kind it prints
//
//     LABEL TYPE DESCRIPTOR    "eventpoll epoll 7"
//     LABEL TYPE - ERROR       "kvm-vm kvm - ENOENT", if the kernel or a missing right refuses it
//
// and then "ready". TYPE is the word of the selector language. Every descriptor above 2 is one of these. It
// answers the line "open DESCRIPTOR" with "open" or "closed". It ends with its input.
//
// Only the files in DIRECTORY outlive it. A child process makes what other processes would notice, in
// namespaces of its own, and passes the descriptor to this process. This process stays in its namespaces.
// A socket of a family whose module is not loaded makes the kernel search for that module.
#include "kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const char *directory;
int scratch;

int say(const char *label, const char *type, long descriptor) {
  int error = errno;
  const char *name = strerrorname_np(error);
  if (descriptor >= 0) printf("%s %s %ld\n", label, type, descriptor);
  else if (name) printf("%s %s - %s\n", label, type, name);
  else printf("%s %s - %d\n", label, type, error);
  return (int)descriptor;
}

int at(const char *name, int flags) { return openat(scratch, name, flags, 0600); }

const char *path(const char *name) {
  static char text[4096];
  snprintf(text, sizeof text, "%s/%s", directory, name);
  return text;
}

int reopen(int descriptor, int flags) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  return open(link, flags);
}

static void put(const char *file, const char *text) {
  int descriptor = open(file, O_WRONLY);
  if (descriptor < 0) return;
  if (write(descriptor, text, strlen(text)) < 0) errno = 0;
  close(descriptor);
}

// Enters new namespaces. If the process lacks the right to make them, it makes a user namespace first. As
// root of that one it has the right.
static int leave(int namespaces) {
  char map[64];
  uid_t user = geteuid();
  gid_t group = getegid();
  if (unshare(namespaces) == 0) return 0;
  if (errno != EPERM || unshare(CLONE_NEWUSER | namespaces) != 0) return -1;
  put("/proc/self/setgroups", "deny");
  snprintf(map, sizeof map, "0 %u 1", user);
  put("/proc/self/uid_map", map);
  snprintf(map, sizeof map, "0 %u 1", group);
  put("/proc/self/gid_map", map);
  return 0;
}

int enter(int user, int namespaces) {
  return setns(user, CLONE_NEWUSER) != 0 || unshare(namespaces) != 0 ? -1 : 0;
}

int fromChild(int namespaces, int (*make)(void)) {
  int pair[2], result = -1, status;
  struct iovec part = {&result, sizeof result};
  union { struct cmsghdr header; char bytes[CMSG_SPACE(sizeof(int))]; } control;
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0) return -1;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    int descriptor = namespaces == 0 || leave(namespaces) == 0 ? make() : -1;
    result = descriptor < 0 ? errno : 0;
    control.header = (struct cmsghdr){CMSG_LEN(sizeof descriptor), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
    if (descriptor >= 0) message.msg_control = &control, message.msg_controllen = sizeof control;
    _exit(sendmsg(pair[1], &message, 0) < 0);
  }
  close(pair[1]);
  message.msg_control = &control;
  message.msg_controllen = sizeof control;
  ssize_t length = child < 0 ? -1 : recvmsg(pair[0], &message, 0);
  close(pair[0]);
  if (child > 0) waitpid(child, &status, 0);
  if (length != sizeof result || result != 0 || message.msg_controllen == 0) {
    errno = length == sizeof result ? result : EPIPE;
    return -1;
  }
  memcpy(&result, CMSG_DATA(&control.header), sizeof result);
  return result;
}

int fromChildIfDenied(int namespaces, int (*make)(void)) {
  int made = make();
  return made < 0 && errno == EPERM ? fromChild(namespaces, make) : made;
}

static void makeAll(void) {
  static void (*const all[])(void) = {
      makeFiles,      makeMemory, makeDevices,  makeMachines, makeDescriptions, makeAnonymous,
      makeNamespaces, makeMounts, makePrograms, makeFamilies, makeInternet,     makeStates,
      makeUnix,
  };
  scratch = say("directory", "dir", open(directory, O_RDONLY | O_DIRECTORY));
  for (size_t index = 0; index < sizeof all / sizeof *all; index++) all[index]();
}

int main(int argc, char *argv[]) {
  char line[64];
  int number;
  if (argc != 2) return 2;
  directory = argv[1];
  // Leases, dnotify and O_ASYNC send SIGIO, which would end the process.
  signal(SIGIO, SIG_IGN);
  umask(077);
  setvbuf(stdout, NULL, _IOLBF, 0);
  makeAll();
  printf("ready\n");
  while (fgets(line, sizeof line, stdin))
    if (sscanf(line, "open %d", &number) == 1)
      printf("%s\n", fcntl(number, F_GETFD) >= 0 ? "open" : "closed");
  return 0;
}
