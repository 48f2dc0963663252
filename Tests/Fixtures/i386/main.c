// A 32-bit target without a C library, because a 32-bit library may not be installed. Its test compiles it:
//
//     clang -m32 -nostdlib -static -ffreestanding
//
// It opens /dev/null at 3 to 7. It answers each line with which of 0 to 9 are open, such as "01234567..".
static int call(int number, int first, int second, int third) {
  int answer;
  __asm__ volatile("int $0x80"
                   : "=a"(answer)
                   : "a"(number), "b"(first), "c"(second), "d"(third)
                   : "memory");
  return answer;
}

enum { exitCall = 1, readCall = 3, writeCall = 4, openCall = 5, fcntlCall = 55, getFlags = 1 };

void _start(void) {
  char text[11];
  for (int index = 3; index <= 7; index++) call(openCall, (int)"/dev/null", 0, 0);
  call(writeCall, 1, (int)"ready\n", 6);
  while (call(readCall, 0, (int)text, 1) == 1) {
    for (int index = 0; index < 10; index++)
      text[index] = call(fcntlCall, index, getFlags, 0) >= 0 ? (char)('0' + index) : '.';
    text[10] = '\n';
    call(writeCall, 1, (int)text, 11);
  }
  call(exitCall, 0, 0, 0);
}
