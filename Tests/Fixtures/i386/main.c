// A 32-bit target without a C library, because a 32-bit library may not be installed. Its tests compile it:
//
//     clang -m32 -O1 -nostdlib -static -ffreestanding -fno-pic *.c
//
// Without arguments it opens /dev/null at 3 to 7. It answers each line with which of 0 to 9 are open, such as
// "01234567..".
//
//     i386 LAST ROLE...       the leader has the first role, and a thread has each other role
//
// A thread puts known values into every register, as the fixture `registers` does. Then it spins without a
// call, or it is blocked in a call that returns after a few milliseconds. Then it compares the registers, the
// selectors, what gs points to, and its signal mask. The role `old-read` enters the kernel with `int $0x80`,
// all others with the function of the vdso.
//
// The target opens 5 to LAST. It answers a line with the line that `registers` answers.
#include "hold.h"
#include "system.h"

#include <stdatomic.h>
#include <stddef.h>

enum { wait = 7000000, timerDescriptor = 3, epollDescriptor = 4, firstLeak = 5, mostThreads = 16 };
enum { interruptedAnswer = -4, timedOutAnswer = -110 };

static const int pause_[2] = {0, wait};  // struct timespec
static uint32_t word;
static int lastLeak;

static const struct role {
  const char *name;
  int call;  // 0 if it makes no call
  int arguments[4];
  int count;
  int answer;
} roles[] = {
    {"spin", 0, {0}, 0, 0},
    {"read", readCall, {timerDescriptor, 0, 8}, 3, 8},
    {"old-read", readCall, {timerDescriptor, 0, 8}, 3, 8},
    {"nanosleep", nanosleepCall, {(int)pause_, 0}, 2, 0},
    {"poll", pollCall, {0, 0, wait / 1000000}, 3, 0},
    {"epoll_wait", epoll_waitCall, {epollDescriptor, 0, 1, wait / 1000000}, 4, 0},
    {"futex", futexCall, {(int)&word, 128 /* FUTEX_WAIT_PRIVATE */, 0, (int)pause_}, 4, timedOutAnswer},
};

static struct worker {
  const struct role *role;
  atomic_int rounds;
  uint64_t mask;
  struct hold values;
} workers[mostThreads];
static int workerCount;
static atomic_int wrong, interrupted;
static char firstWrong[200] = "-";
void *kernelEntry = (void *)callDirectly;
static uint32_t components;

static void note(const struct role *role, const char *what, uint32_t found, uint32_t wanted) {
  if (atomic_fetch_add(&wrong, 1) != 0) return;
  char text[200], *end = append(append(append(text, role->name), ": "), what);
  end = appendNumber(append(appendNumber(append(end, " is "), found), ", not "), wanted);
  *end = 0;
  for (int index = 0; &text[index] <= end; index++) firstWrong[index] = text[index];
}

static uint32_t random32(uint32_t *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;
  return *seed;
}

static void fill(struct hold *values, const struct role *role, uint32_t *seed, void *buffer) {
  static const int places[] = {ebx, ecx, edx, esi};
  for (int index = 0; index < words; index++) values->wanted[index] = random32(seed);
  for (int index = 0; index < imageSize / 4; index++) ((uint32_t *)values->image)[index] = random32(seed);
  // XRSTOR accepts no reserved bits. The test also masks every exception.
  *(uint16_t *)values->image = (uint16_t)(0x037f | (random32(seed) & 0xc00));
  *(uint16_t *)(values->image + 2) = (uint16_t)(random32(seed) & 0x7f00);
  *(uint32_t *)(values->image + 4) = 0xff;
  for (int index = 8; index < 24; index += 4) *(uint32_t *)(values->image + index) = 0;
  for (int number = 0; number < 8; number++)
    for (int index = 10; index < 16; index++) values->image[32 + 16 * number + index] = 0;
  *(uint32_t *)(values->image + 24) = 0x1f80 | (random32(seed) & 0xe03f);
  for (int index = 0; index < 64; index++) values->image[512 + index] = values->foundImage[512 + index] = 0;
  *(uint32_t *)(values->image + 512) = values->components = components;
  values->entry = isSame(role->name, "old-read") ? (void *)callDirectly : kernelEntry;
  if (role->call == 0) {
    values->wanted[spins] = 20000;
    values->wanted[eax] = (values->wanted[eax] & ~0xff00u) | ((values->wanted[eax] & 0xd500) | 0x200);
    return;
  }
  values->wanted[spins] = 0;
  values->wanted[eax] = (uint32_t)role->call;
  for (int index = 0; index < role->count; index++)
    values->wanted[places[index]] = (uint32_t)role->arguments[index];
  if (role->call == readCall || role->call == epoll_waitCall) values->wanted[ecx] = (uint32_t)buffer;
}

