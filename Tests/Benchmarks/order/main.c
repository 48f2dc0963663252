// Runs a static program, and prints the names of its functions in the order in which it enters them.
//
//     order COMMAND [ARGUMENT...]    prints to standard error
//
// It writes a breakpoint to the first byte of each function, and removes it when a thread meets it. The
// program needs its symbols, so it must not be stripped.
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#if !defined __x86_64__
#error "the breakpoints are those of x86_64"
#endif

enum { breakpoint = 0xCC };

struct function {
  uint64_t address;
  const char *name;
  unsigned char first;
  bool isArmed;
};

static struct function *functions;
static size_t count;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int compare(const void *one, const void *other) {
  uint64_t left = ((const struct function *)one)->address, right = ((const struct function *)other)->address;
  return (left > right) - (left < right);
}

// Reads the functions from the symbol table of a program, ascending by address.
static void readFunctions(const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) fail(path);
  const char *image = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  if (image == MAP_FAILED) fail(path);
  const Elf64_Ehdr *header = (const void *)image;
  const Elf64_Shdr *sections = (const void *)(image + header->e_shoff);
  for (const Elf64_Shdr *table = sections; table < sections + header->e_shnum; table++) {
    if (table->sh_type != SHT_SYMTAB) continue;
    const Elf64_Sym *symbols = (const void *)(image + table->sh_offset);
    const char *names = image + sections[table->sh_link].sh_offset;
    size_t most = table->sh_size / sizeof *symbols;
    functions = calloc(most, sizeof *functions);
    if (!functions) fail("calloc");
    for (size_t index = 0; index < most; index++) {
      unsigned type = ELF64_ST_TYPE(symbols[index].st_info);
      if (type == STT_FUNC && symbols[index].st_shndx != SHN_UNDEF && symbols[index].st_size > 0)
        functions[count++] =
            (struct function){symbols[index].st_value, names + symbols[index].st_name, 0, true};
    }
  }
  if (count == 0) fprintf(stderr, "%s: no symbols\n", path), exit(1);
  qsort(functions, count, sizeof *functions, compare);
}

static void arm(int memory) {
  for (size_t index = 0; index < count; index++) {
    struct function *function = &functions[index];
    // Two names may have one address.
    if (index > 0 && function[-1].address == function->address) function->isArmed = false;
    if (!function->isArmed) continue;
    unsigned char code = breakpoint;
    if (pread(memory, &function->first, 1, (off_t)function->address) != 1) fail("pread");
    if (pwrite(memory, &code, 1, (off_t)function->address) != 1) fail("pwrite");
  }
}

// Prints the function at whose first byte a thread has met the breakpoint; false if there is none.
static bool pass(int memory, pid_t thread) {
  struct user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, thread, NULL, &registers) != 0) return false;
  struct function key = {.address = registers.rip - 1};
  struct function *found = bsearch(&key, functions, count, sizeof *functions, compare);
  if (!found) return false;
  while (found > functions && found[-1].address == key.address) found--;
  if (found->isArmed) {
    found->isArmed = false;
    if (pwrite(memory, &found->first, 1, (off_t)found->address) != 1) fail("pwrite");
    for (struct function *name = found; name < functions + count && name->address == key.address; name++)
      fprintf(stderr, "%s\n", name->name);
  }
  registers.rip = key.address;
  if (ptrace(PTRACE_SETREGS, thread, NULL, &registers) != 0) fail("PTRACE_SETREGS");
  return true;
}

int main(int argc, char **argv) {
  if (argc < 2) return fprintf(stderr, "usage: order COMMAND [ARGUMENT...]\n"), 2;
  readFunctions(argv[1]);
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    execv(argv[1], argv + 1);
    fail(argv[1]);
  }
  int status;
  if (waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status)) return 1;
  if (ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL) != 0) fail("ptrace");
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/mem", child);
  int memory = open(path, O_RDWR | O_CLOEXEC);
  if (memory < 0) fail(path);
  arm(memory);
  ptrace(PTRACE_CONT, child, NULL, NULL);
  for (pid_t thread; (thread = waitpid(-1, &status, __WALL)) > 0;) {
    if (!WIFSTOPPED(status)) {
      if (thread == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
      continue;
    }
    int signal = WSTOPSIG(status);
    bool isOurs = status >> 16 != 0 || (signal == SIGTRAP && pass(memory, thread));
    // A new thread begins with a stop.
    if (signal == SIGSTOP) isOurs = true;
    ptrace(PTRACE_CONT, thread, NULL, (void *)(uintptr_t)(isOurs ? 0 : signal));
  }
  return 1;
}
