// The common part of fixtures that answer questions while they work: they open the same descriptors again
// and again, and an answer takes some computing.
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { firstLeak = 5 };

static int lastLeak;

// Opens every number from 5 to `lastLeak` that is closed. Each gets an open file of its own.
// Returns how many were open before.
static int fillLeaks(void) {
  int open_ = 0;
  for (int number = firstLeak; number <= lastLeak; number++) {
    if (fcntl(number, F_GETFD) >= 0) {
      open_++;
      continue;
    }
    int descriptor = open("/dev/null", O_RDONLY);
    if (descriptor < 0) _exit(3);
    if (descriptor != number) {
      dup2(descriptor, number);
      close(descriptor);
    }
  }
  return open_;
}

// Reads LAST from the argument, raises the limit of descriptors, and opens the numbers up to LAST.
static void beginLeaks(const char *last) {
  struct rlimit limit;
  // musl's setrlimit(3) would bring sigaction(3), and with it the trampoline, into a static program.
  prlimit(0, RLIMIT_NOFILE, NULL, &limit);
  limit.rlim_cur = limit.rlim_max;
  prlimit(0, RLIMIT_NOFILE, &limit, NULL);
  prlimit(0, RLIMIT_CORE, &(struct rlimit){0, 0}, NULL);
  lastLeak = atoi(last);
  fillLeaks();
}

// Reads a line if one has arrived, and begins the answer:
//
//     CHECKSUM open N low yes
//
// The checksum is FNV-1a of the line. N is how many of the numbers from 5 to LAST were open; all of them are
// open again afterwards. `low` says whether every number below 5 is still open.
// Returns 0 if no line has arrived. Exits at the end of the input.
static int beginAnswer(void) {
  static char line[256];
  struct pollfd input = {.fd = 0, .events = POLLIN};
  if (poll(&input, 1, 0) == 0) return 0;
  ssize_t length = read(0, line, sizeof line);
  if (length <= 0) _exit(0);
  uint64_t sum = 0xcbf29ce484222325;
  for (ssize_t index = 0; index < length - 1; index++) sum = (sum ^ (uint8_t)line[index]) * 0x100000001b3;
  int low = 1;
  for (int number = 0; number < firstLeak; number++) low &= fcntl(number, F_GETFD) >= 0;
  printf("%llu open %d low %s", (unsigned long long)sum, fillLeaks(), low ? "yes" : "no");
  return 1;
}
