// A target that swaps what lies behind number 50, as fast as it can, between a file that has no name any
// more and one that has; and says how often each was closed under it.
//
//     swapper DIRECTORY
//
// Only this thread touches the number, so after its dup2(2) it knows what must lie there: the number
// found closed while it stood for the file with a name was closed wrongly.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { number = 50, looks = 20 };

static int openFile(const char *directory, const char *name, int isDeleted) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  int file = open(path, O_RDWR | O_CREAT, 0644);
  if (isDeleted) unlink(path);
  return fcntl(file, F_DUPFD, 100);
}

// Whether the number was found closed while it stood for `file`.
static int wasClosed(int file) {
  struct stat status;
  dup2(file, number);
  for (int look = 0; look < looks; look++)
    if (fstat(number, &status) != 0 && errno == EBADF) return 1;
  return 0;
}

int main(int argc, char *argv[]) {
  if (argc != 2) return 2;
  int deleted = openFile(argv[1], "gone", 1), named = openFile(argv[1], "kept", 0);
  long rightly = 0, wrongly = 0, swaps = 0;
  struct pollfd input = {.fd = 0, .events = POLLIN};
  // The holders' own descriptors would match as well: keep them where nobody looks.
  printf("ready %d\n", deleted);
  fflush(stdout);
  while (swaps % 1000 != 0 || poll(&input, 1, 0) == 0) {
    rightly += wasClosed(deleted);
    wrongly += wasClosed(named);
    swaps++;
  }
  printf("swaps %ld rightly %ld wrongly %ld\n", swaps, rightly, wrongly);
  return 0;
}
