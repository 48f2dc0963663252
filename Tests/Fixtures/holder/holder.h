// What the parts of the holder have in common.

// Answers "ok", or the error's name.
void answer(long result);

// Moves a new descriptor to the number that was asked for.
long at(long descriptor, int number);

// Obeys an order about what selectors tell apart; 0 where it is none.
int obeyOpening(const char *word, const char *line);
