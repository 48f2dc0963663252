// A target with a thread that sleeps uninterruptibly, while its other threads go on and report how they are.
//
//     uninterruptible-sleep spin           the leader holds values in its registers and below its stack, and
//                                          compares them again and again
//     uninterruptible-sleep read           the leader waits in read(2) on a pipe
//     uninterruptible-sleep stat PATH      the leader calls stat(2) on PATH, and then waits in pause(2)
//     uninterruptible-sleep alone PATH     the same without another thread: the leader obeys the orders later
//
// It prints "ready" and "leader TID". Then another thread obeys one order a line:
//
//     open NUMBER PATH       answers "ok" or the name of the error
//     leak FIRST LAST        opens those numbers, and answers "ok"
//     list                   answers which of 40 to 99 are open, such as "50 60"
//     stat PATH              starts a thread named "worker" that calls stat(2) on PATH; answers its TID
//     vfork MILLISECONDS     starts a thread of that name that waits so long for a vfork(2) child; answers
//                            its TID
//     exec PATH              starts a thread of that name that calls execve(2); answers its TID
//     give                   writes what the leader's read(2) waits for, and answers "ok"
//     turns                  answers "turns N faults N gap N": how often the leader compared, how often a
//                            value was wrong, and the longest time in milliseconds between two comparisons
//                            since the last such order
//
// When the call of a thread returns, the thread prints "stat RESULT ERROR", "vfork STATUS", "exec ERROR" or
// "read RESULT ERROR".
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { firstListed = 40, lastListed = 99 };

static atomic_long turns, faults, gap;
static atomic_int worker;
static int pipeEnds[2];

#if defined(__x86_64__)
// Puts values into the registers and into the red zone below the stack pointer, and counts down. Returns how
// many values have changed.
long holdValues(long count);
__asm__(
    ".text\n.globl holdValues\n.type holdValues, @function\nholdValues:\n"
    "push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
    "movabs $0x123456789abcdef0, %rdx\n mov %rdi, %rcx\n"
    ".set value, 1\n"
    ".irp register, rbx, rbp, rsi, r8, r9, r10, r11, r12, r13, r14, r15\n"
    "lea value(%rdx), %\\register\n .set value, value + 1\n .endr\n"
    ".irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
    "lea 64 + \\number(%rdx), %rax\n movq %rax, %xmm\\number\n"
    "lea 96 + \\number(%rdx), %rax\n mov %rax, -8 - 8 * \\number(%rsp)\n .endr\n"
    "std\n"
    "1: dec %rcx\n jnz 1b\n"
    "pushfq\n pop %rax\n"  // this overwrites the place at -8
    "cld\n shr $10, %rax\n and $1, %rax\n xor $1, %rax\n mov %rax, %rcx\n"
    ".set value, 1\n"
    ".irp register, rbx, rbp, rsi, r8, r9, r10, r11, r12, r13, r14, r15\n"
    "lea value(%rdx), %rax\n cmp %rax, %\\register\n setne %al\n movzbl %al, %eax\n add %rax, %rcx\n"
    ".set value, value + 1\n .endr\n"
    ".irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
    "lea 64 + \\number(%rdx), %rax\n movq %xmm\\number, %rdi\n cmp %rax, %rdi\n"
    "setne %al\n movzbl %al, %eax\n add %rax, %rcx\n .endr\n"
    ".irp number, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
    "lea 96 + \\number(%rdx), %rax\n cmp -8 - 8 * \\number(%rsp), %rax\n"
    "setne %al\n movzbl %al, %eax\n add %rax, %rcx\n .endr\n"
    "movabs $0x123456789abcdef0, %rax\n cmp %rax, %rdx\n"
    "setne %al\n movzbl %al, %eax\n add %rcx, %rax\n"
    "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret\n"
    ".size holdValues, .-holdValues\n");
#else
static long holdValues(long count) {
  for (volatile long left = count; left > 0; left--) {}
  return 0;
}
#endif

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void spin(void) {
  for (long last = now();;) {
    faults += holdValues(200000);
    turns++;
    long here = now();
    if (here - last > gap) gap = here - last;
    last = here;
  }
}

