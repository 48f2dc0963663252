// Unix sockets of every type, name and state.
#include "kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const struct {
  const char *name;
  int kind;
} kinds[] = {{"stream", SOCK_STREAM}, {"dgram", SOCK_DGRAM}, {"seqpacket", SOCK_SEQPACKET}};

static void makePair(const char *name, int kind) {
  char label[64];
  int ends[2];
  if (socketpair(AF_UNIX, kind, 0, ends) != 0) ends[0] = ends[1] = -1;
  snprintf(label, sizeof label, "unix-pair-%s", name);
  say(label, "unix", ends[0]);
  snprintf(label, sizeof label, "unix-pair-%s-peer", name);
  say(label, "unix", ends[1]);
}

// Makes a name in the directory, or an abstract name. Returns 0 if the path is too long for a socket's name.
static socklen_t nameOf(struct sockaddr_un *un, const char *name, int isAbstract) {
  int length;
  *un = (struct sockaddr_un){.sun_family = AF_UNIX};
  char *text = un->sun_path + isAbstract;
  size_t room = sizeof un->sun_path - (size_t)isAbstract;
  if (isAbstract) length = snprintf(text, room, "rangeclose-kinds-%d-%s", getpid(), name);
  else length = snprintf(text, room, "%s", path(name));
  if (length >= (int)room) return 0;
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)length + 1);
}

// Makes a socket with a name, a client that is connected to it, the accepted end of that, and a client in the
// queue.
static void makeNamed(const char *name, int kind, int isAbstract) {
  char label[64];
  struct sockaddr_un un;
  snprintf(label, sizeof label, "unix-%s%s", isAbstract ? "abstract-" : "", name);
  socklen_t length = nameOf(&un, label, isAbstract);
  int named = socket(AF_UNIX, kind, 0);
  if (length == 0) errno = ENAMETOOLONG;
  if (length == 0 || bind(named, (void *)&un, length) != 0 || (kind != SOCK_DGRAM && listen(named, 4) != 0)) {
    say(label, "unix", -1);
    close(named);
    return;
  }
  say(label, "unix", named);
  size_t end = strlen(label);
  strcpy(label + end, "-connected");
  int caller = socket(AF_UNIX, kind, 0);
  say(label, "unix", connect(caller, (void *)&un, length) != 0 ? -1 : caller);
  strcpy(label + end, "-accepted");
  if (kind != SOCK_DGRAM) say(label, "unix", accept(named, NULL, NULL));
  strcpy(label + end, "-queued");
  int queued = socket(AF_UNIX, kind, 0);
  if (kind != SOCK_DGRAM) say(label, "unix", connect(queued, (void *)&un, length) != 0 ? -1 : queued);
  else close(queued);
}

// A socket whose name was unlinked, as a restarted server does.
static void makeGone(void) {
  struct sockaddr_un un;
  socklen_t length = nameOf(&un, "unix-gone", 0);
  int made = socket(AF_UNIX, SOCK_STREAM, 0);
  if (length == 0 || bind(made, (void *)&un, length) != 0 || listen(made, 4) != 0) perror("unix-gone");
  unlinkat(scratch, "unix-gone", 0);
  say("unix-gone", "unix", made);
}

// A socket with a name of five digits that the kernel chooses.
static void makeAutomatic(void) {
  int made = socket(AF_UNIX, SOCK_DGRAM, 0);
  bind(made, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t));
  say("unix-automatic", "unix", made);
}

// Makes an end whose other end is closed, and a pair with a descriptor on the way in it.
static void makeOdd(void) {
  int ends[2], bytes = 0, sent = scratch;
  struct iovec part = {&bytes, 1};
  union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(int))]; } control;
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return;
  close(ends[1]);
  say("unix-hung-up", "unix", ends[0]);
  // This descriptor refers to the socket, but no process can send anything through it.
  say("unix-path", "unix", reopen(ends[0], O_PATH));
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return;
  control.header = (struct cmsghdr){CMSG_LEN(sizeof sent), SOL_SOCKET, SCM_RIGHTS};
  memcpy(CMSG_DATA(&control.header), &sent, sizeof sent);
  if (sendmsg(ends[0], &message, 0) < 0) perror("unix-passing");
  say("unix-passing", "unix", ends[0]);
  say("unix-passing-peer", "unix", ends[1]);
}

static int openOther(void) { return socket(AF_UNIX, SOCK_STREAM, 0); }

void makeUnix(void) {
  say("unix-stream-unbound", "unix", socket(AF_UNIX, SOCK_STREAM, 0));
  for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++) {
    makePair(kinds[index].name, kinds[index].kind);
    makeNamed(kinds[index].name, kinds[index].kind, 0);
    makeNamed(kinds[index].name, kinds[index].kind, 1);
  }
  makeGone();
  makeAutomatic();
  makeOdd();
  say("unix-other-net", "unix", fromChild(CLONE_NEWNET, openOther));
}
