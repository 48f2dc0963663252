// A target with memory that another thread, or a file server, has to provide.
//
//     watched-memory code DIRECTORY   its first code with gadgets is in a file `ld-watched`; a thread drops
//                                     the page all the time, and another provides it again
//     watched-memory stack            all of the leader's stack is watched, and the part below is dropped
//     watched-memory file PATH        the first page of PATH is mapped as code, and never touched
//     watched-memory locked PATH      the first page of PATH is mapped and changed
//
// It has /dev/null open at 9, says "ready", and answers each line with "open" or "closed", which 9 is. It
// says why if the kernel refuses userfaultfd(2). With `locked` it answers the first line with "locking", and
// a thread maps other memory in the place of the page. The kernel first writes the page to its file, and
// locks the memory map until the file server has answered.
#include <alloca.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { page = 4096 };

static int watch, file;
static char content[page];

static void *provide(void *unused) {
  struct uffd_msg message;
  while (read(watch, &message, sizeof message) == sizeof message) {
    if (message.event != UFFD_EVENT_PAGEFAULT) continue;
    struct uffdio_copy copy = {.dst = message.arg.pagefault.address & ~(page - 1ull),
                               .src = (uintptr_t)content, .len = page};
    ioctl(watch, UFFDIO_COPY, &copy);
  }
  return unused;
}

static void *drop(void *unused) {
  while (fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, page) == 0) usleep(50);
  return unused;
}

static int watchRange(uint64_t start, uint64_t length) {
  pthread_t thread;
  struct uffdio_api api = {.api = UFFD_API};
  struct uffdio_register range = {.range = {start, length}, .mode = UFFDIO_REGISTER_MODE_MISSING};
  watch = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
  if (watch < 0 || ioctl(watch, UFFDIO_API, &api) < 0 || ioctl(watch, UFFDIO_REGISTER, &range) < 0) return -1;
  return pthread_create(&thread, NULL, provide, NULL);
}

// Maps a page below all other code, so that it is searched first.
static void *mapCode(int from, int flags) {
  void *address = (void *)0x10000000;
  return mmap(address, page, PROT_READ | PROT_EXEC, flags | MAP_FIXED_NOREPLACE, from, 0);
}

// Code with a call that returns, and with the end of a signal handler.
static int watchCode(const char *directory) {
  pthread_t thread;
  char path[4096];
  snprintf(path, sizeof path, "%s/ld-watched", directory);
  memcpy(content + 100, "\x0F\x05\xC3", 3);
  memcpy(content + 200, "\x48\xC7\xC0\x0F\0\0\0\x0F\x05", 9);
  file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0700);
  if (file < 0 || pwrite(file, content, page, 0) != page) return -1;
  void *code = mapCode(file, MAP_SHARED);
  if (code == MAP_FAILED || watchRange((uintptr_t)code, page) != 0) return -1;
  return pthread_create(&thread, NULL, drop, NULL);
}

static int mapFile(const char *path) {
  int served = open(path, O_RDONLY);
  void *code = mapCode(served, MAP_PRIVATE);
  close(served);
  return code == MAP_FAILED ? -1 : 0;
}

static char *changed;

static int changeFile(const char *path) {
  int served = open(path, O_RDWR);
  changed = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, served, 0);
  close(served);
  if (changed == MAP_FAILED) return -1;
  changed[0] = 'x';
  return 0;
}

static void *replaceChanged(void *address) {
  mmap(address, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  return NULL;
}

static uint64_t stackStart;

static int watchStack(void) {
  char line[4096];
  uint64_t start, end;
  FILE *maps = fopen("/proc/self/maps", "re");
  while (fgets(line, sizeof line, maps))
    if (strstr(line, "[stack]") && sscanf(line, "%lx-%lx", &start, &end) == 2) stackStart = start;
  fclose(maps);
  return watchRange(stackStart, end - stackStart);
}

static int isOpen(void) { return fcntl(9, F_GETFD) >= 0; }

int main(int argc, char **argv) {
  char line[16];
  if (argc < 2) return 2;
  int answer = !strcmp(argv[1], "stack") ? watchStack() : argc < 3 ? 2
               : !strcmp(argv[1], "code") ? watchCode(argv[2])
               : !strcmp(argv[1], "locked") ? changeFile(argv[2]) : mapFile(argv[2]);
  if (answer != 0) {
    printf("%s\n", strerrorname_np(errno));
    return 1;
  }
  dup2(open("/dev/null", O_RDONLY), 9);
  printf("ready\n");
  // The stack pointer is about 1 KiB above the start of a page, which is too little for a signal frame.
  uint64_t kept = (uintptr_t)alloca(((uintptr_t)line - 1024) % page) & ~(page - 1ull);
  for (;;) {
    fflush(stdout);
    if (stackStart) syscall(SYS_madvise, stackStart, kept - stackStart, MADV_DONTNEED);
    if (syscall(SYS_read, 0, line, sizeof line) <= 0) return 0;
    pthread_t thread;
    int locks = changed && pthread_create(&thread, NULL, replaceChanged, changed) == 0;
    changed = NULL;
    printf("%s\n", locks ? "locking" : isOpen() ? "open" : "closed");
  }
}
