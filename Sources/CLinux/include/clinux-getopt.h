// getopt_long(3) over this process's arguments, without its global variables and arrays of C strings, which
// Swift 6 does not let through.
#ifndef CLINUX_GETOPT_H
#define CLINUX_GETOPT_H

#include <stdbool.h>

// Declares an option, whose name has to stay, before the first step. A code that is an ASCII character is its
// short form too. False where there is no room for more.
bool clinux_declare_option(const char *name, int code, bool takes_value);

// What one step found. Operands come in their place, whatever POSIXLY_CORRECT says.
struct clinux_option {
  int code;              // that of the option; 1 an operand; '?' unknown; ':' lacks its value; -1 the end
  const char *argument;  // an option's value, or the operand
  int refused;           // the code, or the unknown short option, that '?' and ':' speak of; or 0
  int index;             // of the next element of argv
};

struct clinux_option clinux_next_option(void);

// One of argv; NULL behind the last.
const char *clinux_argument(int index);

#endif
