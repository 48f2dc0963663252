// Runs a program as an older kernel would run it.
//
//     old-kernel FEATURE PROGRAM [ARGUMENT]...     without this call, request or flag
//     old-kernel VERSION PROGRAM [ARGUMENT]...     without all that is newer than this version, such as 5.3
//     old-kernel list                              prints each feature and its version
//
// A filter of seccomp(2) answers with the error of the older kernel. A tracer removes fields that the older
// kernel does not have from the answers of statx(2). Nothing imitates what an older kernel does differently
// in a call that it has.
#include "features.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tracer.h"

static struct sock_filter code[16 * featureCount];
static unsigned short length;

static void add(struct sock_filter step) { code[length++] = step; }

static void load(size_t offset) {
  add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offset));
}

// Adds the steps for one feature, which answer if it is the call and the conditions hold.
static void addFeature(const struct feature *feature) {
  unsigned short jumps[3], count = 0;
  load(offsetof(struct seccomp_data, nr));
  jumps[count++] = length;
  add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, feature->call, 0, 0));
  for (int index = 0; index < 2; index++) {
    const struct condition *condition = feature->conditions + index;
    if (condition->kind == none) break;
    unsigned short test = condition->kind == is ? BPF_JEQ : BPF_JSET;
    load(offsetof(struct seccomp_data, args) + condition->argument * sizeof(__u64));
    jumps[count++] = length;
    add((struct sock_filter)BPF_JUMP(BPF_JMP | test | BPF_K, condition->value, 0, 0));
  }
  unsigned answer = feature->error ? SECCOMP_RET_ERRNO | (unsigned)feature->error : SECCOMP_RET_TRACE;
  add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, answer));
  // A jump that fails goes to the next feature.
  while (count > 0) {
    unsigned short jump = jumps[--count];
    code[jump].jf = (unsigned char)(length - jump - 1);
  }
}

static bool isTaken(const struct feature *feature, const char *name) {
  int major, minor;
  if (sscanf(name, "%d.%d", &major, &minor) == 2) return feature->version > 100 * major + minor;
  return !strcmp(feature->name, name);
}

// Installs the filter, and starts the tracer if a feature needs it.
static int takeAway(const char *name) {
  bool needsTracer = false;
  for (const struct feature *feature = features; feature < features + featureCount; feature++) {
    if (!isTaken(feature, name)) continue;
    addFeature(feature);
    if (feature->error != 0) continue;
    needsTracer = true;
    removeFromAnswers(feature->name);
  }
  if (length == 0) {
    errno = EINVAL;
    return -1;
  }
  add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  struct sock_fprog program = {length, code};
  // The tracer starts first, because the filter would be in force for it, too.
  if (needsTracer && startTracer() != 0) return -1;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char *argv[]) {
  if (argc == 2 && !strcmp(argv[1], "list")) {
    for (const struct feature *feature = features; feature < features + featureCount; feature++)
      printf("%s %d.%d\n", feature->name, feature->version / 100, feature->version % 100);
    return 0;
  }
  if (argc < 3) return 2;
  if (takeAway(argv[1]) != 0) {
    perror(argv[1]);
    return 1;
  }
  execv(argv[2], argv + 2);
  perror(argv[2]);
  return 127;
}
