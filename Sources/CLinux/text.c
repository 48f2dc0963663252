#define _GNU_SOURCE
#include "clinux-text.h"

#include <locale.h>
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
