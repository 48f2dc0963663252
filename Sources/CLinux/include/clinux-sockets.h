// A socket that we hold a duplicate of, asked about itself.
#ifndef CLINUX_SOCKETS_H
#define CLINUX_SOCKETS_H

#include <stddef.h>
#include <stdint.h>

// One end of a socket, its family's layout taken apart.
struct clinux_socket_name {
  int family;
  uint16_t port;         // host byte order; AF_INET and AF_INET6
  uint8_t address[16];   // AF_INET in the first four bytes
  size_t path_length;    // AF_UNIX, 0 for an unnamed one; an abstract name starts with a NUL
  uint8_t path[108];
};

long clinux_socket(void);  // of the Unix domain

long clinux_socket_peer(int socket, struct clinux_socket_name *name);
long clinux_socket_local(int socket, struct clinux_socket_name *name);

// What the kernel calls the protocol of the socket that a short path leads to, as "UNIX-STREAM": the length of
// the name, without a NUL. See `sockfs_xattr_get` in net/socket.c; nothing else has the attribute.
long clinux_socket_protocol_name(int directory, const char *path, void *name, size_t capacity);

// getsockopt(2), SOL_SOCKET: SO_DOMAIN, SO_TYPE and SO_PROTOCOL.
long clinux_socket_domain(int socket);
long clinux_socket_type(int socket);
long clinux_socket_protocol(int socket);
// SO_ACCEPTCONN: 1 for one that listens; and TCP_INFO's state, of TCP alone.
long clinux_socket_listens(int socket);
long clinux_socket_tcp_state(int socket);

// A netlink socket that tells of the sockets of a network namespace, see sock_diag(7). `namespace` is
// /proc/PID/ns/net held open, or -1 for our own. EPERM without CAP_SYS_ADMIN to enter another.
long clinux_socket_diagnosis(int namespace);

// Asks it for one Unix-domain socket by its inode number, or for all where that is 0: for its peer and its
// name's file. The answers are read(2) from it.
long clinux_ask_unix_sockets(int diagnosis, uint32_t inode);

// Asks it for all sockets of a family, AF_INET or AF_INET6, and a protocol of the Internet.
long clinux_ask_internet_sockets(int diagnosis, int family, int protocol);

// inet_ntop(3) of four (AF_INET) or sixteen bytes; the length written, without a NUL, or -errno.
long clinux_format_address(int family, const uint8_t *address, char *text, size_t capacity);

// inet_pton(3): 1 where the text is an address of that family, else 0.
long clinux_parse_address(int family, const char *text, uint8_t *address);

#endif
