// Mounts a FUSE file system with one file, `file`. The file accepts every write and answers an error to
// close(2).
//
//     fuse-server DIRECTORY ERRNO           prints "ready", and serves until its input ends
//     fuse-server DIRECTORY ERRNO hold      the same, but leaves close(2) of the file, read(2) of it, and any
//                                           lookup of the name `slow` without an answer until a line arrives
//     fuse-server DIRECTORY ERRNO interrupt
//                                           from the line "hold" on, holds each request that belongs to a
//                                           call; answers EINTR to it when FUSE_INTERRUPT arrives, and prints
//                                           "interrupted"; at any other line answers it, and holds no more
//     fuse-server DIRECTORY ERRNO private   the file system belongs to nobody (65534); no other user may use
//                                           it, not even root
//
// It prints "held" for each request that it leaves without an answer. It does not answer FUSE_INTERRUPT
// either, except with `interrupt`. It speaks only the part of the FUSE protocol that this needs; see
// <linux/fuse.h>. It needs the right to call mount(2).
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { fileNode = 2, linkNode, folderNode, cachedNode, mostHeld = 64 };

static int device, holds, heldCount, flushError, isInterruptible, isHolding;
// The request that is held with `interrupt`.
static char heldRequest[FUSE_MIN_READ_BUFFER + 65536];
static struct fuse_in_header held[mostHeld];

static void reply(const struct fuse_in_header *request, int error, const void *body, size_t length) {
  struct fuse_out_header header = {(uint32_t)(sizeof header + length), -error, request->unique};
  struct iovec parts[2] = {{&header, sizeof header}, {(void *)body, length}};
  (void)!writev(device, parts, length ? 2 : 1);
}

static struct fuse_attr attributes(uint64_t node) {
  static const uint32_t modes[] = {S_IFDIR | 0755, S_IFREG | 0777, S_IFLNK | 0777, S_IFDIR | 0755,
                                   S_IFREG | 0777};
  return (struct fuse_attr){.ino = node, .mode = modes[node - 1], .nlink = 1, .blksize = 4096,
                            .size = isInterruptible && (node == fileNode || node == cachedNode) ? 4096 : 0};
}

static void answerLookup(const struct fuse_in_header *request, uint64_t node) {
  struct fuse_entry_out out = {.nodeid = node, .attr_valid = !isInterruptible, .attr = attributes(node)};
  reply(request, 0, &out, sizeof out);
}

static void hold(const struct fuse_in_header *request) {
  if (heldCount < mostHeld) held[heldCount++] = *request;
  printf("held\n");
}

static void answerHeld(void) {
  for (int index = 0; index < heldCount; index++)
    if (held[index].opcode == FUSE_FLUSH) reply(&held[index], flushError, NULL, 0);
    else if (held[index].opcode == FUSE_READ) reply(&held[index], EIO, NULL, 0);
    else answerLookup(&held[index], fileNode);
  heldCount = 0;
}

// The requests of calls that only the mode `interrupt` serves.
static void serveRest(const struct fuse_in_header *request, const char *body) {
  struct fuse_open_out opened = {.open_flags = 0};
  struct fuse_statfs_out statistics = {.st = {.bsize = 4096, .namelen = 255}};
  struct fuse_getxattr_out size = {.size = 4};
  struct fuse_lseek_out place = {.offset = 0};
  // struct fuse_dirent: inode, offset, length of the name, type, name.
  struct { uint64_t inode, offset; uint32_t length, type; char name[8]; } entry = {2, 1, 4, DT_REG, "file"};
  switch (request->opcode) {
    case FUSE_OPENDIR: reply(request, 0, &opened, sizeof opened); break;
    case FUSE_READDIR:
      reply(request, 0, &entry, ((const struct fuse_read_in *)body)->offset ? 0 : sizeof entry);
      break;
    case FUSE_STATFS: reply(request, 0, &statistics, sizeof statistics); break;
    case FUSE_READLINK: reply(request, 0, "file", 4); break;
    case FUSE_GETXATTR:
    case FUSE_LISTXATTR: reply(request, 0, &size, sizeof size); break;
    case FUSE_LSEEK: reply(request, 0, &place, sizeof place); break;
    case FUSE_ACCESS:
    case FUSE_FSYNC:
    case FUSE_FALLOCATE:
    case FUSE_UNLINK: reply(request, 0, NULL, 0); break;
    case FUSE_MKDIR: answerLookup(request, folderNode); break;
    default: reply(request, ENOSYS, NULL, 0);
  }
}