static const char *errorName(long result) { return result < 0 ? strerrorname_np(errno) : "-"; }

static void callStat(const char *path) {
  struct stat status;
  int result = stat(path, &status);
  printf("stat %d %s\n", result, errorName(result));
}

static void *callStatInThread(void *path) {
  prctl(PR_SET_NAME, "worker");
  worker = gettid();
  callStat(path);
  free(path);
  return NULL;
}

static void *vforkInThread(void *milliseconds) {
  int status = -1;
  prctl(PR_SET_NAME, "worker");
  worker = gettid();
  pid_t child = vfork();
  if (child == 0) {
    usleep((useconds_t)atoi(milliseconds) * 1000);
    _exit(7);
  }
  waitpid(child, &status, 0);
  printf("vfork %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  free(milliseconds);
  return NULL;
}

static void *execInThread(void *path) {
  char *arguments[] = {path, NULL};
  prctl(PR_SET_NAME, "worker");
  worker = gettid();
  execv(path, arguments);
  printf("exec %s\n", strerrorname_np(errno));
  free(path);
  return NULL;
}

static void startWorker(void *(*body)(void *), const char *argument) {
  pthread_t thread;
  worker = 0;
  pthread_create(&thread, NULL, body, strdup(argument));
  while (worker == 0) usleep(1000);
  printf("%d\n", worker);
}

// Opens a file at a number, without dup2(2) and close(2): the kernel tells a file server about each close.
static int openAt(int number, const char *path) {
  int fillers[128], count = 0, file;
  while (count < 128 && (file = open("/dev/null", O_RDWR)) >= 0 && file < number) fillers[count++] = file;
  close(file);
  file = open(path, O_RDWR);
  while (count > 0) close(fillers[--count]);
  return file;
}

static void obey(const char *line) {
  char word[32] = "", text[4096] = "";
  int first = -1, last = -1, result = 0;
  sscanf(line, "%31s", word);
  if (!strcmp(word, "list")) {
    for (int number = firstListed; number <= lastListed; number++)
      if (fcntl(number, F_GETFD) >= 0) printf("%d ", number);
    printf("\n");
  } else if (!strcmp(word, "turns")) {
    printf("turns %ld faults %ld gap %ld\n", turns, faults, atomic_exchange(&gap, 0));
  } else if (sscanf(line, "open %d %4095s", &first, text) == 2) {
    result = openAt(first, text);
    printf("%s\n", result < 0 ? errorName(result) : "ok");
  } else if (sscanf(line, "leak %d %d", &first, &last) == 2) {
    for (; first <= last && result >= 0; first++) result = openAt(first, "/dev/null");
    printf("%s\n", result < 0 ? errorName(result) : "ok");
  } else if (sscanf(line, "stat %4095s", text) == 1) startWorker(callStatInThread, text);
  else if (sscanf(line, "vfork %4095s", text) == 1) startWorker(vforkInThread, text);
  else if (sscanf(line, "exec %4095s", text) == 1) startWorker(execInThread, text);
  else if (!strcmp(word, "give")) printf("%s\n", write(pipeEnds[1], "x", 1) == 1 ? "ok" : "not given");
  else printf("what? %s\n", line);
}

static void *obeyAll(void *unused) {
  char line[8192];
  printf("ready\nleader %d\n", getpid());
  while (fgets(line, sizeof line, stdin)) obey(line);
  exit(unused != NULL);
}

int main(int argc, char *argv[]) {
  pthread_t thread;
  char byte;
  if (argc < 2) return 2;
  const char *mode = argv[1], *path = argc > 2 ? argv[2] : "";
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (pipe(pipeEnds) != 0) return 1;
  if (!strcmp(mode, "alone")) {
    openAt(50, "/dev/null");
    callStat(path);
    obeyAll(NULL);
  }
  pthread_create(&thread, NULL, obeyAll, NULL);
  if (!strcmp(mode, "spin")) spin();
  if (!strcmp(mode, "stat")) callStat(path);
  if (!strcmp(mode, "read")) {
    long result = read(pipeEnds[0], &byte, 1);
    printf("read %ld %s\n", result, errorName(result));
  }
  for (;;) pause();
}
