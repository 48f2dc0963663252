// How text looks on a terminal.
#ifndef CLINUX_TEXT_H
#define CLINUX_TEXT_H

#include <stdint.h>

// wcwidth(3) in a UTF-8 locale: the columns that a character takes, 0 for one that combines with another; -1
// for one that is not printable, or where the C library has no such locale.
int clinux_columns(uint32_t character);

#endif