static void serve(const struct fuse_in_header *request, const char *body) {
  switch (request->opcode) {
    case FUSE_INIT: {
      struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
                                  .max_write = 4096};
      reply(request, 0, &out, sizeof out);
      break;
    }
    case FUSE_LOOKUP:
      if (holds && !strcmp(body, "slow")) hold(request);
      else if (!strcmp(body, "file") || !strcmp(body, "ld-file")) answerLookup(request, fileNode);
      else if (isInterruptible && !strcmp(body, "link")) answerLookup(request, linkNode);
      else if (isInterruptible && !strcmp(body, "folder")) answerLookup(request, folderNode);
      else if (isInterruptible && !strcmp(body, "cached")) answerLookup(request, cachedNode);
      else reply(request, ENOENT, NULL, 0);
      break;
    case FUSE_GETATTR:
    case FUSE_SETATTR: {
      struct fuse_attr_out out = {.attr_valid = !isInterruptible, .attr = attributes(request->nodeid)};
      reply(request, 0, &out, sizeof out);
      break;
    }
    case FUSE_OPEN: {
      struct fuse_open_out out = {.open_flags = request->nodeid == cachedNode ? 0 : FOPEN_DIRECT_IO};
      reply(request, 0, &out, sizeof out);
      break;
    }
    case FUSE_READ:
      if (holds) hold(request);
      else if (isInterruptible) reply(request, 0, "data", 4);
      else reply(request, EIO, NULL, 0);
      break;
    case FUSE_WRITE: {
      struct fuse_write_out out = {.size = ((const struct fuse_write_in *)body)->size};
      reply(request, 0, &out, sizeof out);
      break;
    }
    case FUSE_FLUSH:
      if (holds) hold(request);
      else reply(request, flushError, NULL, 0);
      break;
    case FUSE_RELEASE:
    case FUSE_RELEASEDIR: reply(request, 0, NULL, 0); break;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT: break;
    default:
      if (isInterruptible) serveRest(request, body);
      else reply(request, ENOSYS, NULL, 0);
  }
}

static int isEndOfUse(uint32_t opcode) {
  return opcode == FUSE_FLUSH || opcode == FUSE_RELEASE || opcode == FUSE_RELEASEDIR ||
         opcode == FUSE_FORGET || opcode == FUSE_BATCH_FORGET;
}

// Before fallocate(2), the kernel asks for the capabilities of the file, which the call removes. It ignores
// the error of this request.
static int isAboutCapabilities(const struct fuse_in_header *request, const char *body) {
  return request->opcode == FUSE_GETXATTR &&
         !strcmp(body + sizeof(struct fuse_getxattr_in), "security.capability");
}

// With `interrupt`: holds a request, answers EINTR to it, or serves it.
static void serveInterruptibly(const struct fuse_in_header *request, const char *body) {
  const struct fuse_in_header *kept = (const void *)heldRequest;
  if (request->opcode == FUSE_INTERRUPT) {
    if (kept->len == 0 || kept->unique != ((const struct fuse_interrupt_in *)body)->unique) return;
    reply(kept, EINTR, NULL, 0);
    memset(heldRequest, 0, sizeof *kept);
    printf("interrupted\n");
  } else if (isHolding && kept->len == 0 && !isEndOfUse(request->opcode) &&
             !isAboutCapabilities(request, body)) {
    memcpy(heldRequest, request, request->len);
    printf("held\n");
  } else {
    serve(request, body);
  }
}

static void takeLine(const char *line) {
  struct fuse_in_header *kept = (void *)heldRequest;
  isHolding = isInterruptible && !strncmp(line, "hold", 4);
  if (!isHolding && kept->len) serve(kept, heldRequest + sizeof *kept);
  if (!isHolding) kept->len = 0;
  answerHeld();
  printf(isHolding ? "holding\n" : "answered\n");
}

int main(int argc, char *argv[]) {
  static char buffer[FUSE_MIN_READ_BUFFER + 65536];
  char options[128], line[16];
  const char *users = "user_id=0,group_id=0,allow_other";
  if (argc < 3) return 2;
  flushError = atoi(argv[2]);
  isInterruptible = argc > 3 && !strcmp(argv[3], "interrupt");
  holds = argc > 3 && !strcmp(argv[3], "hold");
  if (argc > 3 && !strcmp(argv[3], "private")) users = "user_id=65534,group_id=65534";
  setvbuf(stdout, NULL, _IOLBF, 0);
  device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,%s", device, users);
  if (device < 0 || mount("fuse-server", argv[1], "fuse", MS_NOSUID | MS_NODEV, options) != 0) {
    printf("%s\n", strerrorname_np(errno));
    return 1;
  }
  printf("ready\n");
  struct pollfd events[2] = {{.fd = device, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
  while (poll(events, 2, -1) > 0 && !(events[0].revents & POLLERR)) {
    if (events[1].revents) {
      if (read(0, line, sizeof line) <= 0) break;
      takeLine(line);
    }
    if (!(events[0].revents & POLLIN)) continue;
    ssize_t length = read(device, buffer, sizeof buffer);
    if (length < (ssize_t)sizeof(struct fuse_in_header)) continue;
    const struct fuse_in_header *request = (const void *)buffer;
    (isInterruptible ? serveInterruptibly : serve)(request, buffer + sizeof *request);
  }
  umount2(argv[1], MNT_DETACH);
  return 0;
}
