#define _GNU_SOURCE
#include "clinux-sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "result.h"

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
    // A pathname ends at its NUL, which the length may or may not count; an abstract name, which
    // starts with one, fills its length. See unix(7).
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

static long option(int socket, int kind) {
  int value = 0;
  socklen_t length = sizeof value;
  long answer = result(getsockopt(socket, SOL_SOCKET, kind, &value, &length));
  return answer < 0 ? answer : value;
}

long clinux_socket_domain(int socket) { return option(socket, SO_DOMAIN); }
long clinux_socket_type(int socket) { return option(socket, SO_TYPE); }
long clinux_socket_protocol(int socket) { return option(socket, SO_PROTOCOL); }

long clinux_format_address(int family, const uint8_t *address, char *text, size_t capacity) {
  if (!inet_ntop(family, address, text, (socklen_t)capacity)) return -errno;
  return (long)strlen(text);
}

long clinux_parse_address(int family, const char *text, uint8_t *address) {
  return inet_pton(family, text, address) == 1;
}

long clinux_resolve_host(const char *name, void *addresses, size_t capacity) {
  // One socket type, or each address would be listed three times.
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
  int failure = getaddrinfo(name, NULL, &hints, &list);
  if (failure) return failure;
  size_t count = 0;
  for (const struct addrinfo *entry = list; entry; entry = entry->ai_next) {
    uint8_t address[16] = {[10] = 0xff, [11] = 0xff};
    if (entry->ai_family == AF_INET) {
      memcpy(address + 12, &((const struct sockaddr_in *)entry->ai_addr)->sin_addr, 4);
    } else if (entry->ai_family == AF_INET6) {
      memcpy(address, &((const struct sockaddr_in6 *)entry->ai_addr)->sin6_addr, 16);
    } else {
      continue;
    }
    if (count < capacity) memcpy((uint8_t (*)[16])addresses + count, address, 16);
    count++;
  }
  freeaddrinfo(list);
  return (long)count;
}

const char *clinux_resolver_message(long code) { return gai_strerror((int)code); }

long clinux_service_port(const char *name, const char *protocol) {
  const struct servent *service = getservbyname(name, protocol);
  return service ? ntohs((uint16_t)service->s_port) : -ENOENT;
}
