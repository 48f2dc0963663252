// The maps, programs, links and other descriptors that bpf(2) makes.
#include "kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Constants of <linux/bpf.h> and <linux/mount.h> that the headers of some systems do not have yet.
enum { tokenCreate = 36, perfEvent = 41, setString = 1, createNew = 6 };

static int bpf(int command, union bpf_attr *attributes) {
  return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

static int openMap(enum bpf_map_type type, unsigned keySize, unsigned valueSize, unsigned entries) {
  union bpf_attr wanted = {.map_type = type, .key_size = keySize, .value_size = valueSize,
                           .max_entries = entries, .map_name = "kinds"};
  return bpf(BPF_MAP_CREATE, &wanted);
}

// Loads a program that returns 0.
static int load(enum bpf_prog_type type, enum bpf_attach_type attach, unsigned attachId) {
  struct bpf_insn code[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
      {.code = BPF_JMP | BPF_EXIT},
  };
  union bpf_attr wanted = {.prog_type = type, .insns = (uintptr_t)code, .insn_cnt = 2,
                           .license = (uintptr_t) "GPL", .expected_attach_type = attach,
                           .attach_btf_id = attachId, .prog_name = "kinds"};
  return bpf(BPF_PROG_LOAD, &wanted);
}

static void makeMaps(void) {
  say("bpf-map-hash", "bpf-map", openMap(BPF_MAP_TYPE_HASH, 4, 8, 16));
  say("bpf-map-array", "bpf-map", openMap(BPF_MAP_TYPE_ARRAY, 4, 8, 16));
  say("bpf-map-ringbuf", "bpf-map", openMap(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096));
  say("bpf-map-programs", "bpf-map", openMap(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 16));
}

// Returns how many bytes follow the header of a type.
static size_t detail(const struct btf_type *type) {
  size_t count = BTF_INFO_VLEN(type->info);
  switch (BTF_INFO_KIND(type->info)) {
    case BTF_KIND_INT: case BTF_KIND_VAR: case 17 /* DECL_TAG */: return 4;
    case BTF_KIND_ARRAY: return sizeof(struct btf_array);
    case BTF_KIND_STRUCT: case BTF_KIND_UNION: return count * sizeof(struct btf_member);
    case BTF_KIND_ENUM: case BTF_KIND_FUNC_PROTO: return count * 8;
    case BTF_KIND_DATASEC: case 19 /* ENUM64 */: return count * 12;
    default: return 0;
  }
}

// Reads the kernel's description of its types. Returns NULL if that fails.
static struct btf_header *readTypes(void) {
  int file = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (file < 0) return NULL;
  fstat(file, &status);
  char *bytes = malloc((size_t)status.st_size);
  ssize_t length = 0, part = 1;
  while (bytes && length < status.st_size && part > 0) {
    part = read(file, bytes + length, (size_t)(status.st_size - length));
    if (part > 0) length += part;
  }
  close(file);
  if (length == status.st_size) return (void *)bytes;
  free(bytes);
  return NULL;
}

// Returns the number of a function among the types, or 0 if there is no such function.
static unsigned functionId(const char *name) {
  unsigned found = 0;
  struct btf_header *header = readTypes();
  if (!header) return 0;
  const char *strings = (char *)header + header->hdr_len + header->str_off;
  char *next = (char *)header + header->hdr_len + header->type_off, *end = next + header->type_len;
  for (unsigned id = 1; next < end && !found; id++) {
    const struct btf_type *type = (void *)next;
    if (BTF_INFO_KIND(type->info) == BTF_KIND_FUNC && !strcmp(strings + type->name_off, name)) found = id;
    next += sizeof *type + detail(type);
  }
  free(header);
  return found;
}

// Makes an iterator over tasks, and one run of it.
static void makeIterator(void) {
  int program = load(BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, functionId("bpf_iter_task"));
  say("bpf-prog-iter", "bpf-prog", program);
  union bpf_attr wanted = {.link_create = {.prog_fd = (__u32)program, .attach_type = BPF_TRACE_ITER}};
  int link = program < 0 ? -1 : bpf(BPF_LINK_CREATE, &wanted);
  say("bpf-link-iter", "bpf-link", link);
  union bpf_attr walk = {.iter_create = {.link_fd = (__u32)link}};
  say("bpf-iter", "bpf-iter", link < 0 ? -1 : bpf(BPF_ITER_CREATE, &walk));
}

static void makeLinks(void) {
  int raw = load(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0);
  say("bpf-prog-tracepoint", "bpf-prog", raw);
  // This event hardly ever happens.
  const char *name = "oom_score_adj_update";
  union bpf_attr point = {.raw_tracepoint = {.name = (uintptr_t)name, .prog_fd = (__u32)raw}};
  say("bpf-link-tracepoint", "bpf-link", raw < 0 ? -1 : bpf(BPF_RAW_TRACEPOINT_OPEN, &point));
  // This counter is disabled.
  int program = load(BPF_PROG_TYPE_PERF_EVENT, 0, 0), error;
  struct perf_event_attr attributes = {.type = PERF_TYPE_SOFTWARE, .size = sizeof attributes, .disabled = 1,
                                       .config = PERF_COUNT_SW_CPU_CLOCK, .sample_period = 1000000000};
  int counter = program < 0 ? -1 : (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0L);
  union bpf_attr wanted = {.link_create = {.prog_fd = (__u32)program, .target_fd = (__u32)counter,
                                           .attach_type = perfEvent}};
  int link = counter < 0 ? -1 : bpf(BPF_LINK_CREATE, &wanted);
  error = errno;
  // The link holds both.
  if (counter >= 0) close(counter);
  if (program >= 0) close(program);
  errno = error;
  say("bpf-link-perf", "bpf-link", link);
}

// Loads the description of one type, an int.
static void makeTypes(void) {
  struct { struct btf_header header; struct btf_type type; uint32_t format; char strings[8]; } types = {
      .header = {.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof types.header,
                 .type_len = sizeof types.type + 4, .str_off = sizeof types.type + 4, .str_len = 5},
      .type = {.name_off = 1, .info = BTF_KIND_INT << 24, .size = 4},
      .format = BTF_INT_SIGNED << 24 | 32,
      .strings = "\0int",
  };
  size_t size = types.header.hdr_len + types.header.str_off + types.header.str_len;
  union bpf_attr wanted = {.btf = (uintptr_t)&types, .btf_size = (__u32)size};
  say("btf", "btf", bpf(BPF_BTF_LOAD, &wanted));
}

// A token belongs to a user namespace. This process has the rights to set up the mount that the token needs.
static int user = -1, context = -1, mount = -1;

static int openUser(void) { return open("/proc/self/ns/user", O_RDONLY); }
static int openContext(void) {
  return enter(user, CLONE_NEWNS) != 0 ? -1 : (int)syscall(SYS_fsopen, "bpf", 0);
}
static int openToken(void) {
  struct { uint32_t flags, root; char rest[128]; } wanted = {0};
  if (enter(user, CLONE_NEWNS) != 0) return -1;
  // The descriptor of the mount itself is an O_PATH one, which the kernel does not accept here.
  wanted.root = (uint32_t)openat(mount, ".", O_RDONLY | O_DIRECTORY);
  return (int)syscall(SYS_bpf, tokenCreate, &wanted, sizeof wanted);
}

static void makeToken(void) {
  int token = -1, error;
  if ((user = fromChild(CLONE_NEWUSER, openUser)) >= 0) context = fromChild(0, openContext);
  if (context >= 0 && syscall(SYS_fsconfig, context, setString, "delegate_cmds", "any", 0) == 0 &&
      syscall(SYS_fsconfig, context, createNew, NULL, NULL, 0) == 0)
    mount = (int)syscall(SYS_fsmount, context, 0, 0);
  if (mount >= 0) token = fromChild(0, openToken);
  error = errno;
  close(user), close(context), close(mount);
  errno = error;
  say("bpf-token", "bpf-token", token);
}

void makePrograms(void) {
  union bpf_attr statistics = {.enable_stats = {.type = BPF_STATS_RUN_TIME}};
  makeMaps();
  say("bpf-prog-filter", "bpf-prog", load(BPF_PROG_TYPE_SOCKET_FILTER, 0, 0));
  makeIterator();
  makeLinks();
  makeTypes();
  // While this is open, the kernel measures the time that programs take.
  say("bpf-stats", "bpf-stats", bpf(BPF_ENABLE_STATS, &statistics));
  makeToken();
}
