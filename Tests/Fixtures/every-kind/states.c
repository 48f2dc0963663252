// TCP sockets over the loopback, in each state in which a socket can be kept.
//
// TIME-WAIT is missing: the kernel keeps that state after the socket is gone.
#include "kinds.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int stateOf(int descriptor) {
  struct tcp_info info = {0};
  socklen_t length = sizeof info;
  return getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 ? info.tcpi_state : -1;
}

// Waits until a socket is in a state, and prints it. A segment over the loopback may take a moment to arrive.
static void sayState(const char *label, int descriptor, int state) {
  for (int wait = 0; wait < 1000 && descriptor >= 0 && stateOf(descriptor) != state; wait++) usleep(1000);
  int found = stateOf(descriptor);
  if (descriptor >= 0 && found != state) fprintf(stderr, "%s: in state %d, not %d\n", label, found, state);
  say(label, "tcp", descriptor);
}

// Fills the window of the other end, so that a FIN cannot get through.
static void fill(int descriptor) {
  static char block[65536];
  int quiet = 0;
  // For some time the kernel makes new room, as the other end receives data.
  while (quiet < 20)
    if (send(descriptor, block, sizeof block, MSG_DONTWAIT) < 0) quiet++, usleep(1000);
}

static void pairInStates(const char *first, int state, const char *second, int other, int ends[2]) {
  sayState(first, ends[0], state);
  sayState(second, ends[1], other);
}

// A listener with a backlog of 0 takes one connection. It does not answer the second one.
static void makeSynSent(void) {
  int listener = listenNew(AF_INET, SOCK_STREAM, 0);
  sayState("tcp-listen", listener, TCP_LISTEN);
  sayState("tcp-queued", connectNew(listener, SOCK_STREAM, 0), TCP_ESTABLISHED);
  int caller = connectNew(listener, SOCK_STREAM | SOCK_NONBLOCK, 0), most = 127;
  // The default gives up after two minutes.
  setsockopt(caller, IPPROTO_TCP, TCP_SYNCNT, &most, sizeof most);
  sayState("tcp-syn-sent", caller, TCP_SYN_SENT);
}

static void set(const char *name, const char *value) {
  int file = open(name, O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  if (write(file, value, strlen(value)) < 0) perror(name);
  close(file);
}

// Makes a socket in SYN-RECV. With TCP Fast Open, accept(2) returns a socket before the client has answered.
// The socket inherits a filter from the listener that drops this answer. All of it happens in the network
// namespace of the child.
static int openSynReceived(void) {
  struct sock_filter onlySyn[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),  // the flags
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, TH_SYN, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 65536),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_fprog filter = {sizeof onlySyn / sizeof *onlySyn, onlySyn};
  struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
  struct sockaddr_in name;
  socklen_t length = sizeof name;
  int most = 1, caller = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (ioctl(caller, SIOCSIFFLAGS, &loopback) != 0) return -1;
  // Enables Fast Open for both sides without a cookie, and makes the kernel repeat its answers for long.
  set("/proc/sys/net/ipv4/tcp_fastopen", "519");
  set("/proc/sys/net/ipv4/tcp_synack_retries", "200");
  int listener = listenNew(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, IPPROTO_TCP, TCP_FASTOPEN, &most, sizeof most);
  setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
  getsockname(listener, (void *)&name, &length);
  if (sendto(caller, "x", 1, MSG_FASTOPEN, (void *)&name, length) != 1) return -1;
  fcntl(listener, F_SETFL, O_NONBLOCK);
  return accept(listener, NULL, NULL);
}

static void makeReset(void) {
  int ends[2];
  struct linger now = {1, 0};
  connectPair(AF_INET, 0, ends);
  setsockopt(ends[1], SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(ends[1]);
  sayState("tcp-reset", ends[0], TCP_CLOSE);
}

void makeStates(void) {
  int ends[2];
  sayState("tcp-closed", socket(AF_INET, SOCK_STREAM, 0), TCP_CLOSE);
  makeSynSent();
  sayState("tcp-syn-recv", fromChild(CLONE_NEWNET, openSynReceived), TCP_SYN_RECV);
  makeReset();
  connectPair(AF_INET, 0, ends);
  pairInStates("tcp-established", TCP_ESTABLISHED, "tcp-established-peer", TCP_ESTABLISHED, ends);

  connectPair(AF_INET, 0, ends);
  shutdown(ends[0], SHUT_WR);
  pairInStates("tcp-fin-wait-2", TCP_FIN_WAIT2, "tcp-close-wait", TCP_CLOSE_WAIT, ends);

  connectPair(AF_INET, 0, ends);
  fill(ends[0]);
  shutdown(ends[0], SHUT_WR);
  pairInStates("tcp-fin-wait-1", TCP_FIN_WAIT1, "tcp-fin-wait-1-peer", TCP_ESTABLISHED, ends);

  connectPair(AF_INET, 0, ends);
  shutdown(ends[1], SHUT_WR);
  sayState("tcp-last-ack-peer", ends[1], TCP_FIN_WAIT2);
  fill(ends[0]);
  shutdown(ends[0], SHUT_WR);
  sayState("tcp-last-ack", ends[0], TCP_LAST_ACK);

  connectPair(AF_INET, 0, ends);
  fill(ends[0]);
  shutdown(ends[0], SHUT_WR);
  shutdown(ends[1], SHUT_WR);
  pairInStates("tcp-closing", TCP_CLOSING, "tcp-closing-peer", TCP_FIN_WAIT2, ends);
}
