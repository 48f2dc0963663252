// The manual pages, and the parts of the completions that no table generates.
//
// clang lists each embedded file among the dependencies of this one, so an edit of a page builds it again.
#include "clinux-documents.h"

// clang takes the directive in every version of C, and warns in those before C23.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char page[] = {
#embed "../../man/rangeclose.1"
};

static const unsigned char page_of_selectors[] = {
#embed "../../man/rangeclose-selectors.7"
};

static const unsigned char bash_completion[] = {
#embed "../RangeClose/Documents/completion.bash"
};

static const unsigned char zsh_completion[] = {
#embed "../RangeClose/Documents/completion.zsh"
};

static const unsigned char fish_completion[] = {
#embed "../RangeClose/Documents/completion.fish"
};

struct clinux_document clinux_document(clinux_document_name name) {
  switch (name) {
  case clinux_page:
    return (struct clinux_document){page, sizeof page};
  case clinux_page_of_selectors:
    return (struct clinux_document){page_of_selectors, sizeof page_of_selectors};
  case clinux_bash_completion:
    return (struct clinux_document){bash_completion, sizeof bash_completion};
  case clinux_zsh_completion:
    return (struct clinux_document){zsh_completion, sizeof zsh_completion};
  case clinux_fish_completion:
    return (struct clinux_document){fish_completion, sizeof fish_completion};
  }
  return (struct clinux_document){NULL, 0};
}
