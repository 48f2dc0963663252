// What the files of this fixture share; main.c says what it is for.
#include <stddef.h>
#include <stdint.h>

// The scratch directory: its path, and a descriptor of it.
extern const char *directory;
extern int scratch;

// Says "LABEL TYPE DESCRIPTOR", or what error there is instead of one. Answers the descriptor, and leaves it
// open.
int say(const char *label, const char *type, long descriptor);
// Opens a file of the scratch directory, which is made where that is asked for.
int at(const char *name, int flags);
// The path of a file of the scratch directory, until the next call.
const char *path(const char *name);
// Opens anew what a descriptor refers to.
int reopen(int descriptor, int flags);
// What `make` opens in a child process that is in these new namespaces; -1 where it fails, with its error.
int fromChild(int namespaces, int (*make)(void));
// The same, but only where this process itself may not.
int fromChildIfDenied(int namespaces, int (*make)(void));
// Joins the user namespace that the descriptor is of, and takes new ones of other kinds.
int enter(int user, int namespaces);

// Sockets at a loopback port of the kernel's choice: one that does nothing, one that listens, and one that is
// connected to another, or about to be.
int bindNew(int family, int kind, int protocol);
int listenNew(int family, int kind, int protocol);
int connectNew(int other, int kind, int protocol);
// The two ends of a connection; both are -1, with an error, where there is none.
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
