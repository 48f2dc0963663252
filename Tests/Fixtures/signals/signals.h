// Declarations that the files of this fixture share. main.c describes the fixture.
#include <signal.h>
#include <stdatomic.h>
#include <sys/types.h>

// Real-time signals, each with one use.
#define TO_PROCESS (SIGRTMIN + 1)
#define TO_THREAD (SIGRTMIN + 2)
#define TO_THREAD_TOO (SIGRTMIN + 3)
#define TO_DESCRIPTOR (SIGRTMIN + 4)
#define TO_WAIT (SIGRTMIN + 5)
#define OF_TIMER (SIGRTMIN + 6)
#define PENDING (SIGRTMIN + 7)
#define PENDING_THREAD (SIGRTMIN + 8)

enum { receivers = 3, streams = 3 + 2 * receivers };

// Signals of one number to one receiver. The child counts those that it sends, and the parent those that
// arrive.
extern struct stream {
  const char *name;
  int number, thread;  // `thread` is 0 if the signals go to the process
  volatile int sent, received, next, disorder;
} *stream;
void makeStreams(void);
void receive(struct stream *from, int payload);
void sendAll(pid_t process, long count);
int isReceived(void);
int isStarted(void);

// How many parts of the state have changed. Each is printed on a line of its own.
extern atomic_int changes;
void reportChange(const char *what, long detail);

// Blocks the signals that stay blocked, in this thread and in those that it creates.
void blockAlways(const char *trap);

// The state that each thread has of its own: its mask, its alternate stack, and a signal that is pending for
// it.
struct own {
  sigset_t mask;
  stack_t stack;
  int payload;
};
void giveStack(void);
int isOnStack(void);
void noteOwn(struct own *own, int payload);
void checkOwn(const struct own *own);

// Records the state of the process, and leaves signals pending.
void noteShared(void);
void checkShared(void);
