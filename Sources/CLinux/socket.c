#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "CLinuxSocket.h"

static int make_address(const char *path, struct sockaddr_un *address) {
  size_t length = strlen(path);
  if (length == 0 || length >= sizeof address->sun_path) return -ENAMETOOLONG;
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, length);
  return 0;
}

static int failed(int fd) {
  int error = errno;
  close(fd);
  return -error;
}

static int set_timeouts(int fd, int timeout_ms) {
  struct timeval limit = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0) return -errno;
  return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 ? 0 : -errno;
}

int tl_unix_listen(const char *path, unsigned mode) {
  struct sockaddr_un address;
  int result = make_address(path, &address);
  if (result != 0) return result;
  struct stat status;
  if (lstat(path, &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) return -EEXIST;
    unlink(path);
  }
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) return failed(fd);
  if (chmod(path, mode) != 0) return failed(fd);
  if (listen(fd, 8) != 0) return failed(fd);
  return fd;
}

int tl_unix_accept(int listener, int timeout_ms) {
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0) return -errno;
  int result = set_timeouts(fd, timeout_ms);
  if (result == 0) return fd;
  close(fd);
  return result;
}

int tl_unix_connect(const char *path, int timeout_ms) {
  struct sockaddr_un address;
  int result = make_address(path, &address);
  if (result != 0) return result;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  result = set_timeouts(fd, timeout_ms);
  if (result != 0) {
    close(fd);
    return result;
  }
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) return failed(fd);
  return fd;
}

int tl_local_connect(uint16_t port, int timeout_ms) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int result = set_timeouts(fd, timeout_ms);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (result == 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) result = -errno;
  if (result == 0) return fd;
  close(fd);
  return result;
}

int tl_unix_peer(int fd, uint32_t *user, int *process) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -errno;
  *user = peer.uid;
  *process = peer.pid;
  return 0;
}

int tl_read_exactly(int fd, void *buffer, size_t size) {
  char *next = buffer;
  while (size > 0) {
    ssize_t count = recv(fd, next, size, 0);
    if (count == 0) return 0;
    if (count < 0) {
      if (errno == EINTR) continue;
      return -errno;
    }
    next += count;
    size -= (size_t)count;
  }
  return 1;
}

int tl_read_exactly_until(int fd, void *buffer, size_t size, int64_t deadline_ns) {
  char *next = buffer;
  while (size > 0) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t left = deadline_ns - ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
    if (left <= 0) return -ETIMEDOUT;
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    struct timespec wait = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
    int ready = ppoll(&readable, 1, &wait, NULL);
    if (ready == 0) return -ETIMEDOUT;
    if (ready < 0) {
      if (errno == EINTR) continue;
      return -errno;
    }
    ssize_t count = recv(fd, next, size, 0);
    if (count == 0) return 0;
    if (count < 0) {
      if (errno == EINTR) continue;
      return -errno;
    }
    next += count;
    size -= (size_t)count;
  }
  return 1;
}

long tl_receive_now(int fd, void *buffer, size_t size) {
  ssize_t count;
  do count = recv(fd, buffer, size, MSG_DONTWAIT);
  while (count < 0 && errno == EINTR);
  return count < 0 ? -errno : count;
}

int tl_write_all(int fd, const void *buffer, size_t size) {
  const char *next = buffer;
  while (size > 0) {
    ssize_t count = send(fd, next, size, MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EINTR) continue;
      return -errno;
    }
    next += count;
    size -= (size_t)count;
  }
  return 0;
}
