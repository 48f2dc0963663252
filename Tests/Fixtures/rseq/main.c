// A target whose threads count in per-CPU counters. Each increment is a restartable sequence; see rseq(2) and
// `struct rseq` in linux/rseq.h.
//
//     rseq AREA CALLS
//
// AREA says which `struct rseq` the threads use:
//
//     library     the structure that the C library has registered, if it has
//     own         a thread-local variable that the program registers
//     allocated   memory from the heap that the program registers
//
// For the last two, GLIBC_TUNABLES has to say glibc.pthread.rseq=0. CALLS says which system calls the
// threads make:
//
//     some        the leader counts, too, and often looks for input with poll(2)
//     one         the leader does not count, and waits in read(2)
//     none        all threads count and make no call
//
// The target counts until a line arrives, or until SIGUSR1. Then it ends every thread and answers
//
//     counted N sum N aborts N
//
// `counted` is what the threads counted, and `sum` is what the counters have. Both have to be equal. If
// another thread runs on the CPU in the middle of a sequence, the kernel has to abort the sequence.
// Otherwise an increment is missing from the sum.
#include <linux/rseq.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { threads = 6, cpus = 1024 };

static struct {
  _Alignas(64) long count;
} counters[cpus];
static atomic_int isOver;
static atomic_long counted, aborts;

static const char *area, *calls;
static char line[16];

static struct rseq *register_(struct rseq *own) {
  memset(own, 0, sizeof *own);
  if (syscall(SYS_rseq, own, 32, 0, RSEQ_SIG) == 0) return own;
  printf("none\n");
  exit(0);
}

static struct rseq *areaOfThread(void) {
  static _Thread_local struct rseq own;
  if (!strcmp(area, "own")) return register_(&own);
  if (!strcmp(area, "allocated")) return register_(aligned_alloc(64, 64));
  return (void *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

static void end(int signal) {
  (void)signal;
  isOver = 1;
}

// Adds one to the counter of this CPU. Returns 0 if the kernel aborted the sequence. The way from the load to
// the store, which commits, is long, so that sessions often stop the thread there. An emulated CPU stops only
// at jumps.
#if defined(__aarch64__)
static int increment(struct rseq *area) {
  __asm__ goto volatile(
      R"(
      .pushsection __rseq_cs, "aw"
      .balign 32
    3:
      .long 0, 0
      .quad 1f, 2f - 1f, 4f
      .popsection
      adrp x9, 3b
      add x9, x9, :lo12:3b
      str x9, [%[area], %[current]]
    1:
      ldr w9, [%[area], %[cpu]]
      lsl x9, x9, #6
      add x9, x9, %[counters]
      ldr x10, [x9]
      .rept 80
      b . + 8
      nop
      .endr
      add x10, x10, #1
      str x10, [x9]
    2:
      .pushsection __rseq_abort, "ax"
      .long %c[mark]
    4:
      b %l[aborted]
      .popsection
      )"
      :
      : [area] "r"(area), [counters] "r"(counters), [current] "i"(offsetof(struct rseq, rseq_cs)),
        [cpu] "i"(offsetof(struct rseq, cpu_id_start)), [mark] "i"(RSEQ_SIG)
      : "x9", "x10", "memory", "cc"
      : aborted);
  return 1;
aborted:
  return 0;
}
#else
static int increment(struct rseq *area) {
  __asm__ goto volatile(
      R"(
      .pushsection __rseq_cs, "aw"
      .balign 32
    3:
      .long 0, 0
      .quad 1f, 2f - 1f, 4f
      .popsection
      lea 3b(%%rip), %%rax
      mov %%rax, %c[current](%[area])
    1:
      mov %c[cpu](%[area]), %%eax
      shl $6, %%rax
      add %[counters], %%rax
      mov (%%rax), %%rcx
      .rept 80
      .byte 0xeb, 0, 0x90, 0x90, 0x90  # jmp to the nops
      .endr
      inc %%rcx
      mov %%rcx, (%%rax)
    2:
      .pushsection __rseq_abort, "ax"
      .long 0x53053053
    4:
      jmp %l[aborted]
      .popsection
      )"
      :
      : [area] "r"(area), [counters] "r"(counters), [current] "i"(offsetof(struct rseq, rseq_cs)),
        [cpu] "i"(offsetof(struct rseq, cpu_id_start))
      : "rax", "rcx", "memory", "cc"
      : aborted);
  return 1;
aborted:
  return 0;
}
#endif

static void *count(void *looksForInput) {
  struct rseq *area = areaOfThread();
  struct pollfd input = {.fd = 0, .events = POLLIN};
  long done = 0, failed = 0;
  while (!isOver) {
    for (int index = 0; index < 1000; index++) {
      if (increment(area)) done++;
      else failed++;
    }
    if (looksForInput && poll(&input, 1, 0) > 0) isOver = 1;
  }
  counted += done;
  aborts += failed;
  return NULL;
}

int main(int argc, char *argv[]) {
  pthread_t others[threads - 1];
  setvbuf(stdout, NULL, _IOLBF, 0);
  _Static_assert(sizeof counters[0] == 64, "as in increment");
  if (argc < 3) return 2;
  area = argv[1];
  calls = argv[2];
  if (!strcmp(area, "library") && __rseq_size == 0) {
    printf("none\n");
    return 0;
  }
  signal(SIGUSR1, end);
  for (int index = 0; index < threads - 1; index++) pthread_create(&others[index], NULL, count, NULL);
  printf("ready\n");
  if (!strcmp(calls, "one")) {
    if (read(0, line, sizeof line) <= 0) return 0;
    isOver = 1;
  } else {
    count(strcmp(calls, "none") ? &isOver : NULL);
  }
  for (int index = 0; index < threads - 1; index++) pthread_join(others[index], NULL);
  long sum = 0;
  for (int cpu = 0; cpu < cpus; cpu++) sum += counters[cpu].count;
  printf("counted %ld sum %ld aborts %ld\n", (long)counted, sum, (long)aborts);
  return 0;
}
