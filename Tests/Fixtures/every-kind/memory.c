// Files that are memory: memfds, secret and shared memory, message queues, and buffers of devices.
#include "kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <mqueue.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

enum { pageSize = 4096 };

static void makeMemfd(void) {
  int memfd = say("memfd", "memfd", memfd_create("name", 0));
  say("memfd-read", "memfd", reopen(memfd, O_RDONLY));
  say("memfd-path", "memfd", reopen(memfd, O_PATH));
  say("memfd-unnamed", "memfd", memfd_create("", 0));
  say("memfd-deleted", "memfd", memfd_create("name (deleted)", 0));
  say("memfd-newline", "memfd", memfd_create("two\nlines", 0));
  say("memfd-hugetlb", "memfd", memfd_create("huge", MFD_HUGETLB));
  int sealed = memfd_create("sealed", MFD_ALLOW_SEALING);
  if (sealed >= 0 && ftruncate(sealed, pageSize) == 0)
    fcntl(sealed, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_WRITE);
  say("memfd-sealed", "memfd", sealed);
  int secret = say("secretmem", "secretmem", syscall(SYS_memfd_secret, 0));
  if (secret >= 0 && ftruncate(secret, pageSize) != 0) perror("secretmem");
}

static void makeShared(void) {
  char name[64];
  snprintf(name, sizeof name, "/rangeclose-kinds-%d", getpid());
  say("shm", "reg", shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
  shm_unlink(name);
}

// Opens the file behind shared memory, which the kernel lists by the address of the mapping.
static int openMapping(const void *memory) {
  char name[64];
  snprintf(name, sizeof name, "/proc/self/map_files/%lx-%lx", (long)memory, (long)memory + pageSize);
  return open(name, O_RDWR);
}

static void makeMappings(void) {
  void *memory = mmap(NULL, pageSize, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  say("map-anonymous", "reg", openMapping(memory));
  munmap(memory, pageSize);
  int segment = shmget(IPC_PRIVATE, pageSize, 0600);
  memory = shmat(segment, NULL, 0);
  // From here the kernel removes the segment with its last use.
  shmctl(segment, IPC_RMID, NULL);
  say("map-system-v", "reg", openMapping(memory));
  shmdt(memory);
}

static struct mq_attr size = {.mq_maxmsg = 1, .mq_msgsize = 8};

// Makes a queue that keeps its name. The name is in an IPC namespace that no other process is in, and
// disappears with it.
static int openQueue(void) { return mq_open("/kinds", O_RDWR | O_CREAT | O_EXCL, 0600, &size); }

static void makeQueues(void) {
  char name[64];
  snprintf(name, sizeof name, "/rangeclose-kinds-%d", getpid());
  say("mqueue-gone", "mqueue", mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &size));
  mq_unlink(name);
  say("mqueue", "mqueue", fromChild(CLONE_NEWIPC, openQueue));
}

static int heapBuffer(void) {
  struct dma_heap_allocation_data wanted = {.len = pageSize, .fd_flags = O_RDWR | O_CLOEXEC};
  int heap = open("/dev/dma_heap/system", O_RDONLY | O_CLOEXEC);
  if (heap < 0) return -1;
  int answer = ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &wanted), error = errno;
  close(heap);
  errno = error;
  return answer < 0 ? -1 : (int)wanted.fd;
}

static int memfdBuffer(void) {
  int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
  if (device < 0) return -1;
  int memory = memfd_create("buffer", MFD_ALLOW_SEALING), error = errno, answer = -1;
  if (memory >= 0 && ftruncate(memory, pageSize) == 0 && fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK) == 0) {
    struct udmabuf_create wanted = {.memfd = (__u32)memory, .size = pageSize};
    answer = ioctl(device, UDMABUF_CREATE, &wanted);
    error = errno;
  }
  close(memory);
  close(device);
  errno = error;
  return answer;
}

void makeMemory(void) {
  makeMemfd();
  makeShared();
  makeMappings();
  makeQueues();
  say("dmabuf-heap", "dmabuf", heapBuffer());
  say("dmabuf-udmabuf", "dmabuf", memfdBuffer());
}
