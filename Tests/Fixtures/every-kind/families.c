// A socket of every family, type and protocol that has a meaning, as socket(2) makes it.
#include "kinds.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_alg.h>
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

// Numbers that the headers of some C libraries do not have yet.
enum { smc = 43, xdp = 44, mctp = 45, mptcp = 262, sctp = 132, dccp = 33, anyPacket = 0x300, smcOver6 = 1 };

static const struct {
  const char *label, *type;
  int family, kind, protocol;
} sockets[] = {
    {"udplite", "udplite", AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE},
    {"udplite6", "udplite", AF_INET6, SOCK_DGRAM, IPPROTO_UDPLITE},
    {"raw", "raw", AF_INET, SOCK_RAW, IPPROTO_RAW},
    {"raw-icmp", "raw", AF_INET, SOCK_RAW, IPPROTO_ICMP},
    {"raw6", "raw", AF_INET6, SOCK_RAW, IPPROTO_RAW},
    {"raw6-icmp", "raw", AF_INET6, SOCK_RAW, IPPROTO_ICMPV6},
    {"raw-l2tp", "l2tp", AF_INET, SOCK_DGRAM, 115},
    {"mptcp", "mptcp", AF_INET, SOCK_STREAM, mptcp},
    {"mptcp6", "mptcp", AF_INET6, SOCK_STREAM, mptcp},
    {"sctp", "sctp", AF_INET, SOCK_STREAM, sctp},
    {"sctp-seqpacket", "sctp", AF_INET6, SOCK_SEQPACKET, sctp},
    {"dccp", "dccp", AF_INET, SOCK_DCCP, dccp},
    {"unix-raw", "unix", AF_UNIX, SOCK_RAW, 0},
    {"netlink-route", "netlink", AF_NETLINK, SOCK_RAW, NETLINK_ROUTE},
    {"netlink-usersock", "netlink", AF_NETLINK, SOCK_DGRAM, NETLINK_USERSOCK},
    {"netlink-sock-diag", "netlink", AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG},
    {"netlink-xfrm", "netlink", AF_NETLINK, SOCK_RAW, NETLINK_XFRM},
    {"netlink-audit", "netlink", AF_NETLINK, SOCK_RAW, NETLINK_AUDIT},
    {"netlink-connector", "netlink", AF_NETLINK, SOCK_RAW, NETLINK_CONNECTOR},
    {"netlink-netfilter", "netlink", AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER},
    {"netlink-uevent", "netlink", AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT},
    {"netlink-generic", "netlink", AF_NETLINK, SOCK_RAW, NETLINK_GENERIC},
    {"netlink-crypto", "netlink", AF_NETLINK, SOCK_RAW, NETLINK_CRYPTO},
    {"packet-raw", "packet", AF_PACKET, SOCK_RAW, anyPacket},
    {"packet-dgram", "packet", AF_PACKET, SOCK_DGRAM, anyPacket},
    {"packet-idle", "packet", AF_PACKET, SOCK_RAW, 0},
    {"vsock-stream", "vsock", AF_VSOCK, SOCK_STREAM, 0},
    {"vsock-dgram", "vsock", AF_VSOCK, SOCK_DGRAM, 0},
    {"vsock-seqpacket", "vsock", AF_VSOCK, SOCK_SEQPACKET, 0},
    {"key", "key", AF_KEY, SOCK_RAW, 2 /* PF_KEY_V2 */},
    {"xdp", "xdp", xdp, SOCK_RAW, 0},
    {"can-raw", "can", AF_CAN, SOCK_RAW, 1},
    {"can-bcm", "can", AF_CAN, SOCK_DGRAM, 2},
    {"can-isotp", "can", AF_CAN, SOCK_DGRAM, 6},
    {"can-j1939", "can", AF_CAN, SOCK_DGRAM, 7},
    {"bluetooth-l2cap", "bluetooth", AF_BLUETOOTH, SOCK_SEQPACKET, 0},
    {"bluetooth-hci", "bluetooth", AF_BLUETOOTH, SOCK_RAW, 1},
    {"bluetooth-sco", "bluetooth", AF_BLUETOOTH, SOCK_SEQPACKET, 2},
    {"bluetooth-rfcomm", "bluetooth", AF_BLUETOOTH, SOCK_STREAM, 3},
    {"bluetooth-iso", "bluetooth", AF_BLUETOOTH, SOCK_SEQPACKET, 8},
    {"tipc-stream", "tipc", AF_TIPC, SOCK_STREAM, 0},
    {"tipc-rdm", "tipc", AF_TIPC, SOCK_RDM, 0},
    {"rds", "rds", AF_RDS, SOCK_SEQPACKET, 0},
    {"rxrpc", "rxrpc", AF_RXRPC, SOCK_DGRAM, AF_INET},
    {"kcm", "kcm", AF_KCM, SOCK_SEQPACKET, 0},
    {"smc", "smc", smc, SOCK_STREAM, 0},
    {"smc6", "smc", smc, SOCK_STREAM, smcOver6},
    {"smc-inet", "smc", AF_INET, SOCK_STREAM, 256},
    {"qrtr", "qrtr", AF_QIPCRTR, SOCK_DGRAM, 0},
    {"llc", "llc", AF_LLC, SOCK_DGRAM, 0},
    {"pppox", "pppox", AF_PPPOX, SOCK_STREAM, 0},
    {"phonet", "phonet", AF_PHONET, SOCK_DGRAM, 0},
    {"x25", "x25", AF_X25, SOCK_SEQPACKET, 0},
    {"ax25", "ax25", AF_AX25, SOCK_DGRAM, 0},
    {"netrom", "netrom", AF_NETROM, SOCK_SEQPACKET, 0},
    {"rose", "rose", AF_ROSE, SOCK_SEQPACKET, 0},
    {"atm-pvc", "atm", AF_ATMPVC, SOCK_DGRAM, 0},
    {"atm-svc", "atm", AF_ATMSVC, SOCK_DGRAM, 0},
    {"appletalk", "appletalk", AF_APPLETALK, SOCK_DGRAM, 0},
    {"ipx", "ipx", AF_IPX, SOCK_DGRAM, 0},
    {"nfc", "nfc", AF_NFC, SOCK_SEQPACKET, 0},
    {"caif", "caif", AF_CAIF, SOCK_SEQPACKET, 0},
    {"ieee802154", "ieee802154", AF_IEEE802154, SOCK_DGRAM, 0},
    {"mctp", "mctp", mctp, SOCK_DGRAM, 0},
    {"iucv", "iucv", AF_IUCV, SOCK_STREAM, 0},
    {"infiniband", "ib", AF_IB, SOCK_STREAM, 0},
    {"isdn", "isdn", AF_ISDN, SOCK_RAW, 0},
};

