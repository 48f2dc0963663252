#include "clinux-getopt.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>

enum { capacity = 64 };

_Static_assert(clinux_required_value == required_argument, "getopt(3)");
_Static_assert(clinux_optional_value == optional_argument, "getopt(3)");

static struct option options[capacity + 1];
static size_t count;
static char short_options[2 * capacity + 3] = "-:";

bool clinux_declare_option(const char *name, int code, enum clinux_option_value value) {
  if (count == capacity) return false;
  options[count++] = (struct option){name, (int)value, NULL, code};
  if (code < 128) {
    size_t length = strlen(short_options);
    short_options[length] = (char)code;
    // The short form of an option with an optional value takes no value.
    short_options[length + 1] = value == clinux_required_value ? ':' : '\0';
  }
  return true;
}

static int argument_count;
static char **arguments;

// glibc calls constructors with main's arguments. Embedded Swift does not pass them on.
__attribute__((constructor)) static void keep_arguments(int argc, char **argv) {
  argument_count = argc;
  arguments = argv;
}

struct clinux_option clinux_next_option(void) {
  opterr = 0;
  int code = getopt_long(argument_count, arguments, short_options, options, NULL);
  return (struct clinux_option){code, optarg, optopt, optind};
}

const char *clinux_argument(int index) {
  return index >= 0 && index < argument_count ? arguments[index] : NULL;
}
