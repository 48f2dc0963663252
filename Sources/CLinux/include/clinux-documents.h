// The texts that the command carries, so that its single file is complete.
#ifndef CLINUX_DOCUMENTS_H
#define CLINUX_DOCUMENTS_H

#include <stddef.h>

typedef enum {
  clinux_page,
  clinux_page_of_selectors,
  clinux_bash_completion,
  clinux_zsh_completion,
  clinux_fish_completion,
} clinux_document_name;

struct clinux_document {
  const unsigned char *bytes;
  size_t count;
};

// The text of a document, which has no terminating NUL.
struct clinux_document clinux_document(clinux_document_name name);

#endif
