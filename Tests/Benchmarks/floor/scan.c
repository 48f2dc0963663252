// Reads the descriptors of a process from outside, in the shortest way.
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "floor.h"

struct entry {
  uint64_t inode;
  int64_t offset;
  unsigned short length;
  unsigned char type;
  char name[];
};

void each_number(int directory, void (*body)(unsigned, void *), void *context) {
  static char buffer[1 << 15];
  long filled;
  while ((filled = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
    for (long start = 0; start < filled;) {
      struct entry *entry = (struct entry *)(buffer + start);
      start += entry->length;
      char *end;
      unsigned long number = strtoul(entry->name, &end, 10);
      if (end > entry->name && !*end) body((unsigned)number, context);
    }
  }
}

static int open_below(int pid, const char *name, int flags) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  int descriptor = open(path, flags | O_CLOEXEC);
  if (descriptor < 0) fail(path);
  return descriptor;
}

static void print_if_deleted(unsigned number, void *context) {
  char name[16];
  snprintf(name, sizeof name, "%u", number);
  struct stat status;
  if (fstatat(*(int *)context, name, &status, 0) == 0 && status.st_nlink == 0) printf("%u\n", number);
}

void find_deleted(int pid) {
  int directory = open_below(pid, "fd", O_RDONLY | O_DIRECTORY);
  each_number(directory, print_if_deleted, &directory);
}

static void compare_table(unsigned number, void *context) {
  enum { kcmp_files = 2 };
  int pid = *(int *)context;
  if ((int)number != pid && syscall(SYS_kcmp, number, pid, kcmp_files, 0L, 0L) == 0) printf("%u\n", number);
}

void compare_tables(int pid) {
  int directory = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) fail("/proc");
  each_number(directory, compare_table, &pid);
}

void read_socket_tables(int pid) {
  static const char *const tables[] = {"net/tcp", "net/tcp6"};
  static char buffer[1 << 16];
  for (size_t index = 0; index < sizeof tables / sizeof *tables; index++) {
    int table = open_below(pid, tables[index], O_RDONLY);
    while (read(table, buffer, sizeof buffer) > 0) continue;
    close(table);
  }
}
