// The width of text on a terminal, and numbers in text.
#ifndef CLINUX_TEXT_H
#define CLINUX_TEXT_H

#include <stdbool.h>
#include <stdint.h>

// wcwidth(3) in the locale C.UTF-8: the number of columns that a character takes, 0 for a combining
// character. -1 if the character is not printable, or if the C library has no such locale.
int clinux_columns(uint32_t character);

// strtod(3): the value of a decimal number. False if the text is anything else, or has anything after it.
bool clinux_parse_number(const char *text, double *value);

#endif
