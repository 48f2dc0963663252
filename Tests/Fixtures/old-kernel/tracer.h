#ifndef TRACER_H
#define TRACER_H

// Makes the tracer remove a field from the answers of statx(2): "STATX_MNT_ID" or "size-of-fd-directory".
void removeFromAnswers(const char *feature);

// Starts the tracer of this process, and returns once it has attached; -1 if that fails.
int startTracer(void);

#endif
