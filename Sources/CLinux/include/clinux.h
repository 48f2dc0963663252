// The kernel as Swift sees it: layouts, and one function for each call.
//
// A function returns the call's value, or -errno. The module contains two policies: the timer's, because a
// signal handler cannot be written in Swift, and the helper's, because a process that shares rangeclose's
// memory cannot run Swift. Swift also calls functions of the C library directly. Embedded Swift has no Glibc
// module, so it sees them through the headers included here. No header here may define _GNU_SOURCE: in a
// debug build Swift imports this header together with the Glibc module, and the types of the two would
// conflict.
#ifndef CLINUX_H
#define CLINUX_H

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clinux-clock.h"
#include "clinux-copying.h"
#include "clinux-documents.h"
#include "clinux-files.h"
#include "clinux-getopt.h"
#include "clinux-memory.h"
#include "clinux-names.h"
#include "clinux-processes.h"
#include "clinux-ptrace.h"
#include "clinux-registers.h"
#include "clinux-sockets.h"
#include "clinux-text.h"
#include "clinux-threads.h"

#endif
