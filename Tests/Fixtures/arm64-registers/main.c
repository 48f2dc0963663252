// The fixture `registers` for aarch64: its threads put known values into every register, and compare them
// again and again.
//
//     arm64-registers LAST ROLE...       the leader has the first role, and a thread has each other role
//
// A thread fills x0 to x30, the flags and v0 to v31. Then it spins without a call (`spin`), or it is blocked
// in a call that returns after a few milliseconds: `read`, `nanosleep`, `poll`, `epoll_wait` or `futex`. Then
// it compares. The role `vectors` fills the SVE registers z0 to z31, p0 to p15 and the first-fault register
// at their full length, and spins. A processor without SVE only spins.
//
// The target opens 5 to LAST, and answers a line (see leaks.h) as `registers` does.
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>

#include "../leaks.h"

enum { most = 16, wait = 7000000, timerDescriptor = 3, epollDescriptor = 4, longest = 256 };

struct image {
  uint64_t general[31];
  uint64_t flags;
  uint8_t vectors[32][16];
};

// Fills the registers from the first image, spins x0 times or makes the call, and stores them in the second.
void hold(const struct image *wanted, struct image *found, uint64_t makesCall);
__asm__(R"(
  .text
  .globl hold
hold:
  stp x29, x30, [sp, #-192]!
  stp x19, x20, [sp, #16]
  stp x21, x22, [sp, #32]
  stp x23, x24, [sp, #48]
  stp x25, x26, [sp, #64]
  stp x27, x28, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  stp x1, x2, [sp, #160]
  ldr x9, [x0, #248]
  msr nzcv, x9
  add x9, x0, #256
  ld1 {v0.16b, v1.16b, v2.16b, v3.16b}, [x9], #64
  ld1 {v4.16b, v5.16b, v6.16b, v7.16b}, [x9], #64
  ld1 {v8.16b, v9.16b, v10.16b, v11.16b}, [x9], #64
  ld1 {v12.16b, v13.16b, v14.16b, v15.16b}, [x9], #64
  ld1 {v16.16b, v17.16b, v18.16b, v19.16b}, [x9], #64
  ld1 {v20.16b, v21.16b, v22.16b, v23.16b}, [x9], #64
  ld1 {v24.16b, v25.16b, v26.16b, v27.16b}, [x9], #64
  ld1 {v28.16b, v29.16b, v30.16b, v31.16b}, [x9], #64
  .irp number, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24
  ldr x\number, [x0, #8 * \number]
  .endr
  .irp number, 25, 26, 27, 28, 29, 30
  ldr x\number, [x0, #8 * \number]
  .endr
  ldr x0, [x0]
  // The flags are kept, so the loop must not set them, and there is no register to spare.
  str x0, [sp, #176]
  ldr x0, [sp, #168]
  cbnz x0, 2f
  ldr x0, [sp, #176]
1:
  sub x0, x0, #1
  cbnz x0, 1b
  b 3f
2:
  ldr x0, [sp, #176]
  svc #0
3:
  str x0, [sp, #176]
  ldr x0, [sp, #160]
  .irp number, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24
  str x\number, [x0, #8 * \number]
  .endr
  .irp number, 25, 26, 27, 28, 29, 30
  str x\number, [x0, #8 * \number]
  .endr
  mrs x9, nzcv
  str x9, [x0, #248]
  ldr x9, [sp, #176]
  str x9, [x0]
  add x9, x0, #256
  st1 {v0.16b, v1.16b, v2.16b, v3.16b}, [x9], #64
  st1 {v4.16b, v5.16b, v6.16b, v7.16b}, [x9], #64
  st1 {v8.16b, v9.16b, v10.16b, v11.16b}, [x9], #64
  st1 {v12.16b, v13.16b, v14.16b, v15.16b}, [x9], #64
  st1 {v16.16b, v17.16b, v18.16b, v19.16b}, [x9], #64
  st1 {v20.16b, v21.16b, v22.16b, v23.16b}, [x9], #64
  st1 {v24.16b, v25.16b, v26.16b, v27.16b}, [x9], #64
  st1 {v28.16b, v29.16b, v30.16b, v31.16b}, [x9], #64
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  ldp x19, x20, [sp, #16]
  ldp x21, x22, [sp, #32]
  ldp x23, x24, [sp, #48]
  ldp x25, x26, [sp, #64]
  ldp x27, x28, [sp, #80]
  ldp x29, x30, [sp], #192
  ret
)");

// Fills the SVE registers, spins, and stores them. Returns the length of a vector in bytes.
uint64_t holdVectors(const uint8_t *wanted, uint8_t *found, uint64_t spins);
__asm__(R"(
  .arch_extension sve
  .globl holdVectors
holdVectors:
  stp d8, d9, [sp, #-64]!
  stp d10, d11, [sp, #16]
  stp d12, d13, [sp, #32]
  stp d14, d15, [sp, #48]
  // The predicates lie behind the vectors. The last one is the first-fault register.
  addvl x9, x0, #31
  addvl x9, x9, #1
  addvl x10, x1, #31
  addvl x10, x10, #1
  ldr p0, [x9, #16, mul vl]
  wrffr p0.b
  .irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  ldr p\number, [x9, #\number, mul vl]
  ldr z\number, [x0, #\number, mul vl]
  .endr
  .irp number, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  ldr z\number, [x0, #\number, mul vl]
  .endr
1:
  sub x2, x2, #1
  cbnz x2, 1b
  .irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  str p\number, [x10, #\number, mul vl]
  str z\number, [x1, #\number, mul vl]
  .endr
  .irp number, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  str z\number, [x1, #\number, mul vl]
  .endr
  rdffr p0.b
  str p0, [x10, #16, mul vl]
  ldp d10, d11, [sp, #16]
  ldp d12, d13, [sp, #32]
  ldp d14, d15, [sp, #48]
  ldp d8, d9, [sp], #64
  rdvl x0, #1
  ret
  .arch_extension nosve
)");

static atomic_long rounds[most], wrong, interrupted;
static char *_Atomic complaint;
static uint32_t word;

static void complain(const char *role, const char *what, long number) {
  char *text = NULL;
  wrong++;
  if (!complaint && asprintf(&text, "%s: %s %ld", role, what, number) > 0) complaint = text;
}

// Puts the call of a role into an image, and returns its correct result.
static long prepareCall(const char *role, struct image *image) {
  static _Thread_local struct timespec time;
  static _Thread_local struct pollfd none;
  static _Thread_local struct epoll_event event;
  static _Thread_local uint64_t buffer;
  uint64_t *x = image->general;
  time = (struct timespec){0, wait};
  none = (struct pollfd){.fd = -1};
  if (!strcmp(role, "read")) {
    x[8] = SYS_read, x[0] = timerDescriptor, x[1] = (uintptr_t)&buffer, x[2] = sizeof buffer;
    return sizeof buffer;
  }
  if (!strcmp(role, "nanosleep")) {
    x[8] = SYS_nanosleep, x[0] = (uintptr_t)&time, x[1] = 0;
    return 0;
  }
  if (!strcmp(role, "poll")) {
    x[8] = SYS_ppoll, x[0] = (uintptr_t)&none, x[1] = 1, x[2] = (uintptr_t)&time, x[3] = 0;
    return 0;
  }
  if (!strcmp(role, "epoll_wait")) {
    x[8] = SYS_epoll_pwait, x[0] = epollDescriptor, x[1] = (uintptr_t)&event, x[2] = 1;
    x[3] = wait / 1000000, x[4] = 0, x[5] = 8;
    return 0;
  }
  x[8] = SYS_futex, x[0] = (uintptr_t)&word, x[1] = FUTEX_WAIT, x[2] = 0, x[3] = (uintptr_t)&time;
  return -ETIMEDOUT;
}

static uint64_t next(uint64_t *seed) { return *seed = *seed * 6364136223846793005 + 1442695040888963407; }

static void checkOnce(const char *role, uint64_t *seed) {
  struct image wanted, found;
  for (size_t index = 0; index < sizeof wanted / 8; index++) ((uint64_t *)&wanted)[index] = next(seed);
  wanted.flags = next(seed) & 0xF0000000;
  int spins = !strcmp(role, "spin") || !strcmp(role, "vectors");
  long result = 0;
  if (spins) wanted.general[0] = 200000;
  else result = prepareCall(role, &wanted);
  hold(&wanted, &found, !spins);
  long answer = (long)found.general[0];
  // The kernel continues some calls with restart_syscall(2), and leaves its number there.
  if (!spins && found.general[8] == SYS_restart_syscall) found.general[8] = wanted.general[8];
  if (answer == -EINTR && !strcmp(role, "epoll_wait")) interrupted++;
  else if (answer != result) complain(role, "result", answer);
  for (int index = 1; index < 31; index++)
    if (found.general[index] != wanted.general[index]) complain(role, "x", index);
  if (found.flags != wanted.flags) complain(role, "flags", (long)found.flags);
  for (int index = 0; index < 32; index++)
    if (memcmp(found.vectors[index], wanted.vectors[index], 16)) complain(role, "v", index);
}

static void checkVectors(uint64_t *seed) {
  static _Thread_local uint8_t wanted[34 * longest], found[34 * longest];
  for (size_t index = 0; index < sizeof wanted; index++) wanted[index] = (uint8_t)(next(seed) >> 32);
  // Every bit of a predicate is one bit of each byte. Only first elements may be set before a clear one in
  // the first-fault register, so all of its bits are set.
  uint64_t length = 0;
  __asm__(".arch_extension sve\n rdvl %0, #1\n .arch_extension nosve" : "=r"(length));
  memset(wanted + 32 * length + 16 * length / 8, 0xFF, length / 8);
  holdVectors(wanted, found, 200000);
  for (uint64_t index = 0; index < 32 * length + 17 * length / 8; index++)
    if (wanted[index] != found[index]) {
      complain("vectors", "byte", (long)index);
      break;
    }
}

struct worker {
  const char *role;
  int index;
};

static void *work(void *argument) {
  struct worker *worker = argument;
  uint64_t seed = (uint64_t)worker->index * 77 + 5;
  void *pointer = __builtin_thread_pointer();
  int hasVectors = !strcmp(worker->role, "vectors") && getauxval(AT_HWCAP) & 1 << 22;  // HWCAP_SVE
  do {
    if (hasVectors) checkVectors(&seed);
    else checkOnce(worker->role, &seed);
    if (pointer != __builtin_thread_pointer()) complain(worker->role, "thread pointer", 0);
    rounds[worker->index]++;
    if (worker->index == 0) return NULL;
  } while (1);
}

int main(int argc, char **argv) {
  static struct worker workers[most];
  int roles = argc - 2;
  if (roles < 1 || roles > most) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  struct itimerspec often = {{0, wait}, {0, wait}};
  if (dup2(timerfd_create(CLOCK_MONOTONIC, 0), timerDescriptor) < 0) return 1;
  if (dup2(epoll_create1(0), epollDescriptor) < 0) return 1;
  timerfd_settime(timerDescriptor, 0, &often, NULL);
  beginLeaks(argv[1]);
  for (int index = 0; index < roles; index++) workers[index] = (struct worker){argv[index + 2], index};
  for (int index = 1; index < roles; index++) {
    pthread_t thread;
    pthread_create(&thread, NULL, work, &workers[index]);
  }
  printf("ready\n");
  while (1) {
    work(&workers[0]);
    if (!beginAnswer()) continue;
    long all = 0, least = rounds[0];
    for (int index = 0; index < roles; index++) {
      all += rounds[index];
      if (rounds[index] < least) least = rounds[index];
    }
    printf(" rounds %ld least %ld wrong %ld interrupted %ld %s\n", all, least, (long)wrong,
           (long)interrupted, complaint ? complaint : "-");
  }
}
