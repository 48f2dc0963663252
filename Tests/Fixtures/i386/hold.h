// Holds known values in every register of a 32-bit thread.
#ifndef HOLD_H
#define HOLD_H

#include <stdint.h>

enum { words = 8, imageSize = 4096 };

// Indices of `wanted`. `spins` is the number of turns of the loop, or 0 to make a call.
enum { eax, ebx, ecx, edx, esi, edi, ebp, spins };

struct hold {
  uint32_t wanted[words], found[words];
  uint32_t components;
  void *entry;                            // the function that makes the call
  _Alignas(64) uint8_t image[imageSize];  // as XRSTOR takes it
  uint8_t foundImage[imageSize];
};

// Loads all registers, spins or makes a call, and stores all registers.
void hold(struct hold *values);

// Makes a call with `int $0x80`. The vdso has a function that uses the fastest instruction.
void callDirectly(void);

// The extended registers that the CPU has, and 32-bit code can use, as XCR0 has them.
uint32_t allComponents(void);

// The first byte of an extended register that was not found as it was wanted; -1 if there is none.
int differentByte(const struct hold *values);

#endif
