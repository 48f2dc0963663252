// A target whose threads are born and die all the time, and are all accounted for.
//
//     threads            then, when it said "ready", one command a line:
//     threads headless   the same, from a process whose leader has exited
//     open               opens 900 to 909; answers "ok"
//     table              answers which of 100 to 109 and 900 to 909 are open, such as "100 101 900"
//     end                or the end of the input: answers, and exits
//
// Four chains, in each of which a thread makes the next and exits; four long-lived threads that make
// short-lived ones and join them; and a pool of 200 that wait to be called. Each born thread is given a
// number and must get to its end with it. The last words are "born N ended N faults N pool N chain N nursed
// N": how many there were, what went wrong, how many of the pool answered the last call, and how many were
// born of which kind.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { chains = 4, nurses = 4, poolSize = 200, kept = 100, asked = 900, each = 10, pattern = 0x5A5A };

static atomic_long born, ended, faults, chained, nursed;
static atomic_int isEnding, chainsLeft = chains;
static pthread_attr_t detached, joined;

static struct {
  pthread_mutex_t mutex;
  pthread_cond_t called, answered;
  int isCalled, answers, count;
} pool = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};

// A short life: a few calls, none of which may fail, and the number must be the one that was given.
static void live(void *number) {
  struct timespec moment = {0, 20000};
  long own = (long)number;
  if (nanosleep(&moment, NULL) != 0) faults++;
  if (getppid() <= 0 || fcntl(kept, F_GETFD) < 0) faults++;
  if (((long)number & 0xFFFF) != pattern || own != (long)number) faults++;
  ended++;
}

static void *nextNumber(void) { return (void *)((atomic_fetch_add(&born, 1) << 16) | pattern); }

static void *liveInChain(void *number) {
  pthread_t next;
  chained++;
  live(number);
  if (isEnding) {
    chainsLeft--;
    return NULL;
  }
  void *following = nextNumber();
  while (pthread_create(&next, &detached, liveInChain, following) != 0) usleep(100);
  return NULL;
}

static void *liveOnce(void *number) {
  live(number);
  return number;
}

static void *nurse(void *unused) {
  enum { litter = 3 };
  while (!isEnding) {
    pthread_t young[litter];
    void *numbers[litter], *answer;
    for (int index = 0; index < litter; index++) {
      numbers[index] = nextNumber();
      while (pthread_create(&young[index], &joined, liveOnce, numbers[index]) != 0) usleep(100);
    }
    for (int index = 0; index < litter; index++) {
      if (pthread_join(young[index], &answer) != 0 || answer != numbers[index]) faults++;
      nursed++;
    }
  }
  return unused;
}

static void *waitInPool(void *unused) {
  pthread_mutex_lock(&pool.mutex);
  pool.count++;
  pthread_cond_signal(&pool.answered);
  while (!pool.isCalled) pthread_cond_wait(&pool.called, &pool.mutex);
  pool.answers++;
  pthread_cond_signal(&pool.answered);
  pthread_mutex_unlock(&pool.mutex);
  return unused;
}

static void start(pthread_t *nursing) {
  pthread_t thread;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&detached, 64 * 1024);
  pthread_attr_init(&joined);
  pthread_attr_setstacksize(&joined, 64 * 1024);
  for (int index = 0; index < poolSize; index++) pthread_create(&thread, &detached, waitInPool, NULL);
  pthread_mutex_lock(&pool.mutex);
  while (pool.count < poolSize) pthread_cond_wait(&pool.answered, &pool.mutex);
  pthread_mutex_unlock(&pool.mutex);
  for (int index = 0; index < nurses; index++) pthread_create(&nursing[index], NULL, nurse, NULL);
  for (int index = 0; index < chains; index++) pthread_create(&thread, &detached, liveInChain, nextNumber());
}

static void end(pthread_t *nursing) {
  struct timespec limit;
  isEnding = 1;
  for (int index = 0; index < nurses; index++) pthread_join(nursing[index], NULL);
  for (int wait = 0; wait < 5000 && chainsLeft > 0; wait++) usleep(1000);
  clock_gettime(CLOCK_REALTIME, &limit);
  limit.tv_sec += 5;
  pthread_mutex_lock(&pool.mutex);
  pool.isCalled = 1;
  pthread_cond_broadcast(&pool.called);
  while (pool.answers < poolSize && pthread_cond_timedwait(&pool.answered, &pool.mutex, &limit) == 0) {}
  printf("born %ld ended %ld faults %ld pool %d chain %ld nursed %ld\n", born, ended, faults, pool.answers,
         chained, nursed);
  exit(0);
}

static void openAll(int first) {
  int file = open("/dev/null", O_RDONLY);
  for (int number = first; number < first + each; number++)
    if (dup2(file, number) != number) faults++;
  close(file);
}

static void table(void) {
  const int first[] = {kept, asked};
  for (int group = 0; group < 2; group++)
    for (int index = 0; index < each; index++)
      if (fcntl(first[group] + index, F_GETFD) >= 0) printf("%d ", first[group] + index);
  printf("\n");
}

static void *obey(void *unused) {
  pthread_t nursing[nurses];
  char line[64];
  openAll(kept);
  start(nursing);
  printf("ready\n");
  while (fgets(line, sizeof line, stdin)) {
    if (!strncmp(line, "end", 3)) break;
    if (!strncmp(line, "table", 5)) table();
    if (!strncmp(line, "open", 4)) {
      openAll(asked);
      printf("ok\n");
    }
  }
  end(nursing);
  return unused;
}

int main(int argc, char *argv[]) {
  pthread_t thread;
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc > 1 && !strcmp(argv[1], "headless")) {
    pthread_create(&thread, NULL, obey, NULL);
    pthread_exit(NULL);
  }
  obey(NULL);
}
