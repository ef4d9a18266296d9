// Threads with explicit stack, priority and affinity; the monotonic clock; locked memory.
#ifndef TULPAR_CLINUX_THREAD_H
#define TULPAR_CLINUX_THREAD_H
#include <stddef.h>
#include <stdint.h>

/// CLOCK_MONOTONIC, nanoseconds.
int64_t tl_monotonic_ns(void);
/// CLOCK_REALTIME, nanoseconds.
int64_t tl_realtime_ns(void);
/// Estimated error of CLOCK_REALTIME, nanoseconds, as the kernel's clock discipline has it; -1 while
/// nothing disciplines the clock.
int64_t tl_realtime_error_ns(void);
/// Sleeps until the absolute CLOCK_MONOTONIC instant; a signal does not shorten it.
void tl_sleep_until(int64_t monotonic_ns);

struct tl_thread_options {
  const char *name;        ///< at most 15 characters are kept
  size_t stack_bytes;      ///< 0: 256 KiB
  int fifo_priority;       ///< 0: the default time-sharing class
  uint64_t cpus;           ///< bit per CPU; 0: any
};

/// Starts a thread. 0, or -errno. `*refused` becomes 0, or the errno with which the kernel refused
/// the priority or the CPUs: the thread then runs without them.
int tl_thread_start(void (*body)(void *), void *context, const struct tl_thread_options *options,
                    uint64_t *thread, int *refused);
int tl_thread_join(uint64_t thread);
/// Kernel thread id of the caller.
int tl_thread_id(void);

/// Puts the calling thread into SCHED_FIFO; 0 or -errno.
int tl_scheduler_fifo(int priority);
/// Binds the calling thread to the CPUs; 0 or -errno.
int tl_scheduler_cpus(uint64_t cpus);
/// mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT): what is touched stays; 0 or -errno.
int tl_memory_lock(void);
/// Touches every page of a buffer.
void tl_memory_prefault(void *start, size_t bytes);
/// Touches `bytes` of the calling thread's stack.
void tl_stack_prefault(size_t bytes);
/// Resident memory of this process, kB; -errno when unknown.
long tl_resident_kilobytes(void);
/// Holds the CPUs out of deep sleep while the descriptor is open; descriptor or -errno.
int tl_dma_latency_open(int32_t microseconds);
/// Forbids core files, so that a trapped process is gone at once; 0 or -errno.
int tl_core_dumps_off(void);
#endif
