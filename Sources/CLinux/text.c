#define _GNU_SOURCE
#include "clinux-text.h"

#include <locale.h>
#include <stdlib.h>
#include <wchar.h>

int clinux_columns(uint32_t character) {
  static locale_t locale;
  if (!locale) locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
  if (!locale) return -1;
  locale_t before = uselocale(locale);
  int columns = wcwidth((wchar_t)character);
  uselocale(before);
  return columns;
}

bool clinux_parse_number(const char *text, double *value) {
  char *end;
  *value = strtod(text, &end);
  return end != text && *end == '\0';
}
