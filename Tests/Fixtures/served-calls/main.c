// A target that makes one call on a file system whose server is slow, and reports its result.
//
//     served-calls DIRECTORY
//
// The directory is that of `fuse-server DIRECTORY 0 interrupt`. It answers the line "names" with the names
// of its calls. For the name of a call it opens what the call needs and says "prepared". At the next line it
// makes the call, and says "ok" or the name of the error. Descriptor 900 is open, for a session to work on.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

static int file, appending, folder;
static char bytes[4096];
static struct iovec vector = {bytes, 4};
static struct stat status;
static struct statx extended;
static struct statfs statistics;

#define CALL(name, expression) static long name(void) { return expression; }
CALL(callRead, read(file, bytes, 4))
CALL(callPread, pread(file, bytes, 4, 0))
CALL(callReadv, readv(file, &vector, 1))
CALL(callPreadv, preadv(file, &vector, 1, 0))
CALL(callPreadv2, syscall(SYS_preadv2, file, &vector, 1L, 0L, 0L, 0))
CALL(callStat, syscall(SYS_stat, "file", &status))
CALL(callLstat, syscall(SYS_lstat, "file", &status))
CALL(callFstat, syscall(SYS_fstat, file, &status))
CALL(callFstatat, syscall(SYS_newfstatat, folder, "file", &status, 0))
CALL(callStatx, statx(file, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_ALL, &extended))
CALL(callAccess, syscall(SYS_access, "file", R_OK))
CALL(callFaccessat, syscall(SYS_faccessat, folder, "file", R_OK))
CALL(callFaccessat2, syscall(SYS_faccessat2, folder, "file", R_OK, 0))
CALL(callReadlink, syscall(SYS_readlink, "link", bytes, sizeof bytes))
CALL(callReadlinkat, syscall(SYS_readlinkat, folder, "link", bytes, sizeof bytes))
CALL(callGetdents, syscall(SYS_getdents, folder, bytes, sizeof bytes))
CALL(callGetdents64, syscall(SYS_getdents64, folder, bytes, sizeof bytes))
CALL(callStatfs, statfs("file", &statistics))
CALL(callFstatfs, fstatfs(file, &statistics))
CALL(callGetxattr, getxattr("file", "user.x", NULL, 0))
CALL(callLgetxattr, lgetxattr("file", "user.x", NULL, 0))
CALL(callFgetxattr, fgetxattr(file, "user.x", NULL, 0))
CALL(callListxattr, listxattr("file", NULL, 0))
CALL(callLlistxattr, llistxattr("file", NULL, 0))
CALL(callFlistxattr, flistxattr(file, NULL, 0))
CALL(callFsync, fsync(file))
CALL(callFdatasync, fdatasync(file))
CALL(callLseek, lseek(file, 0, SEEK_DATA))
CALL(callChdir, chdir("folder"))
CALL(callFallocate, fallocate(file, 0, 0, 4096))
CALL(callOpen, syscall(SYS_open, "file", O_RDWR))
CALL(callOpenat, openat(folder, "file", O_RDONLY | O_CREAT, 0600))
CALL(callWrite, write(file, bytes, 4))
CALL(callWritev, writev(file, &vector, 1))
CALL(callPwrite, pwrite(file, bytes, 4, 0))
CALL(callPwritev, pwritev(file, &vector, 1, 0))
CALL(callPwritev2, syscall(SYS_pwritev2, file, &vector, 1L, 0L, 0L, 0))
// These may have changed something before they fail.
CALL(callAppend, write(appending, bytes, 4))
CALL(callAppendv, syscall(SYS_pwritev2, file, &vector, 1L, 0L, 0L, 0x10))  // RWF_APPEND
CALL(callOpenTruncating, open("file", O_WRONLY | O_TRUNC))
CALL(callOpenExclusive, open("new", O_WRONLY | O_CREAT | O_EXCL, 0600))
CALL(callMkdir, mkdir("new", 0700))
CALL(callUnlink, unlink("file"))
CALL(callTruncate, ftruncate(file, 0))
CALL(callFallocatePunching, fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096))

static const struct call {
  const char *name;
  long (*make)(void);
} calls[] = {
    {"read", callRead}, {"pread64", callPread}, {"readv", callReadv}, {"preadv", callPreadv},
    {"preadv2", callPreadv2}, {"stat", callStat}, {"lstat", callLstat}, {"fstat", callFstat},
    {"newfstatat", callFstatat}, {"statx", callStatx}, {"access", callAccess}, {"faccessat", callFaccessat},
    {"faccessat2", callFaccessat2}, {"readlink", callReadlink}, {"readlinkat", callReadlinkat},
    {"getdents", callGetdents}, {"getdents64", callGetdents64}, {"statfs", callStatfs},
    {"fstatfs", callFstatfs}, {"getxattr", callGetxattr}, {"lgetxattr", callLgetxattr},
    {"fgetxattr", callFgetxattr}, {"listxattr", callListxattr}, {"llistxattr", callLlistxattr},
    {"flistxattr", callFlistxattr}, {"fsync", callFsync}, {"fdatasync", callFdatasync},
    {"lseek", callLseek}, {"chdir", callChdir}, {"fallocate", callFallocate}, {"open", callOpen},
    {"openat", callOpenat},
    {"write", callWrite}, {"writev", callWritev}, {"pwrite64", callPwrite}, {"pwritev", callPwritev},
    {"pwritev2", callPwritev2},
    {"append", callAppend}, {"append-flag", callAppendv}, {"open-truncating", callOpenTruncating},
    {"open-exclusive", callOpenExclusive}, {"mkdir", callMkdir}, {"unlink", callUnlink},
    {"ftruncate", callTruncate}, {"fallocate-punching", callFallocatePunching}, {NULL, NULL},
};

static int hear(char *line, size_t size) {
  fflush(stdout);
  if (!fgets(line, (int)size, stdin)) return 0;
  line[strcspn(line, "\n")] = 0;
  return 1;
}

int main(int argc, char **argv) {
  char line[64], next[64];
  if (argc < 2) return 2;
  dup2(open("/dev/null", O_RDONLY), 900);
  printf("ready\n");
  while (hear(line, sizeof line)) {
    const struct call *call = calls;
    if (!strcmp(line, "names")) {
      for (; call->name; call++) printf("%s ", call->name);
      printf("\n");
      continue;
    }
    while (call->name && strcmp(call->name, line)) call++;
    if (!call->name || chdir(argv[1]) != 0) return 1;
    file = open("file", O_RDWR);
    appending = open("file", O_WRONLY | O_APPEND);
    folder = open(".", O_RDONLY | O_DIRECTORY);
    printf("prepared\n");
    if (!hear(next, sizeof next)) break;
    long answer = call->make();
    printf("%s\n", answer >= 0 ? "ok" : strerrorname_np(errno));
    fflush(stdout);
    close(file);
    close(appending);
    close(folder);
    if (chdir("/") != 0) return 1;
  }
}
