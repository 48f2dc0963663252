// getopt_long(3) over this process's arguments. Swift 6 rejects the global variables and the arrays of C
// strings that getopt_long(3) itself uses.
#ifndef CLINUX_GETOPT_H
#define CLINUX_GETOPT_H

#include <stdbool.h>

// Declares an option; all options must be declared before the first step. The name must stay in memory. A
// code that is an ASCII character is also the option's short form. False if the table is full, at 64 options.
bool clinux_declare_option(const char *name, int code, bool takes_value);

// The result of one step. Operands are returned in their order among the options; POSIXLY_CORRECT does not
// change that.
struct clinux_option {
  int code;              // the option's; 1 for an operand; '?' unknown; ':' its value is missing; -1 the end
  const char *argument;  // an option's value, or the operand
  int refused;           // for '?' and ':', the option's code or the unknown short option; or 0
  int index;             // the next element of argv
};

// getopt_long(3): takes the next step.
struct clinux_option clinux_next_option(void);

// An element of argv; NULL if `index` is out of range.
const char *clinux_argument(int index);

#endif
