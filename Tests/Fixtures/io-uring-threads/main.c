// A target with a thread that the kernel made for io_uring(7), which never returns to user mode.
//
//     io-uring-threads fifo PATH  an open of the FIFO is blocked in a worker, `iou-wrk-PID`
//     io-uring-threads swap PATH  as with `fifo`, and afterwards the worker closes 9 and opens the FIFO there
//     io-uring-threads worker   a request is blocked in a worker, `iou-wrk-PID`
//     io-uring-threads poller   a thread polls the submission queue, `iou-sqp-PID`
//     io-uring-threads vfork    as with `poller`, and the leader waits in vfork(2) for a child that sleeps
//
// The leader waits in ppoll(2) with a signal mask of the call's own, for its standard input. It has
// /dev/null open at 9, says "ready", and answers each line with "open" or "closed", which 9 is. With `swap`,
// /dev/null is open at 3 to 8, 10 and 11, too, so that no number below 12 but 9 can become free. With
// `worker` and `fifo` it answers the line "finish" otherwise: it gives the worker what it waits for, and
// prints the request's result.
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static char byte;
static int ends[2];
static const char *fifo;
static int isSwap;
static unsigned *completed;
static struct io_uring_cqe *completions;

// Submits a read of a pipe into which nobody writes, or an open of a FIFO, to be made by a worker.
static int block(int ring, const struct io_uring_params *parameters) {
  char *queue = mmap(NULL, parameters->sq_off.array + parameters->sq_entries * 4, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
  struct io_uring_sqe *entry = mmap(NULL, parameters->sq_entries * sizeof *entry, PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
  if (queue == MAP_FAILED || entry == MAP_FAILED || pipe(ends) != 0) return -1;
  *entry = (struct io_uring_sqe){
      .opcode = IORING_OP_READ, .fd = ends[0], .addr = (unsigned long)&byte, .len = 1, .off = -1ul,
      .flags = IOSQE_ASYNC};
  if (fifo)
    *entry = (struct io_uring_sqe){
        .opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (unsigned long)fifo, .flags = IOSQE_ASYNC};
  if (isSwap) {
    // Each of the linked requests begins when the one before it has ended.
    entry[1] = (struct io_uring_sqe){
        .opcode = IORING_OP_CLOSE, .fd = 9, .flags = IOSQE_ASYNC | IOSQE_IO_LINK};
    entry[2] = entry[0];
    entry[2].open_flags = O_RDWR;
    entry[0].flags |= IOSQE_IO_LINK;
  }
  char *results = mmap(NULL, parameters->cq_off.cqes + parameters->cq_entries * sizeof *completions,
                       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_CQ_RING);
  if (results == MAP_FAILED) return -1;
  completed = (void *)(results + parameters->cq_off.tail);
  completions = (void *)(results + parameters->cq_off.cqes);
  unsigned count = isSwap ? 3 : 1;
  for (unsigned index = 0; index < count; index++)
    ((unsigned *)(queue + parameters->sq_off.array))[index] = index;
  __atomic_store_n((unsigned *)(queue + parameters->sq_off.tail), count, __ATOMIC_RELEASE);
  return (int)syscall(SYS_io_uring_enter, ring, count, 0, 0, NULL, 0L);
}

static void finish(void) {
  if (fifo ? open(fifo, O_RDWR | O_CLOEXEC) < 0 : write(ends[1], "x", 1) != 1) printf("cannot give: ");
  for (int turn = 0; turn < 2000 && __atomic_load_n(completed, __ATOMIC_ACQUIRE) == 0; turn++) usleep(1000);
  printf(*completed ? "%d\n" : "pending\n", completions[0].res);
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  isSwap = !strcmp(argv[1], "swap");
  if (argc > 2 && (isSwap || !strcmp(argv[1], "fifo"))) fifo = argv[2];
  int isWorker = fifo || !strcmp(argv[1], "worker");
  struct io_uring_params parameters = {.flags = isWorker ? 0 : IORING_SETUP_SQPOLL, .sq_thread_idle = 600000};
  int ring = (int)syscall(SYS_io_uring_setup, 8, &parameters);
  if (ring < 0 || (isWorker && block(ring, &parameters) < 0)) {
    printf("%s\n", strerrorname_np(errno));
    return 1;
  }
  dup2(open("/dev/null", O_RDONLY), 9);
  for (int number = 3; isSwap && number < 12; number++)
    if (fcntl(number, F_GETFD) < 0) dup2(9, number);
  printf("ready\n");
  fflush(stdout);
  if (!strcmp(argv[1], "vfork") && vfork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sleep(60);
    _exit(0);
  }
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  struct pollfd input = {.fd = 0, .events = POLLIN};
  char line[16];
  while (ppoll(&input, 1, NULL, &mask) > 0 && read(0, line, sizeof line) > 0) {
    if (isWorker && !strncmp(line, "finish", 6)) finish();
    else printf("%s\n", fcntl(9, F_GETFD) < 0 ? "closed" : "open");
    fflush(stdout);
  }
}
