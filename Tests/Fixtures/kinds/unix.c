// Unix sockets, by kind, by name and by state.
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

// A name in the directory, or an abstract one; none where the path is too long for a socket's name.
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

// The socket with the name, one that is connected to it, and the one that this is connected to.
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

// One whose name was unlinked, as by a server that was started anew.
static void makeGone(void) {
  struct sockaddr_un un;
  socklen_t length = nameOf(&un, "unix-gone", 0);
  int made = socket(AF_UNIX, SOCK_STREAM, 0);
  if (length == 0 || bind(made, (void *)&un, length) != 0 || listen(made, 4) != 0) perror("unix-gone");
  unlinkat(scratch, "unix-gone", 0);
  say("unix-gone", "unix", made);
}

// One that the kernel names, in five digits.
static void makeAutomatic(void) {
  int made = socket(AF_UNIX, SOCK_DGRAM, 0);
  bind(made, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t));
  say("unix-automatic", "unix", made);
}

// A pair whose other end is closed, and one that has a descriptor under way in it.
static void makeOdd(void) {
  int ends[2], bytes = 0, sent = scratch;
  struct iovec part = {&bytes, 1};
  union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(int))]; } control;
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return;
  close(ends[1]);
  say("unix-hung-up", "unix", ends[0]);
  // It names the socket, but is none: nothing can be sent to it.
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
