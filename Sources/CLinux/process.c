#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CLinuxProcess.h"
#include "CLinuxThread.h"

extern char **environ;

int tl_process_id(void) { return getpid(); }
uint32_t tl_user_id(void) { return geteuid(); }

int tl_pidfd_open(int process) {
  long fd = syscall(SYS_pidfd_open, process, 0);
  if (fd < 0) return -errno;
  fcntl((int)fd, F_SETFD, FD_CLOEXEC);
  return (int)fd;
}

int tl_spawn(const char *const *arguments, int *output) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  pid_t process = 0;
  int result =
      posix_spawn(&process, arguments[0], &actions, NULL, (char *const *)arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (result != 0) {
    close(ends[0]);
    return -result;
  }
  *output = ends[0];
  return process;
}

int tl_wait(int process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0)
    if (errno != EINTR) return -errno;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int tl_kill(int process, int signal) { return kill(process, signal) == 0 ? 0 : -errno; }

int tl_executable_path(char *buffer, unsigned size) {
  ssize_t count = readlink("/proc/self/exe", buffer, size - 1);
  if (count < 0) return -errno;
  buffer[count] = 0;
  return (int)count;
}

static int argument_count;
static char **argument_list;

// glibc hands main's arguments to constructors too; Embedded Swift has no other way to them.
__attribute__((constructor)) static void keep_arguments(int count, char **list) {
  argument_count = count;
  argument_list = list;
}

const char *tl_argument(unsigned index) {
  return index < (unsigned)argument_count ? argument_list[index] : NULL;
}

static uint64_t *trap_word;
static int trap_wake = -1;

static void trapped(int signal_number) {
  if (trap_word != NULL)
    __atomic_store_n(trap_word, (uint64_t)signal_number | (uint64_t)tl_thread_id() << 32,
                     __ATOMIC_RELEASE);
  if (trap_wake >= 0) {
    char one = 1;
    ssize_t ignored = write(trap_wake, &one, 1);
    (void)ignored;
  }
  // The action is already back at its default and the signal is not blocked: this ends the process
  // also where the signal was sent and no instruction would fault again.
  raise(signal_number);
}

int tl_trap_handlers(uint64_t *trap, int wake) {
  trap_word = trap;
  trap_wake = wake;
  struct sigaction action = {.sa_handler = trapped,
                             .sa_flags = SA_RESETHAND | SA_NODEFER | SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  int signals[] = {SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE};
  sigset_t wanted;
  sigemptyset(&wanted);
  for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++) {
    if (sigaction(signals[i], &action, NULL) != 0) return -errno;
    sigaddset(&wanted, signals[i]);
  }
  return -pthread_sigmask(SIG_UNBLOCK, &wanted, NULL);
}

static unsigned termination_requests;

static void asked_to_end(int signal_number) {
  (void)signal_number;
  __atomic_add_fetch(&termination_requests, 1, __ATOMIC_RELAXED);
}

int tl_termination_handlers(void) {
  struct sigaction action = {.sa_handler = asked_to_end};
  sigemptyset(&action.sa_mask);
  if (sigaction(SIGTERM, &action, NULL) != 0 || sigaction(SIGINT, &action, NULL) != 0)
    return -errno;
  if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) return -errno;
  // Whoever started this process may have left them blocked.
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGTERM);
  sigaddset(&wanted, SIGINT);
  return -pthread_sigmask(SIG_UNBLOCK, &wanted, NULL);
}

unsigned tl_termination_requests(void) {
  return __atomic_load_n(&termination_requests, __ATOMIC_RELAXED);
}

int tl_notify(const char *text) {
  const char *path = getenv("NOTIFY_SOCKET");
  if (path == NULL || path[0] == 0) return 0;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(path);
  if ((path[0] != '/' && path[0] != '@') || length >= sizeof address.sun_path) return -EINVAL;
  memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = 0;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  ssize_t sent =
      sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
  int error = errno;
  close(fd);
  return sent < 0 ? -error : 1;
}

uint64_t tl_watchdog_microseconds(void) {
  const char *text = getenv("WATCHDOG_USEC");
  if (text == NULL) return 0;
  const char *process = getenv("WATCHDOG_PID");
  if (process != NULL && strtol(process, NULL, 10) != getpid()) return 0;
  return strtoull(text, NULL, 10);
}

const char *tl_environment(const char *name) { return getenv(name); }

void tl_exit(int status) { exit(status); }
