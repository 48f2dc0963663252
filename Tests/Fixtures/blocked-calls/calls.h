// Declarations that the files of this fixture share. main.c describes the fixture.
#include <stddef.h>
#include <stdint.h>
#include <time.h>

// The timeout of timed calls in milliseconds; a timeout in seconds that is longer than any test.
enum { limit = 400, never = 3600 };

// What ends a call.
enum kind {
  given,  // the event that it waits for
  kept,   // its deadline, which interruptions do not move
  anew,   // its timeout, which starts again after each interruption
};

struct call {
  const char *name;
  long (*wait)(void);     // makes the call; returns its result
  void (*prepare)(void);  // runs before the fork of the giver, which inherits what this opens
  void (*hold)(void);     // runs in the giver, before the wait
  void (*give)(void);     // runs in the giver, and makes the event happen
  void (*drop)(void);     // runs in the giver at the end, and removes what would outlive the processes
  enum kind kind;
  long wanted;  // the correct result
  int error;    // the errno that belongs to it
  long newer;   // the number of the system call if there are kernels without it since 5.3
};

// The index of the call that the running function works for.
extern _Thread_local int slot;
// Two descriptors for each call. They are a pipe if the call has no `prepare`.
extern int ends[][2];

// Memory that the giver and the waiting threads share.
extern struct shared {
  uint32_t words[128];  // futexes
  int threads[128];     // the IDs of the waiting threads
  int isGiven;
} *shared;

extern const char *directory;
extern const struct call timeCalls[], readyCalls[], socketCalls[], ipcCalls[], fileCalls[];

struct timespec after(clockid_t clock, long milliseconds);
void makePipe(void);
// Makes an epoll instance that waits until the first of the two descriptors is readable.
int newEpoll(void);
void makePair(void);
void writeByte(void);
void sendSignal(int number);
// How often the handler of SIGUSR1 has run in the calling thread.
extern _Thread_local volatile int handled;
