#define _GNU_SOURCE
#include "clinux-sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "clinux-threads.h"
#include "result.h"

enum { so_bindtoifindex = 62 };  // SO_BINDTOIFINDEX, include/uapi/asm-generic/socket.h

long clinux_socket(void) { return result(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

typedef int name_call(int, struct sockaddr *, socklen_t *);

static long socket_name(name_call *call, int socket, struct clinux_socket_name *name) {
  struct sockaddr_storage storage = {0};
  socklen_t length = sizeof storage;
  long answer = result(call(socket, (struct sockaddr *)&storage, &length));
  if (answer < 0) return answer;
  *name = (struct clinux_socket_name){.family = storage.ss_family};
  if (storage.ss_family == AF_INET) {
    const struct sockaddr_in *in = (const void *)&storage;
    name->port = ntohs(in->sin_port);
    memcpy(name->address, &in->sin_addr, 4);
  } else if (storage.ss_family == AF_INET6) {
    const struct sockaddr_in6 *in = (const void *)&storage;
    name->port = ntohs(in->sin6_port);
    memcpy(name->address, &in->sin6_addr, 16);
  } else if (storage.ss_family == AF_UNIX) {
    const struct sockaddr_un *un = (const void *)&storage;
    size_t header = offsetof(struct sockaddr_un, sun_path);
    size_t present = length > header ? length - header : 0;
    if (present > sizeof name->path) present = sizeof name->path;
    // A pathname ends at its NUL; the length may or may not include the NUL. An abstract name starts with a
    // NUL and takes the whole length. See unix(7).
    name->path_length = present > 0 && un->sun_path[0] ? strnlen(un->sun_path, present) : present;
    memcpy(name->path, un->sun_path, name->path_length);
  }
  return 0;
}

long clinux_socket_peer(int socket, struct clinux_socket_name *name) {
  return socket_name(getpeername, socket, name);
}

long clinux_socket_local(int socket, struct clinux_socket_name *name) {
  return socket_name(getsockname, socket, name);
}

long clinux_socket_protocol_name(int directory, const char *path, void *name, size_t capacity) {
  // getxattrat(2) exists only since Linux 6.13, so the path leads through /proc.
  char whole[64];
  int length = snprintf(whole, sizeof whole, "/proc/self/fd/%d/%s", directory, path);
  if (length < 0 || (size_t)length >= sizeof whole) return -ENAMETOOLONG;
  long answer = result(getxattr(whole, "system.sockprotoname", name, capacity));
  return answer > 0 ? (long)strnlen(name, (size_t)answer) : answer;
}

static long socket_option(int socket, int kind) {
  int value = 0;
  socklen_t length = sizeof value;
  long answer = result(getsockopt(socket, SOL_SOCKET, kind, &value, &length));
  return answer < 0 ? answer : value;
}

long clinux_socket_domain(int socket) { return socket_option(socket, SO_DOMAIN); }
long clinux_socket_type(int socket) { return socket_option(socket, SO_TYPE); }
long clinux_socket_protocol(int socket) { return socket_option(socket, SO_PROTOCOL); }
long clinux_socket_listens(int socket) { return socket_option(socket, SO_ACCEPTCONN); }

long clinux_socket_has_timeout(int socket, bool sending) {
  struct timeval timeout = {0};
  socklen_t length = sizeof timeout;
  int option = sending ? SO_SNDTIMEO : SO_RCVTIMEO;
  long answer = result(getsockopt(socket, SOL_SOCKET, option, &timeout, &length));
  return answer < 0 ? answer : timeout.tv_sec || timeout.tv_usec;
}

long clinux_shut_down(int socket, int how) { return result(shutdown(socket, how)); }

long clinux_disconnect(int socket) {
  const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
  return result(connect(socket, &nobody, sizeof nobody));
}

long clinux_socket_lingers(int socket) {
  struct linger linger = {0};
  socklen_t length = sizeof linger;
  long answer = result(getsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, &length));
  return answer < 0 ? answer : linger.l_onoff && linger.l_linger > 0;
}

long clinux_socket_tcp_state(int socket) {
  struct tcp_info info = {0};
  socklen_t length = sizeof info;
  long answer = result(getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length));
  return answer < 0 ? answer : info.tcpi_state;
}

long clinux_socket_tcp_silence(int socket) {
  struct tcp_info info = {0};
  socklen_t length = sizeof info;
  long answer = result(getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length));
  return answer < 0 ? answer : (long)info.tcpi_last_data_recv;
}

static long queue_length(int socket, unsigned long request) {
  int value = 0;
  long answer = result(ioctl(socket, request, &value));
  return answer < 0 ? answer : value;
}

long clinux_socket_unread(int socket) { return queue_length(socket, SIOCINQ); }
long clinux_socket_unsent(int socket) { return queue_length(socket, SIOCOUTQ); }

struct diagnosis {
  int namespace;
  long answer;
};

