// Stops all threads once, and makes calls in one of them.
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "floor.h"

#if !defined __x86_64__
#error "the floor is measured on x86_64"
#endif

static int *threads;
static size_t thread_count, thread_capacity;

static void add_thread(unsigned tid, void *context) {
  (void)context;
  for (size_t index = 0; index < thread_count; index++)
    if (threads[index] == (int)tid) return;
  if (ptrace(PTRACE_SEIZE, tid, NULL, PTRACE_O_TRACESYSGOOD) != 0) return;
  if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) != 0) fail("PTRACE_INTERRUPT");
  if (thread_count == thread_capacity) {
    thread_capacity = thread_capacity ? 2 * thread_capacity : 64;
    threads = realloc(threads, thread_capacity * sizeof *threads);
    if (!threads) fail("realloc");
  }
  threads[thread_count++] = (int)tid;
}

static void stop_all(int pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  // Repeats until a listing shows no new thread.
  for (size_t before = (size_t)-1, waited = 0; before != thread_count;) {
    before = thread_count;
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) fail(path);
    each_number(directory, add_thread, NULL);
    close(directory);
    for (; waited < thread_count; waited++)
      if (waitpid(threads[waited], NULL, __WALL) < 0) fail("waitpid");
  }
  if (thread_count == 0) fail("PTRACE_SEIZE");
}

// Finds a system call instruction in the vdso, which the kernel maps into every process.
static uint64_t find_syscall(int pid) {
  char path[64], line[512];
  snprintf(path, sizeof path, "/proc/%d/maps", pid);
  FILE *maps = fopen(path, "re");
  uint64_t start = 0, end = 0;
  while (maps && fgets(line, sizeof line, maps))
    if (strstr(line, "[vdso]")) sscanf(line, "%lx-%lx", &start, &end);
  if (!maps || !start) fail("vdso");
  fclose(maps);
  static char code[1 << 16];
  struct iovec here = {code, sizeof code}, there = {(void *)start, end - start};
  if (there.iov_len > sizeof code) there.iov_len = sizeof code;
  ssize_t length = process_vm_readv(pid, &here, 1, &there, 1, 0);
  char *found = length > 0 ? memmem(code, (size_t)length, "\x0f\x05", 2) : NULL;
  if (!found) fail("no system call instruction");
  return start + (uint64_t)(found - code);
}

static struct user_regs_struct saved;
static struct iovec registers = {&saved, sizeof saved};
static uint64_t instruction;

static long call(int tid, long number, long one, long two, long three) {
  struct user_regs_struct changed = saved;
  struct iovec vector = {&changed, sizeof changed};
  changed.rip = instruction;
  changed.rax = (unsigned long)number;
  changed.orig_rax = (unsigned long)-1;
  changed.rdi = (unsigned long)one;
  changed.rsi = (unsigned long)two;
  changed.rdx = (unsigned long)three;
  if (ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &vector) != 0) fail("PTRACE_SETREGSET");
  for (int stop = 0; stop < 2; stop++) {
    if (ptrace(PTRACE_SYSCALL, tid, NULL, NULL) != 0) fail("PTRACE_SYSCALL");
    if (waitpid(tid, NULL, __WALL) < 0) fail("waitpid");
  }
  if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &vector) != 0) fail("PTRACE_GETREGSET");
  return (long)changed.rax;
}

static struct timespec begun;

static void begin(int pid) {
  instruction = find_syscall(pid);
  clock_gettime(CLOCK_MONOTONIC, &begun);
  stop_all(pid);
  if (ptrace(PTRACE_GETREGSET, threads[0], NT_PRSTATUS, &registers) != 0) fail("PTRACE_GETREGSET");
}

static void end(void) {
  if (ptrace(PTRACE_SETREGSET, threads[0], NT_PRSTATUS, &registers) != 0) fail("PTRACE_SETREGSET");
  for (size_t index = 0; index < thread_count; index++) ptrace(PTRACE_DETACH, threads[index], NULL, NULL);
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  long nanoseconds = (now.tv_sec - begun.tv_sec) * 1000000000 + now.tv_nsec - begun.tv_nsec;
  printf("%zu threads stopped for %ld us\n", thread_count, nanoseconds / 1000);
}

void close_in_one_call(int pid, unsigned first, unsigned last) {
  begin(pid);
  long answer = call(threads[0], SYS_close_range, first, last, 0);
  end();
  if (answer != 0) fail("close_range");
}

void close_one_by_one(int pid, unsigned first, unsigned last, unsigned step) {
  begin(pid);
  long answer = 0;
  for (unsigned number = first; number <= last; number += step)
    answer |= call(threads[0], SYS_close, number, 0, 0);
  end();
  if (answer != 0) fail("close");
}
