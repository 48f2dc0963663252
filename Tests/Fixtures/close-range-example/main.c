// The program in the EXAMPLES section of close_range(2), but without the call: another process makes it.
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void showDescriptors(void) {
  DIR *directory = opendir("/proc/self/fd");
  const struct dirent *entry;
  while ((entry = readdir(directory))) {
    char path[PATH_MAX + 32], target[PATH_MAX];
    if (entry->d_type != DT_LNK) continue;
    snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
    ssize_t length = readlink(path, target, sizeof target);
    printf("%s ==> %.*s\n", path, (int)length, target);
  }
  closedir(directory);
}

int main(int argc, char *argv[]) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int index = 1; index < argc; index++) {
    int descriptor = open(argv[index], O_RDONLY);
    if (descriptor < 0) return 1;
    printf("%s opened as FD %d\n", argv[index], descriptor);
  }
  showDescriptors();
  printf("========= Waiting for close_range() =======\n");
  (void)getchar();
  showDescriptors();
  printf("end\n");
  return 0;
}
