// The kernel as Swift sees it: layouts, and one function for each call.
//
// A function answers the call's value, or -errno. There is no policy here but the clock's, whose
// signal handler cannot be Swift. Embedded Swift has no Glibc module, so what of the C library Swift calls by
// itself is seen through here, and is not repeated. Nothing here may define _GNU_SOURCE: in a debug build this
// header is seen together with the Glibc module, whose types would then clash.
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
