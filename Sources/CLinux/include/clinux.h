// The kernel as Swift sees it: layouts, and one function for each call.
//
// A function answers the call's value, or -errno. There is no policy here but the clock's, whose
// signal handler cannot be Swift. What Swift's Glibc module already offers safely is not repeated. Nothing
// here may define _GNU_SOURCE: this header is seen together with the Glibc module, whose types would then
// clash.
#ifndef CLINUX_H
#define CLINUX_H

#include "clinux-clock.h"
#include "clinux-files.h"
#include "clinux-getopt.h"
#include "clinux-memory.h"
#include "clinux-processes.h"
#include "clinux-ptrace.h"
#include "clinux-registers.h"
#include "clinux-sockets.h"
#include "clinux-text.h"
#include "clinux-threads.h"

#endif