// Opens the next socket. In a network namespace of its own user namespace, an ordinary user may open the
// kinds that only root may open elsewhere.
static size_t next;
static int openNext(void) { return socket(sockets[next].family, sockets[next].kind, sockets[next].protocol); }

// Makes a socket that is bound to an algorithm, and the socket that accept(2) returns, which does the work.
static void makeAlgorithm(void) {
  struct sockaddr_alg name = {.salg_family = AF_ALG, .salg_type = "hash", .salg_name = "sha256"};
  int socket_ = say("alg", "alg", socket(AF_ALG, SOCK_SEQPACKET, 0));
  int isBound = socket_ >= 0 && bind(socket_, (void *)&name, sizeof name) == 0;
  say("alg-operation", "alg", isBound ? accept(socket_, NULL, NULL) : -1);
}

// Opens a ping socket. A sysctl of each network namespace lists the groups that may have one. So this process
// sets it in a namespace that no other process is in.
static int family;
static int openPing(void) {
  int allowed = open("/proc/sys/net/ipv4/ping_group_range", O_WRONLY | O_CLOEXEC);
  if (allowed < 0 || write(allowed, "0 0", 3) != 3) return -1;
  return socket(family, SOCK_DGRAM, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

static void makePing(void) {
  family = AF_INET;
  say("ping", "icmp", fromChild(CLONE_NEWNET, openPing));
  family = AF_INET6;
  say("ping6", "icmp", fromChild(CLONE_NEWNET, openPing));
}

// Makes no connection. Without a loopback of this family the kernel would ask the host for one.
static void makeMachineListener(void) {
  struct sockaddr_vm name = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = VMADDR_PORT_ANY};
  int made = socket(AF_VSOCK, SOCK_STREAM, 0);
  int isHeard = made >= 0 && bind(made, (void *)&name, sizeof name) == 0 && listen(made, 1) == 0;
  say("vsock-listen", "vsock", isHeard ? made : -1);
}

static int openPacket(void) {
  struct sockaddr_ll name = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = 1};
  int made = socket(AF_PACKET, SOCK_RAW, 0);
  return made < 0 || bind(made, (void *)&name, sizeof name) != 0 ? -1 : made;
}

// A socket that receives the messages of two groups.
static void makeGroups(void) {
  struct sockaddr_nl groups = {.nl_family = AF_NETLINK, .nl_groups = 1 | 1 << 4};
  int listener = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (listener >= 0 && bind(listener, (void *)&groups, sizeof groups) != 0) perror("netlink-groups");
  say("netlink-groups", "netlink", listener);
}

void makeFamilies(void) {
  for (next = 0; next < sizeof sockets / sizeof *sockets; next++)
    say(sockets[next].label, sockets[next].type, fromChildIfDenied(CLONE_NEWNET, openNext));
  makePing();
  makeMachineListener();
  say("packet-bound", "packet", fromChildIfDenied(CLONE_NEWNET, openPacket));
  makeGroups();
  makeAlgorithm();
}
