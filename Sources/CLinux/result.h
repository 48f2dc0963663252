// The convention for every function of this module: it returns the call's value, or -errno.
#ifndef CLINUX_RESULT_H
#define CLINUX_RESULT_H

#include <errno.h>

static inline long result(long value) { return value == -1 ? -errno : value; }

#endif
