// What the files of this fixture share; main.c says what it is for.
#include <signal.h>
#include <stdatomic.h>
#include <sys/types.h>

// Real-time signals, each for one use.
#define TO_PROCESS (SIGRTMIN + 1)
#define TO_THREAD (SIGRTMIN + 2)
#define TO_THREAD_TOO (SIGRTMIN + 3)
#define TO_DESCRIPTOR (SIGRTMIN + 4)
#define TO_WAIT (SIGRTMIN + 5)
#define OF_TIMER (SIGRTMIN + 6)
#define PENDING (SIGRTMIN + 7)
#define PENDING_THREAD (SIGRTMIN + 8)

enum { receivers = 3, streams = 3 + 2 * receivers };

// Signals of one number to one receiver, which the parent and the child that sends them both count.
extern struct stream {
  const char *name;
  int number, thread;  // 0 where they go to the process
  volatile int sent, received, next, disorder;
} *stream;
void makeStreams(void);
void receive(struct stream *from, int payload);
void sendAll(pid_t process, long count);
int isReceived(void);
int isStarted(void);

// How many things are not as they were; each is told on a line of its own.
extern atomic_int changes;
void tellChange(const char *what, long detail);

// Blocks what is to stay blocked, in this thread and those that it makes.
void blockAlways(const char *trap);

// Notes what every thread has of its own: its mask, its alternate stack, a signal that waits for it.
struct own {
  sigset_t mask;
  stack_t stack;
  int payload;
};
void giveStack(void);
int isOnStack(void);
void noteOwn(struct own *own, int payload);
void checkOwn(const struct own *own);

// Notes what is the process's, and leaves signals pending.
void noteShared(void);
void checkShared(void);
