// Sockets, sock_diag(7), and the names of hosts and services.
#ifndef CLINUX_SOCKETS_H
#define CLINUX_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The address of one end of a socket.
struct clinux_socket_name {
  int family;
  uint16_t port;        // AF_INET and AF_INET6, in host byte order
  uint8_t address[16];  // AF_INET uses the first four bytes
  size_t path_length;   // AF_UNIX: 0 for an unnamed socket
  uint8_t path[108];    // AF_UNIX: an abstract name starts with a NUL
};

// socket(2) with AF_UNIX and SOCK_STREAM.
long clinux_socket(void);

// getpeername(2)
long clinux_socket_peer(int socket, struct clinux_socket_name *name);

// getsockname(2)
long clinux_socket_local(int socket, struct clinux_socket_name *name);

// getxattr(2) of system.sockprotoname: the kernel's name for the protocol of the socket that a path leads to,
// such as "UNIX-STREAM". Returns the length of the name without its NUL. The path may have about forty bytes.
// Only sockets have the attribute; see `sockfs_xattr_get` in net/socket.c.
long clinux_socket_protocol_name(int directory, const char *path, void *name, size_t capacity);

// getsockopt(2) with SO_DOMAIN, SO_TYPE and SO_PROTOCOL.
long clinux_socket_domain(int socket);
long clinux_socket_type(int socket);
long clinux_socket_protocol(int socket);

// getsockopt(2) with SO_ACCEPTCONN: 1 for a listening socket.
long clinux_socket_listens(int socket);

// getsockopt(2) with SO_SNDTIMEO or SO_RCVTIMEO: 1 if the socket has a timeout, 0 if it has none.
long clinux_socket_has_timeout(int socket, bool sending);

// shutdown(2)
long clinux_shut_down(int socket, int how);

// connect(2) with AF_UNSPEC: ends a TCP or MPTCP connection with a reset.
long clinux_disconnect(int socket);

// getsockopt(2) with SO_LINGER: 1 if close(2) waits for data to be sent, else 0.
long clinux_socket_lingers(int socket);

// getsockopt(2) with TCP_INFO: the state of a TCP socket.
long clinux_socket_tcp_state(int socket);

// getsockopt(2) with TCP_INFO: the milliseconds since a TCP socket last received data, tcpi_last_data_recv.
long clinux_socket_tcp_silence(int socket);

// ioctl(2) with SIOCINQ and SIOCOUTQ: the bytes that wait to be read, and to be sent or acknowledged. See
// tcp(7), udp(7) and unix(7).
long clinux_socket_unread(int socket);
long clinux_socket_unsent(int socket);

// Opens a netlink socket for queries about the sockets of a network namespace; see sock_diag(7). `namespace`
// is an open /proc/PID/ns/net, which the function enters with setns(2), or -1 for the namespace of
// rangeclose. Returns -EPERM if rangeclose lacks CAP_SYS_ADMIN for another namespace.
long clinux_socket_diagnosis(int namespace);

// open(2) in a separate thread that has entered a network namespace by setns(2), for files below
// /proc/thread-self/net.
long clinux_open_in_network(int namespace, const char *path, int flags);

// ioctl(2) with SIOCGSKNS: opens the network namespace of a socket.
long clinux_socket_namespace(int socket);

// write(2) of a request for one Unix-domain socket by its inode number, or for all such sockets if the number
// is 0. The replies contain each socket's peer and the file of its name. The caller reads them with read(2).
long clinux_request_unix_sockets(int diagnosis, uint32_t inode);

// write(2) of a request for all listening Unix-domain sockets. The replies contain the inode numbers of the
// sockets whose connections wait in each queue.
long clinux_request_unix_listeners(int diagnosis);

// write(2) of a request for all sockets of a family, AF_INET or AF_INET6, and an Internet protocol.
long clinux_request_internet_sockets(int diagnosis, int family, int protocol);

// Asks the kernel to end the connection of an Internet socket, SOCK_DESTROY in sock_diag(7), and returns its
// answer. `socket` is a descriptor of the socket. The request has the SO_COOKIE of the socket, so it cannot
// reach another socket that has the same addresses by now.
long clinux_destroy_socket(int diagnosis, int socket);

// inet_ntop(3) of four bytes for AF_INET or sixteen for AF_INET6. Returns the length of the text without its
// NUL, or -errno.
long clinux_format_address(int family, const uint8_t *address, char *text, size_t capacity);

// inet_pton(3): 1 if the text is an address of that family, otherwise 0.
long clinux_parse_address(int family, const char *text, uint8_t *address);

#endif
