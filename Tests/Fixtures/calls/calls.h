// What the files of this fixture share; main.c says what it is for.
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { limit = 400, never = 3600 };  // milliseconds of the timed calls; seconds of those that do not time out

// How a call is to be brought to its end.
enum kind {
  given,  // by what it waits for
  kept,   // by its deadline, whatever happens meanwhile
  anew,   // by its timeout, which begins again with every interruption
};

struct call {
  const char *name;
  long (*wait)(void);     // the call; says what it answered
  void (*prepare)(void);  // before the giver is made, which inherits what this opens
  void (*hold)(void);     // in the giver, before the wait
  void (*give)(void);     // in the giver
  void (*drop)(void);     // in the giver, at the end: what would outlive the processes
  enum kind kind;
  long wanted;  // the answer, and the error that belongs to it
  int error;
};

// The call that a function works for, by its place among all.
extern _Thread_local int slot;
// Two descriptors of each call's own: a pipe, where it prepares nothing else.
extern int ends[][2];

// What the giver shares with the waiters.
extern struct shared {
  uint32_t words[128];  // what futexes wait on
  int threads[128];     // who waits
  int isGiven;
} *shared;

extern const char *directory;
extern const struct call timeCalls[], readyCalls[], socketCalls[], ipcCalls[], fileCalls[];

struct timespec after(clockid_t clock, long milliseconds);
void makePipe(void);
// An epoll instance that waits for the first of the two to be readable.
int newEpoll(void);
void makePair(void);
void writeByte(void);
void sendSignal(int number);
// How often the calling thread's handler of SIGUSR1 has run.
extern _Thread_local volatile int handled;