static void compare(const struct hold *values, const struct role *role) {
  static const char *const names[] = {"eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "the spins"};
  for (int index = 0; index < words; index++) {
    uint32_t wanted = index == spins ? 0 : values->wanted[index];
    if (role->call != 0 && index == eax) wanted = (uint32_t)role->answer;
    if (role->call == epoll_waitCall && index == eax && (int)values->found[eax] == interruptedAnswer) {
      interrupted++;
      continue;
    }
    if (values->found[index] != wanted) note(role, names[index], values->found[index], wanted);
  }
  int byte = differentByte(values);
  if (byte >= 0) note(role, "the byte of an extended register", (uint32_t)byte, 0);
}

// The selectors, except for the privilege of fs: a kernel may make a null selector 3 when a handler returns.
static uint64_t selectors(void) {
  uint16_t cs, ds, es, fs, gs, ss;
  __asm__ volatile("mov %%cs, %0; mov %%ds, %1; mov %%es, %2" : "=r"(cs), "=r"(ds), "=r"(es));
  __asm__ volatile("mov %%fs, %0; mov %%gs, %1; mov %%ss, %2" : "=r"(fs), "=r"(gs), "=r"(ss));
  return (uint64_t)cs << 40 | (uint64_t)ds << 32 | (uint64_t)es << 24 | (uint64_t)(fs & ~3) << 16 |
         (uint64_t)gs << 8 | ss;
}

static uint64_t maskNow(void) {
  uint64_t mask = 0;
  call(rt_sigprocmaskCall, 0, 0, (int)&mask, sizeof mask, 0);
  return mask;
}

// Opens every number from 5 to `lastLeak` that is closed. Returns how many were open before.
static int fillLeaks(void) {
  int open = 0;
  for (int number = firstLeak; number <= lastLeak; number++) {
    if (isOpen(number)) {
      open++;
      continue;
    }
    int descriptor = call(openCall, (int)"/dev/null", 0, 0, 0, 0);
    if (descriptor < 0) call(exit_groupCall, 3, 0, 0, 0, 0);
    if (descriptor == number) continue;
    call(dup2Call, descriptor, number, 0, 0, 0);
    call(closeCall, descriptor, 0, 0, 0, 0);
  }
  return open;
}

static void answer(void) {
  char line[256], text[512], *end = text;
  struct {
    int descriptor;
    short events, ready;
  } input = {0, 1 /* POLLIN */, 0};
  if (call(pollCall, (int)&input, 1, 0, 0, 0) == 0) return;
  int length = call(readCall, 0, (int)line, sizeof line, 0, 0);
  if (length <= 0) call(exit_groupCall, 0, 0, 0, 0, 0);
  uint64_t sum = 0xcbf29ce484222325;  // FNV-1a
  for (int index = 0; index < length - 1; index++) sum = (sum ^ (uint8_t)line[index]) * 0x100000001b3;
  int isLow = 1, rounds = 0, least = workers[0].rounds;
  for (int number = 0; number < firstLeak; number++) isLow &= isOpen(number);
  for (int index = 0; index < workerCount; index++) {
    rounds += workers[index].rounds;
    if (workers[index].rounds < least) least = workers[index].rounds;
  }
  end = appendNumber(append(appendNumber(end, sum), " open "), (uint64_t)fillLeaks());
  end = append(append(end, " low "), isLow ? "yes" : "no");
  end = appendNumber(append(end, " rounds "), (uint64_t)rounds);
  end = appendNumber(append(end, " least "), (uint64_t)least);
  end = appendNumber(append(end, " wrong "), (uint64_t)wrong);
  end = appendNumber(append(end, " interrupted "), (uint64_t)interrupted);
  end = append(append(append(end, " "), firstWrong), "\n");
  call(writeCall, 1, (int)text, end - text, 0, 0);
}

static void work(void *argument) {
  struct worker *self = argument;
  const struct role *role = self->role;
  uint32_t seed = 2463534242u + (uint32_t)(self - workers), buffer[4];
  int mark, firstMark;
  __asm__ volatile("mov %%gs:0, %0" : "=r"(firstMark));
  // A mask of its own, with a signal below 32 and a signal above. SIG_BLOCK is 0.
  self->mask = 1ull << 9 | 1ull << (33 + self - workers);
  call(rt_sigprocmaskCall, 0, (int)&self->mask, 0, sizeof self->mask, 0);
  uint64_t mask = maskNow(), firstSelectors = selectors();
  for (;;) {
    fill(&self->values, role, &seed, buffer);
    hold(&self->values);
    compare(&self->values, role);
    __asm__ volatile("mov %%gs:0, %0" : "=r"(mark));
    if (mark != firstMark) note(role, "what gs points to", (uint32_t)mark, (uint32_t)firstMark);
    uint64_t now = selectors();
    if (now != firstSelectors) note(role, "a selector", (uint32_t)now, (uint32_t)firstSelectors);
    if (maskNow() != mask) note(role, "the signal mask", (uint32_t)maskNow(), (uint32_t)mask);
    self->rounds++;
    if (self == workers) answer();
  }
}

static void watch(int count, char **arguments) {
  static int block[16];
  int limit[2], every[4] = {0, wait, 0, wait};  // struct rlimit, struct itimerspec
  const int descriptors = 7, monotonic = 1;     // RLIMIT_NOFILE, CLOCK_MONOTONIC
  lastLeak = numberIn(arguments[0]);
  call(getrlimitCall, descriptors, (int)limit, 0, 0, 0);
  limit[0] = limit[1];
  call(setrlimitCall, descriptors, (int)limit, 0, 0, 0);
  call(dup2Call, call(timerfd_createCall, monotonic, 0, 0, 0, 0), timerDescriptor, 0, 0, 0);
  call(dup2Call, call(epoll_create1Call, 0, 0, 0, 0, 0), epollDescriptor, 0, 0, 0);
  call(timerfd_settimeCall, timerDescriptor, 0, (int)every, 0, 0);
  components = allComponents();
  for (int index = 1; index < count; index++)
    for (size_t role = 0; role < sizeof roles / sizeof *roles; role++)
      if (isSame(arguments[index], roles[role].name) && workerCount < mostThreads)
        workers[workerCount++].role = &roles[role];
  if (workerCount != count - 1 || workerCount == 0) call(exit_groupCall, 2, 0, 0, 0, 0);
  fillLeaks();
  beginThread(block, 77);
  for (int index = 1; index < workerCount; index++) startThread(work, &workers[index], 77 + index);
  call(writeCall, 1, (int)"ready\n", 6, 0, 0);
  work(workers);
}

static void list(void) {
  char text[11];
  for (int index = 3; index <= 7; index++) call(openCall, (int)"/dev/null", 0, 0, 0, 0);
  call(writeCall, 1, (int)"ready\n", 6, 0, 0);
  while (call(readCall, 0, (int)text, 1, 0, 0) == 1) {
    for (int index = 0; index < 10; index++) text[index] = isOpen(index) ? (char)('0' + index) : '.';
    text[10] = '\n';
    call(writeCall, 1, (int)text, 11, 0, 0);
  }
}

// The kernel's stack: the number of arguments, the arguments, the environment, and the auxiliary vector.
void begin(int *stack) {
  const int systemInfo = 32;  // AT_SYSINFO, the address of __kernel_vsyscall
  int count = stack[0];
  char **arguments = (char **)&stack[1];
  int *vector = &stack[count + 2];
  while (*vector) vector++;
  for (vector++; vector[0]; vector += 2)
    if (vector[0] == systemInfo) kernelEntry = (void *)vector[1];
  if (count > 2) watch(count - 1, &arguments[1]);
  list();
  call(exit_groupCall, 0, 0, 0, 0, 0);
}

__asm__(R"(
  .globl _start
_start:
  mov %esp, %eax
  and $-16, %esp
  sub $12, %esp
  push %eax
  call begin
)");
