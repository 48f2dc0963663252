// A target of eight threads that move amounts between accounts. A mutex guards the accounts, and each thread
// checks the sum of all accounts before each move.
//
//     mutex-accounts LAST        opens 5 to LAST
//
// The leader is one of the threads. It answers a line (see leaks.h) with
//
//     CHECKSUM open N low yes rounds N least N wrong N interrupted 0 -
//
// `rounds` counts the rounds of all threads, `least` those of the slowest thread, and `wrong` the checks and
// sleeps that failed.
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "../leaks.h"

enum { threads = 8, accounts = 256, total = accounts * 1000 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long amounts[accounts];
static uint64_t seal;  // the checksum of the amounts
static atomic_long rounds[threads], wrong;

static uint64_t sealOf(void) {
  uint64_t sum = 0xcbf29ce484222325;
  for (int index = 0; index < accounts; index++) sum = (sum ^ (uint64_t)amounts[index]) * 0x100000001b3;
  return sum;
}

static void move(unsigned *seed) {
  pthread_mutex_lock(&mutex);
  long sum = 0, amount = rand_r(seed) % 100;
  for (int index = 0; index < accounts; index++) sum += amounts[index];
  if (sum != total || sealOf() != seal) wrong++;
  amounts[rand_r(seed) % accounts] += amount;
  amounts[rand_r(seed) % accounts] -= amount;
  seal = sealOf();
  pthread_mutex_unlock(&mutex);
}

static void *work(void *argument) {
  long self = (long)argument;
  unsigned seed = (unsigned)self + 1;
  struct timespec pause = {0, 1000000};
  for (;;) {
    for (int round = 0; round < 20; round++) move(&seed);
    if (nanosleep(&pause, NULL) != 0) wrong++;
    rounds[self]++;
    if (self != 0 || !beginAnswer()) continue;
    long sum = 0, least = rounds[0];
    for (int index = 0; index < threads; index++) {
      sum += rounds[index];
      if (rounds[index] < least) least = rounds[index];
    }
    printf(" rounds %ld least %ld wrong %ld interrupted 0 -\n", sum, least, (long)wrong);
  }
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc != 2) return 2;
  dup2(0, 3);
  dup2(0, 4);
  beginLeaks(argv[1]);
  for (int index = 0; index < accounts; index++) amounts[index] = total / accounts;
  seal = sealOf();
  for (long index = 1; index < threads; index++) {
    pthread_t thread;
    pthread_create(&thread, NULL, work, (void *)index);
  }
  printf("ready\n");
  work(NULL);
}
