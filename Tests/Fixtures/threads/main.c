// A target whose threads start and exit all the time. It counts all of them.
//
//     threads                 prints "ready", and then obeys one order a line:
//     threads exited-leader   the same, from a process whose leader has exited
//     open                    opens 900 to 909; answers "ok"
//     table                   answers which of 100 to 109 and 900 to 909 are open, such as "100 101 900"
//     end                     or the end of the input: prints the counts, and exits
//
// It has four chains, in each of which a thread creates the next thread and exits. It has four long-lived
// threads that create short-lived threads and join them. And it has a pool of 200 threads that wait until the
// end. Each short-lived thread gets a number, and has to have the same number at its end. The last line is
//
//     started N ended N faults N pool N chain N joined N
//
// `started` and `ended` count the short-lived threads, and `faults` what went wrong. `pool` counts the
// threads of the pool that answered at the end. `chain` and `joined` count the short-lived threads of each
// kind.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { chains = 4, parents = 4, poolSize = 200, kept = 100, asked = 900, each = 10, pattern = 0x5A5A };

static atomic_long started, ended, faults, chained, joined;
static atomic_int isEnding, chainsLeft = chains;
static pthread_attr_t detached, joinable;

static struct {
  pthread_mutex_t mutex;
  pthread_cond_t called, answered;
  int isCalled, answers, count;
} pool = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};

// The short life of a thread: it makes a few calls, and none of them may fail. Its number must not change.
static void live(void *number) {
  struct timespec moment = {0, 20000};
  long own = (long)number;
  if (nanosleep(&moment, NULL) != 0) faults++;
  if (getppid() <= 0 || fcntl(kept, F_GETFD) < 0) faults++;
  if (((long)number & 0xFFFF) != pattern || own != (long)number) faults++;
  ended++;
}

static void *nextNumber(void) { return (void *)((atomic_fetch_add(&started, 1) << 16) | pattern); }

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

static void *createAndJoin(void *unused) {
  enum { batch = 3 };
  while (!isEnding) {
    pthread_t children[batch];
    void *numbers[batch], *answer;
    for (int index = 0; index < batch; index++) {
      numbers[index] = nextNumber();
      while (pthread_create(&children[index], &joinable, liveOnce, numbers[index]) != 0) usleep(100);
    }
    for (int index = 0; index < batch; index++) {
      if (pthread_join(children[index], &answer) != 0 || answer != numbers[index]) faults++;
      joined++;
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

static void start(pthread_t *creators) {
  pthread_t thread;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&detached, 64 * 1024);
  pthread_attr_init(&joinable);
  pthread_attr_setstacksize(&joinable, 64 * 1024);
  for (int index = 0; index < poolSize; index++) pthread_create(&thread, &detached, waitInPool, NULL);
  pthread_mutex_lock(&pool.mutex);
  while (pool.count < poolSize) pthread_cond_wait(&pool.answered, &pool.mutex);
  pthread_mutex_unlock(&pool.mutex);
  for (int index = 0; index < parents; index++) pthread_create(&creators[index], NULL, createAndJoin, NULL);
  for (int index = 0; index < chains; index++) pthread_create(&thread, &detached, liveInChain, nextNumber());
}

static void end(pthread_t *creators) {
  struct timespec limit;
  isEnding = 1;
  for (int index = 0; index < parents; index++) pthread_join(creators[index], NULL);
  for (int wait = 0; wait < 5000 && chainsLeft > 0; wait++) usleep(1000);
  clock_gettime(CLOCK_REALTIME, &limit);
  limit.tv_sec += 5;
  pthread_mutex_lock(&pool.mutex);
  pool.isCalled = 1;
  pthread_cond_broadcast(&pool.called);
  while (pool.answers < poolSize && pthread_cond_timedwait(&pool.answered, &pool.mutex, &limit) == 0) {}
  printf("started %ld ended %ld faults %ld pool %d chain %ld joined %ld\n", started, ended, faults,
         pool.answers, chained, joined);
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
  pthread_t creators[parents];
  char line[64];
  openAll(kept);
  start(creators);
  printf("ready\n");
  while (fgets(line, sizeof line, stdin)) {
    if (!strncmp(line, "end", 3)) break;
    if (!strncmp(line, "table", 5)) table();
    if (!strncmp(line, "open", 4)) {
      openAll(asked);
      printf("ok\n");
    }
  }
  end(creators);
  return unused;
}

int main(int argc, char *argv[]) {
  pthread_t thread;
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc > 1 && !strcmp(argv[1], "exited-leader")) {
    pthread_create(&thread, NULL, obey, NULL);
    pthread_exit(NULL);
  }
  obey(NULL);
}
