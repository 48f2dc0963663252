// A target that handles the signals of faults (SIGSEGV, SIGFPE, SIGBUS, SIGILL, SIGTRAP). It reports which
// arrived, with which value, and from which process.
//
//     fault-signals LAST    opens /dev/null at 10 to LAST, and prints "ready"
//
// It answers each line with what has arrived: "SIGNAL VALUE PID ...". PID is -1 if a signal arrived more than
// once. VALUE is -1 if sigqueue(3) did not send it.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const int signals[] = {SIGSEGV, SIGFPE, SIGBUS, SIGILL, SIGTRAP};
enum { count = sizeof signals / sizeof *signals };

static struct { int times, value, sender; } arrived[65];

static void onSignal(int number, siginfo_t *info, void *context) {
  (void)context;
  arrived[number].times++;
  arrived[number].value = info->si_code == SI_QUEUE ? info->si_value.sival_int : -1;
  arrived[number].sender = info->si_pid;
}

int main(int argc, char **argv) {
  struct rlimit limit;
  char line[16];
  if (argc < 2) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  struct sigaction action = {.sa_sigaction = onSignal, .sa_flags = SA_SIGINFO | SA_RESTART};
  for (int index = 0; index < count; index++) sigaction(signals[index], &action, NULL);
  int null = open("/dev/null", O_RDWR);
  for (int number = 10; number <= atoi(argv[1]); number++) dup2(null, number);
  printf("ready\n");
  while (fgets(line, sizeof line, stdin)) {
    const char *separator = "";
    for (int index = 0; index < count; index++) {
      if (arrived[signals[index]].times == 0) continue;
      printf("%s%d %d %d", separator, signals[index], arrived[signals[index]].value,
             arrived[signals[index]].times == 1 ? arrived[signals[index]].sender : -1);
      separator = " ";
    }
    printf("\n");
  }
  return 0;
}
