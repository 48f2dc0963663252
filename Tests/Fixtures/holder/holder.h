// Declarations that the files of this fixture share.

// Prints "ok", or the name of the error in `errno` if the result is negative.
void answer(long result);

// Moves a new descriptor to the requested number.
long at(long descriptor, int number);

// Obeys an order of opening.c. Returns 0 if the word is not one of them.
int obeyOpening(const char *word, const char *line);
