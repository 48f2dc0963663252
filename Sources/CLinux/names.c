#define _GNU_SOURCE
#include "clinux-names.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <nss.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

// The services "files" and "dns" are part of libc since glibc 2.34; every other service is a module. These
// calls replace the lines of nsswitch.conf(5), and have to come before the first lookup of a database.
static void use_own_sources(void) {
  static const char *const sources[][2] = {
      {"passwd", "files"}, {"hosts", "files dns"}, {"services", "files"}, {"networks", "files"},
      {"protocols", "files"},
  };
  for (size_t index = 0; index < sizeof sources / sizeof *sources; index++)
    __nss_configure_lookup(sources[index][0], sources[index][1]);
}

long clinux_resolve_host(const char *name, void *addresses, size_t capacity) {
  use_own_sources();
  // With one socket type, getaddrinfo(3) lists each address once, and not three times.
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
  use_own_sources();
  const struct servent *service = getservbyname(name, protocol);
  return service ? ntohs((uint16_t)service->s_port) : -ENOENT;
}

long clinux_user_name(uint32_t user, char *name, size_t capacity) {
  use_own_sources();
  struct passwd entry, *found = NULL;
  char buffer[1 << 14];
  if (getpwuid_r(user, &entry, buffer, sizeof buffer, &found) != 0 || !found) return -ENOENT;
  int length = snprintf(name, capacity, "%s", entry.pw_name);
  return length >= 0 && (size_t)length < capacity ? length : -ENOENT;
}
