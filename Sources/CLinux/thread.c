#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "CLinuxThread.h"

int64_t tl_monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t tl_realtime_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t tl_realtime_error_ns(void) {
  struct timex state = {.modes = 0};
  int result = adjtimex(&state);
  if (result < 0 || result == TIME_ERROR || state.status & STA_UNSYNC) return -1;
  return (int64_t)state.esterror * 1000;
}

void tl_sleep_until(int64_t ns) {
  if (ns <= 0) return;
  struct timespec until = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
  }
}

int tl_thread_id(void) { return (int)syscall(SYS_gettid); }

int tl_scheduler_fifo(int priority) {
  struct sched_param parameter = {.sched_priority = priority};
  return sched_setscheduler(0, SCHED_FIFO, &parameter) == 0 ? 0 : -errno;
}

int tl_scheduler_cpus(uint64_t cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (unsigned i = 0; i < 64; i++)
    if (cpus >> i & 1) CPU_SET(i, &set);
  return sched_setaffinity(0, sizeof set, &set) == 0 ? 0 : -errno;
}

int tl_memory_lock(void) {
  // Every thread that allocates reserves an arena of 64 MiB, which counts against RLIMIT_MEMLOCK.
  mallopt(M_ARENA_MAX, 1);
  return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0 ? 0 : -errno;
}

void tl_memory_prefault(void *start, size_t bytes) {
  volatile char *page = start;
  for (size_t i = 0; i < bytes; i += 4096) page[i] = page[i];
  if (bytes > 0) page[bytes - 1] = page[bytes - 1];
}

__attribute__((noinline)) void tl_stack_prefault(size_t bytes) {
  volatile char *area = __builtin_alloca(bytes);
  for (size_t i = 0; i < bytes; i += 4096) area[i] = 0;
}

// What a new thread is told; freed by it.
struct start {
  void (*body)(void *);
  void *context;
  char name[16];
  int priority;
  uint64_t cpus;
  size_t stack;
  int refused;
  pthread_mutex_t lock;
  pthread_cond_t ready;
  int is_ready;
};

// A handler for a stack overflow needs a stack of its own.
static void install_signal_stack(void) {
  size_t size = 32 * 1024;
  void *area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (area == MAP_FAILED) return;
  stack_t stack = {.ss_sp = area, .ss_size = size};
  sigaltstack(&stack, NULL);
}

static void *run(void *argument) {
  struct start *start = argument;
  void (*body)(void *) = start->body;
  void *context = start->context;
  install_signal_stack();
  pthread_setname_np(pthread_self(), start->name);
  // The process's main thread takes the signals that ask it to end.
  sigset_t asked;
  sigemptyset(&asked);
  sigaddset(&asked, SIGTERM);
  sigaddset(&asked, SIGINT);
  pthread_sigmask(SIG_BLOCK, &asked, NULL);
  int refused = 0;
  if (start->cpus != 0) refused = -tl_scheduler_cpus(start->cpus);
  if (start->priority > 0) {
    int result = tl_scheduler_fifo(start->priority);
    if (result != 0) refused = -result;
    // Half of the stack, so that the body's first frames find it resident.
    tl_stack_prefault(start->stack / 2);
  }
  pthread_mutex_lock(&start->lock);
  start->refused = refused;
  start->is_ready = 1;
  pthread_cond_signal(&start->ready);
  pthread_mutex_unlock(&start->lock);
  body(context);
  return NULL;
}

int tl_thread_start(void (*body)(void *), void *context, const struct tl_thread_options *options,
                    uint64_t *thread, int *refused) {
  struct start start = {.body = body,
                        .context = context,
                        .priority = options->fifo_priority,
                        .cpus = options->cpus,
                        .stack = options->stack_bytes != 0 ? options->stack_bytes : 256 * 1024,
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .ready = PTHREAD_COND_INITIALIZER};
  if (options->name != NULL) strncpy(start.name, options->name, sizeof start.name - 1);
  pthread_attr_t attributes;
  int result = pthread_attr_init(&attributes);
  if (result != 0) return -result;
  result = pthread_attr_setstacksize(&attributes, start.stack);
  pthread_t handle;
  if (result == 0) result = pthread_create(&handle, &attributes, run, &start);
  pthread_attr_destroy(&attributes);
  if (result != 0) return -result;
  pthread_mutex_lock(&start.lock);
  while (!start.is_ready) pthread_cond_wait(&start.ready, &start.lock);
  pthread_mutex_unlock(&start.lock);
  *thread = (uint64_t)handle;
  *refused = start.refused;
  return 0;
}

int tl_thread_join(uint64_t thread) { return -pthread_join((pthread_t)thread, NULL); }

long tl_resident_kilobytes(void) {
  int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  char text[64];
  ssize_t count = read(fd, text, sizeof text - 1);
  close(fd);
  if (count <= 0) return -EIO;
  text[count] = 0;
  long size = 0, resident = 0;
  if (sscanf(text, "%ld %ld", &size, &resident) != 2) return -EIO;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

int tl_dma_latency_open(int32_t microseconds) {
  int fd = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  if (write(fd, &microseconds, sizeof microseconds) == sizeof microseconds) return fd;
  int error = errno;
  close(fd);
  return -error;
}

int tl_core_dumps_off(void) {
  struct rlimit none = {0, 0};
  return setrlimit(RLIMIT_CORE, &none) == 0 ? 0 : -errno;
}