static void open_diagnosis(void *context) {
  struct diagnosis *diagnosis = context;
  diagnosis->answer = diagnosis->namespace < 0 ? 0 : result(setns(diagnosis->namespace, CLONE_NEWNET));
  if (diagnosis->answer < 0) return;
  diagnosis->answer = result(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (diagnosis->answer < 0) return;
  // Other processes can send to a netlink socket unless it is connected to the kernel.
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  long connected = result(connect((int)diagnosis->answer, (struct sockaddr *)&kernel, sizeof kernel));
  if (connected < 0) {
    close((int)diagnosis->answer);
    diagnosis->answer = connected;
    return;
  }
  // The kernel replies at once. The limit ends a read(2) that expects more than the kernel has sent.
  struct timeval limit = {.tv_sec = 5};
  setsockopt((int)diagnosis->answer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

long clinux_socket_diagnosis(int namespace) {
  struct diagnosis diagnosis = {.namespace = namespace};
  if (namespace < 0) {
    open_diagnosis(&diagnosis);
    return diagnosis.answer;
  }
  // A socket stays in the namespace in which it was created. A separate thread enters that namespace and ends
  // there. The reason is that the kernel might not let a thread back into the first namespace.
  long answer = clinux_run_in_thread(open_diagnosis, &diagnosis);
  return answer < 0 ? answer : diagnosis.answer;
}

struct opening {
  int namespace;
  const char *path;
  int flags;
  long answer;
};

static void open_there(void *context) {
  struct opening *opening = context;
  opening->answer = result(setns(opening->namespace, CLONE_NEWNET));
  if (opening->answer < 0) return;
  opening->answer = result(open(opening->path, opening->flags));
}

long clinux_open_in_network(int namespace, const char *path, int flags) {
  struct opening opening = {.namespace = namespace, .path = path, .flags = flags};
  long answer = clinux_run_in_thread(open_there, &opening);
  return answer < 0 ? answer : opening.answer;
}

long clinux_socket_namespace(int socket) { return result(ioctl(socket, SIOCGSKNS)); }

static struct nlmsghdr request_header(size_t length, uint16_t flags) {
  return (struct nlmsghdr){
      .nlmsg_len = (uint32_t)length, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST | flags};
}

static long request_unix(int diagnosis, uint32_t inode, uint32_t states, uint32_t shown) {
  struct {
    struct nlmsghdr header;
    struct unix_diag_req request;
  } message = {
      .header = request_header(sizeof message, inode ? 0 : NLM_F_DUMP),
      .request = {.sdiag_family = AF_UNIX,
                  .udiag_states = states,
                  .udiag_ino = inode,
                  .udiag_show = shown,
                  .udiag_cookie = {~0u, ~0u}},
  };
  return result(write(diagnosis, &message, sizeof message));
}

long clinux_request_unix_sockets(int diagnosis, uint32_t inode) {
  return request_unix(diagnosis, inode, ~0u, UDIAG_SHOW_PEER | UDIAG_SHOW_VFS);
}

long clinux_request_unix_listeners(int diagnosis) {
  return request_unix(diagnosis, 0, 1u << TCP_LISTEN, UDIAG_SHOW_ICONS);
}

long clinux_request_internet_sockets(int diagnosis, int family, int protocol) {
  struct {
    struct nlmsghdr header;
    struct inet_diag_req_v2 request;
  } message = {
      .header = request_header(sizeof message, NLM_F_DUMP),
      .request = {.sdiag_family = (uint8_t)family, .sdiag_protocol = (uint8_t)protocol, .idiag_states = ~0u},
  };
  return result(write(diagnosis, &message, sizeof message));
}

// Copies an address and a port into a request.
static void set_end(const struct clinux_socket_name *name, __be16 *port, __be32 *address) {
  *port = htons(name->port);
  memcpy(address, name->address, sizeof name->address);
}

long clinux_destroy_socket(int diagnosis, int socket) {
  struct {
    struct nlmsghdr header;
    struct inet_diag_req_v2 request;
  } message = {.header = request_header(sizeof message, NLM_F_ACK)};
  message.header.nlmsg_type = SOCK_DESTROY;
  struct inet_diag_req_v2 *request = &message.request;
  long domain = clinux_socket_domain(socket), protocol = clinux_socket_protocol(socket);
  if (domain < 0) return domain;
  if (protocol < 0) return protocol;
  request->sdiag_family = (uint8_t)domain;
  request->sdiag_protocol = (uint8_t)protocol;

  struct clinux_socket_name local = {0}, peer = {0};
  long answer = clinux_socket_local(socket, &local);
  if (answer < 0) return answer;
  answer = clinux_socket_peer(socket, &peer);
  // A listening socket has no peer.
  if (answer < 0 && answer != -ENOTCONN) return answer;
  set_end(&local, &request->id.idiag_sport, request->id.idiag_src);
  set_end(&peer, &request->id.idiag_dport, request->id.idiag_dst);

  uint64_t cookie = 0;
  socklen_t length = sizeof cookie;
  if (getsockopt(socket, SOL_SOCKET, SO_COOKIE, &cookie, &length) != 0) return -errno;
  request->id.idiag_cookie[0] = (uint32_t)cookie;
  request->id.idiag_cookie[1] = (uint32_t)(cookie >> 32);
  // The socket of a link-local address is bound to an interface. Before Linux 5.0 the option is unknown.
  long interface = socket_option(socket, so_bindtoifindex);
  if (interface > 0) request->id.idiag_if = (uint32_t)interface;

  struct {
    struct nlmsghdr header;
    struct nlmsgerr error;
    char request[256];  // the kernel repeats a request that it refuses
  } reply;
  if (write(diagnosis, &message, sizeof message) < 0) return -errno;
  ssize_t count = read(diagnosis, &reply, sizeof reply);
  if (count < 0) return -errno;
  if ((size_t)count < sizeof reply.header + sizeof reply.error.error) return -EINVAL;
  return reply.header.nlmsg_type == NLMSG_ERROR ? reply.error.error : -EINVAL;
}

long clinux_format_address(int family, const uint8_t *address, char *text, size_t capacity) {
  if (!inet_ntop(family, address, text, (socklen_t)capacity)) return -errno;
  return (long)strlen(text);
}

long clinux_parse_address(int family, const char *text, uint8_t *address) {
  return inet_pton(family, text, address) == 1;
}
