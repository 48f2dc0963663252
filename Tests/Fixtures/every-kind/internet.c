// Sockets of TCP, UDP and related protocols that have addresses, all of them loopback addresses.
#include "kinds.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { multipath = 262 };  // IPPROTO_MPTCP, which some C libraries do not have yet

static int failAndClose(int made) {
  int error = errno;
  if (made >= 0) close(made);
  errno = error;
  return -1;
}

int bindNew(int family, int kind, int protocol) {
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
  int is6 = family == AF_INET6, made = socket(family, kind, protocol);
  if (made < 0 || bind(made, is6 ? (void *)&any6 : (void *)&any, is6 ? sizeof any6 : sizeof any) != 0)
    return failAndClose(made);
  return made;
}

int listenNew(int family, int kind, int protocol) {
  int made = bindNew(family, kind, protocol);
  return made < 0 || listen(made, 0) != 0 ? failAndClose(made) : made;
}

int connectNew(int other, int kind, int protocol) {
  struct sockaddr_storage name;
  socklen_t length = sizeof name;
  if (getsockname(other, (void *)&name, &length) != 0) return -1;
  int made = socket(name.ss_family, kind, protocol);
  if (made < 0 || (connect(made, (void *)&name, length) != 0 && errno != EINPROGRESS))
    return failAndClose(made);
  return made;
}

void connectPair(int family, int protocol, int ends[2]) {
  int listener = listenNew(family, SOCK_STREAM, protocol);
  ends[0] = listener < 0 ? -1 : connectNew(listener, SOCK_STREAM, protocol);
  ends[1] = ends[0] < 0 ? -1 : accept(listener, NULL, NULL);
  if (ends[1] < 0) ends[0] = failAndClose(ends[0]);
  failAndClose(listener);
}

// Makes all three sockets of a connection.
static void makeConnection(const char *name, const char *type, int family, int protocol) {
  char label[64];
  int listener = listenNew(family, SOCK_STREAM, protocol);
  snprintf(label, sizeof label, "%s-listen", name);
  say(label, type, listener);
  int caller = listener < 0 ? -1 : connectNew(listener, SOCK_STREAM, protocol);
  snprintf(label, sizeof label, "%s-connected", name);
  say(label, type, caller);
  snprintf(label, sizeof label, "%s-accepted", name);
  say(label, type, caller < 0 ? -1 : accept(listener, NULL, NULL));
}

// A client that speaks only TCP gets a TCP connection from an MPTCP listener.
static void makeFallback(void) {
  int listener = listenNew(AF_INET, SOCK_STREAM, multipath);
  say("mptcp-fallback-listen", "mptcp", listener);
  int caller = listener < 0 ? -1 : connectNew(listener, SOCK_STREAM, 0);
  say("mptcp-fallback-connected", "tcp", caller);
  say("mptcp-fallback-accepted", "tcp", caller < 0 ? -1 : accept(listener, NULL, NULL));
}

// An IPv4 client connects to an IPv6 listener, which accepts both families.
static void makeMapped(void) {
  struct sockaddr_in6 name = {.sin6_family = AF_INET6};
  struct sockaddr_in name4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof name;
  int listener = say("tcp6-any-listen", "tcp", socket(AF_INET6, SOCK_STREAM, 0));
  if (listener < 0 || bind(listener, (void *)&name, sizeof name) != 0 || listen(listener, 1) != 0) return;
  getsockname(listener, (void *)&name, &length);
  name4.sin_port = name.sin6_port;
  int caller = say("tcp-to-mapped", "tcp", socket(AF_INET, SOCK_STREAM, 0));
  if (caller < 0 || connect(caller, (void *)&name4, sizeof name4) != 0) return;
  say("tcp6-mapped", "tcp", accept(listener, NULL, NULL));
}

static void makeDatagrams(void) {
  say("udp", "udp", socket(AF_INET, SOCK_DGRAM, 0));
  say("udp6", "udp", socket(AF_INET6, SOCK_DGRAM, 0));
  int bound = say("udp-bound", "udp", bindNew(AF_INET, SOCK_DGRAM, 0));
  say("udp-connected", "udp", connectNew(bound, SOCK_DGRAM, 0));
  int bound6 = say("udp6-bound", "udp", bindNew(AF_INET6, SOCK_DGRAM, 0));
  say("udp6-connected", "udp", bound6 < 0 ? -1 : connectNew(bound6, SOCK_DGRAM, 0));
  int lite = say("udplite-bound", "udplite", bindNew(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE));
  say("udplite-connected", "udplite", lite < 0 ? -1 : connectNew(lite, SOCK_DGRAM, IPPROTO_UDPLITE));
}

// Sockets of a network namespace that no other process is in. No socket table of this process's namespace has
// them.
static int openOther(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static int openOtherListener(void) {
  int made = socket(AF_INET, SOCK_STREAM, 0);
  return made < 0 || listen(made, 1) != 0 ? -1 : made;
}
static int openOtherUdp(void) { return socket(AF_INET, SOCK_DGRAM, 0); }

void makeInternet(void) {
  makeConnection("tcp4", "tcp", AF_INET, 0);
  makeConnection("tcp6", "tcp", AF_INET6, 0);
  makeConnection("mptcp", "mptcp", AF_INET, multipath);
  makeFallback();
  makeConnection("sctp", "sctp", AF_INET, IPPROTO_SCTP);
  say("tcp-bound", "tcp", bindNew(AF_INET, SOCK_STREAM, 0));
  makeMapped();
  makeDatagrams();
  say("tcp-other-net", "tcp", fromChild(CLONE_NEWNET, openOther));
  say("tcp-other-net-listen", "tcp", fromChild(CLONE_NEWNET, openOtherListener));
  say("udp-other-net", "udp", fromChild(CLONE_NEWNET, openOtherUdp));
}
