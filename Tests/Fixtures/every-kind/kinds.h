// Declarations that the files of this fixture share. main.c describes the fixture.
#include <stddef.h>
#include <stdint.h>

// The path of the scratch directory, and a descriptor of it.
extern const char *directory;
extern int scratch;

// Prints "LABEL TYPE DESCRIPTOR", or the error in place of the descriptor. Returns the descriptor, which
// stays open.
int say(const char *label, const char *type, long descriptor);
// Opens a file in the scratch directory. O_CREAT makes it.
int at(const char *name, int flags);
// Returns the path of a file in the scratch directory. The next call overwrites it.
const char *path(const char *name);
// Opens the file of a descriptor a second time.
int reopen(int descriptor, int flags);
// Runs `make` in a child process in these new namespaces, and returns a duplicate of what it opens.
// If `make` fails, it returns -1 with the error of the child in `errno`.
int fromChild(int namespaces, int (*make)(void));
// Runs `make` in this process, and in such a child only if this process lacks the right.
int fromChildIfDenied(int namespaces, int (*make)(void));
// Joins the user namespace of a descriptor, and makes new namespaces of other kinds.
int enter(int user, int namespaces);

// Make a socket at a loopback port that the kernel chooses. The first binds only, the second listens, and the
// third is connected to another socket or is about to be.
int bindNew(int family, int kind, int protocol);
int listenNew(int family, int kind, int protocol);
int connectNew(int other, int kind, int protocol);
// Makes the two ends of a connection. Both are -1, with an error in `errno`, if that fails.
void connectPair(int family, int protocol, int ends[2]);

void makeFiles(void);
void makeMemory(void);
void makeDevices(void);
void makeMachines(void);
void makeDescriptions(void);
void makeAnonymous(void);
void makeNamespaces(void);
void makeMounts(void);
void makePrograms(void);
void makeFamilies(void);
void makeInternet(void);
void makeStates(void);
void makeUnix(void);
