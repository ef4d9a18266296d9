// The bare loops that `tulpar bench` runs beside the stack: no safety, no decoding, nothing to wait
// for but the clock and the bus. One file, libc only.
//
//   companion wakeups PERIOD_US PHASE_US PRIORITY
//       absolute-time sleep as cyclictest's; a line "DEADLINE_NS LATENESS_NS" for each wake-up
//   companion echo PATH PRIORITY
//       answers each stimulus frame on the bus at once
//   companion schedule PATH PHASE_US PRIORITY
//       every 10 ms takes what has come, and 2 ms later sends what was the last: the stack's
//       schedule without the stack
//
// Each ends with its standard input.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/can.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const int64_t cycle_ns = 10000000, relay_ns = 2000000, registration_ns = 200000000;
static const uint32_t stimulus = 0x18FFE0F0 | CAN_EFF_FLAG, echoed = 0x18FFE1F0 | CAN_EFF_FLAG,
                      scheduled = 0x18FFE2F0 | CAN_EFF_FLAG;

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void sleep_until(int64_t at) {
  struct timespec t = {.tv_sec = at / 1000000000, .tv_nsec = at % 1000000000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) != 0) {
  }
}

/// The next instant of a period at a phase.
static int64_t next(int64_t period, int64_t phase) {
  return ((now_ns() - phase) / period + 1) * period + phase;
}

static void become_realtime(int priority) {
  if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) perror("companion: mlockall");
  struct sched_param p = {priority};
  if (priority > 0 && sched_setscheduler(0, SCHED_FIFO, &p) != 0) perror("companion: SCHED_FIFO");
}

static int is_over(void) {
  struct pollfd in = {.fd = 0, .events = POLLIN};
  char byte;
  return poll(&in, 1, 0) > 0 && read(0, &byte, 1) <= 0;
}

static int wakeups(int64_t period, int64_t phase, int priority) {
  // As cyclictest does: what holds for one in the window holds for all.
  int latency = open("/dev/cpu_dma_latency", O_WRONLY), zero = 0;
  if (latency < 0 || write(latency, &zero, 4) != 4) perror("companion: cpu_dma_latency");
  enum { kept = 1 << 20 };
  int64_t(*seen)[2] = calloc(kept, sizeof *seen);
  if (seen == NULL) return 1;
  become_realtime(priority);
  long count = 0;
  for (int64_t deadline = next(period, phase); count < kept; deadline += period) {
    sleep_until(deadline);
    seen[count][0] = deadline;
    seen[count++][1] = now_ns() - deadline;
    if (count % 16 == 0 && is_over()) break;
  }
  for (long i = 0; i < count; i++) printf("%lld %lld\n", (long long)seen[i][0], (long long)seen[i][1]);
  return 0;
}

static struct sockaddr_un bus = {.sun_family = AF_UNIX};

static int open_bus(const char *path) {
  if (strlen(path) >= sizeof bus.sun_path) return -1;
  strcpy(bus.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  struct sockaddr_un own = {.sun_family = AF_UNIX};
  if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof own.sun_family) != 0) return -1;
  return fd;
}

static void put(int fd, const void *bytes, size_t size) {
  (void)!sendto(fd, bytes, size, MSG_DONTWAIT, (struct sockaddr *)&bus, sizeof bus);
}

static int echo(const char *path, int priority) {
  int fd = open_bus(path);
  if (fd < 0) return perror("companion: bus"), 1;
  become_realtime(priority);
  int64_t told = 0;
  for (;;) {
    if (now_ns() - told > registration_ns) told = now_ns(), put(fd, "", 0);
    struct pollfd in[2] = {{.fd = fd, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
    poll(in, 2, 100);
    if (in[1].revents && is_over()) return 0;
    struct can_frame frame;
    while (recv(fd, &frame, sizeof frame, MSG_DONTWAIT) == sizeof frame) {
      if (frame.can_id != stimulus) continue;
      frame.can_id = echoed;
      put(fd, &frame, sizeof frame);
    }
  }
}

static int schedule(const char *path, int64_t phase, int priority) {
  int fd = open_bus(path);
  if (fd < 0) return perror("companion: bus"), 1;
  become_realtime(priority);
  struct can_frame last = {.can_id = scheduled, .len = 8};
  int64_t told = 0;
  for (int64_t at = next(cycle_ns, phase);; at += cycle_ns) {
    sleep_until(at);
    struct canfd_frame frame;
    ssize_t size;
    while ((size = recv(fd, &frame, sizeof frame, MSG_DONTWAIT)) >= 0)
      if (size == CAN_MTU && frame.can_id == stimulus) memcpy(last.data, frame.data, 8);
    if (now_ns() - told > registration_ns) told = now_ns(), put(fd, "", 0);
    sleep_until(at + relay_ns);
    put(fd, &last, sizeof last);
    if (is_over()) return 0;
  }
}

int main(int count, char **words) {
  if (count == 5 && strcmp(words[1], "wakeups") == 0)
    return wakeups(atol(words[2]) * 1000, atol(words[3]) * 1000, atoi(words[4]));
  if (count == 4 && strcmp(words[1], "echo") == 0) return echo(words[2], atoi(words[3]));
  if (count == 5 && strcmp(words[1], "schedule") == 0)
    return schedule(words[2], atol(words[3]) * 1000, atoi(words[4]));
  fprintf(stderr, "companion: wakeups, echo or schedule; see the head of companion.c\n");
  return 2;
}
