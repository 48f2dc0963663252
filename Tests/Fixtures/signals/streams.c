// Streams of numbered signals: which signals were sent to which receiver, and which arrived in which order.
#include "signals.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ahead = 200 };  // how many signals of a stream may be pending

struct stream *stream;

void makeStreams(void) {
  static const char *const names[] = {"process", "signalfd", "sigwaitinfo", "sleeper", "sleeper-too",
                                      "worker",  "worker-too", "idler",     "idler-too"};
  const int numbers[] = {TO_PROCESS, TO_DESCRIPTOR, TO_WAIT};
  stream = mmap(NULL, sizeof *stream * streams, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (int index = 0; index < streams; index++)
    stream[index] = (struct stream){
        .name = names[index], .number = index < 3 ? numbers[index] : index % 2 ? TO_THREAD : TO_THREAD_TOO};
}

void receive(struct stream *from, int payload) {
  if (payload != from->next) from->disorder++;
  from->next = payload + 1;
  from->received++;
}

void sendAll(pid_t process, long count) {
  for (long sent = 0; sent < count && getppid() == process;) {
    for (int index = 0; index < streams; index++) {
      struct stream *to = &stream[index];
      siginfo_t info = {.si_code = SI_QUEUE};
      info.si_pid = getpid();
      info.si_value.sival_int = to->sent;
      if (to->sent - to->next >= ahead || sent >= count) continue;
      long answer = to->thread ? syscall(SYS_rt_tgsigqueueinfo, process, to->thread, to->number, &info)
                               : syscall(SYS_rt_sigqueueinfo, process, to->number, &info);
      if (answer != 0) continue;
      to->sent++;
      sent++;
    }
    if (random() % 4) usleep((useconds_t)(random() % 4000));
  }
  if (write(1, "sent\n", 5) != 5) _exit(1);
  // Its exit would send a SIGCHLD that no counter expects.
  while (getppid() == process) usleep(100000);
  _exit(0);
}

int isReceived(void) {
  for (int index = 0; index < streams; index++)
    if (stream[index].received != stream[index].sent) return 0;
  return 1;
}

int isStarted(void) {
  for (int index = 3; index < streams; index++)
    if (!stream[index].thread) return 0;
  return 1;
}
