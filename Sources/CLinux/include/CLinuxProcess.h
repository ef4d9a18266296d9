// Processes, signals and the service manager.
#ifndef TULPAR_CLINUX_PROCESS_H
#define TULPAR_CLINUX_PROCESS_H
#include <stdint.h>

int tl_process_id(void);
uint32_t tl_user_id(void);
/// A descriptor that becomes readable when the process ends; -errno (-ESRCH: no such process).
int tl_pidfd_open(int process);
/// Starts a program with a pipe from its standard output; NULL-terminated `arguments`, the first
/// being the program's path. Process id or -errno; `*output` is the pipe's reading end.
int tl_spawn(const char *const *arguments, int *output);
/// Waits for a child: its exit status, 128 + the signal that ended it, or -errno.
int tl_wait(int process);
int tl_kill(int process, int signal);
/// Arguments of this process, argument 0 being its name; NULL beyond the last.
const char *tl_argument(unsigned index);
/// Path of the running executable, terminated; length or -errno.
int tl_executable_path(char *buffer, unsigned size);

/// On SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE: stores signal number | thread id << 32 in
/// `*trap`, writes one byte to `wake` (when >= 0) and lets the process die of the signal. Nothing
/// else: the guardian does the rest (S-16). 0 or -errno.
int tl_trap_handlers(uint64_t *trap, int wake);
/// Counts SIGTERM and SIGINT instead of dying of them; ignores SIGPIPE. 0 or -errno.
int tl_termination_handlers(void);
/// How often the process was asked to end.
unsigned tl_termination_requests(void);

/// Sends one notification to $NOTIFY_SOCKET: 1 sent, 0 no service manager, -errno.
int tl_notify(const char *text);
/// $WATCHDOG_USEC when it is meant for this process, else 0.
uint64_t tl_watchdog_microseconds(void);
/// Value of an environment variable, NULL when unset.
const char *tl_environment(const char *name);
__attribute__((noreturn)) void tl_exit(int status);
#endif
