#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "floor.h"

void fail(const char *what) {
  perror(what);
  exit(1);
}

int main(int argc, char **argv) {
  const char *work = argc > 2 ? argv[1] : "";
  int pid = argc > 2 ? atoi(argv[2]) : 0;
  unsigned first = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
  unsigned last = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : first;
  if (strcmp(work, "deleted") == 0) {
    find_deleted(pid);
  } else if (strcmp(work, "tables") == 0) {
    read_socket_tables(pid);
  } else if (strcmp(work, "compare") == 0) {
    compare_tables(pid);
  } else if (strcmp(work, "range") == 0 && argc > 4) {
    close_in_one_call(pid, first, last);
  } else if (strcmp(work, "each") == 0 && argc > 5) {
    close_one_by_one(pid, first, last, (unsigned)strtoul(argv[5], NULL, 10));
  } else {
    fprintf(stderr, "usage: floor deleted|tables|compare PID\n"
                    "       floor range PID FIRST LAST\n"
                    "       floor each PID FIRST LAST STEP\n");
    return 2;
  }
  return 0;
}
