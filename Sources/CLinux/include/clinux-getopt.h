// getopt_long(3) over this process's arguments. Swift 6 rejects the global variables and the arrays of C
// strings that getopt_long(3) itself uses.
#ifndef CLINUX_GETOPT_H
#define CLINUX_GETOPT_H

#include <stdbool.h>

// Whether an option has a value: no_argument, required_argument or optional_argument of getopt_long(3).
enum clinux_option_value { clinux_no_value = 0, clinux_required_value = 1, clinux_optional_value = 2 };

// Declares an option. The caller declares all options before the first call of clinux_next_option. The caller
// keeps `name` in memory. If `code` is an ASCII character, it is also the option's short form. Returns false
// if the table already has 64 options.
bool clinux_declare_option(const char *name, int code, enum clinux_option_value value);

// The result of clinux_next_option. Options and operands come in the order of the command line. The
// environment variable POSIXLY_CORRECT does not change this order.
struct clinux_option {
  int code;              // the option's code; 1: operand; '?': unknown; ':': value missing; -1: end
  const char *argument;  // optarg: the option's value, or the operand
  int refused;           // optopt: for '?' and ':', the option's code or the unknown short option; or 0
  int index;             // optind: the index of the next element of argv
};

// getopt_long(3): reads the next option or operand.
struct clinux_option clinux_next_option(void);

// An element of argv; NULL if `index` is out of range.
const char *clinux_argument(int index);

#endif
