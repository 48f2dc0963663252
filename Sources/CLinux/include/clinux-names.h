// Names of hosts, services and users, from the C library's own sources alone.
//
// A static glibc reads /etc/nsswitch.conf and loads the modules that it names from the machine. These modules
// belong to another glibc, and may crash in this glibc. So every lookup here uses the sources that are linked
// in: the files below /etc, and DNS for hosts.
#ifndef CLINUX_NAMES_H
#define CLINUX_NAMES_H

#include <stddef.h>
#include <stdint.h>

// getaddrinfo(3): addresses of a host, sixteen bytes each, IPv4 as ::ffff:a.b.c.d (RFC 4291). Returns the
// number of addresses that were found; at most `capacity` of them were written. On an error, returns an EAI_*
// code, which is negative, too. clinux_resolver_message returns its text.
long clinux_resolve_host(const char *name, void *addresses, size_t capacity);
const char *clinux_resolver_message(long code);

// getservbyname(3) for the protocol "tcp" or "udp": the port in host byte order, or -ENOENT.
long clinux_service_port(const char *name, const char *protocol);

// getpwuid_r(3): the length of the user's name, which is written with a NUL; or -ENOENT.
long clinux_user_name(uint32_t user, char *name, size_t capacity);

#endif
