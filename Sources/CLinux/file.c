#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "CLinuxFile.h"
#include "CLinuxThread.h"

int tl_lock_file(const char *path) {
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return -errno;
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  int error = errno;
  close(fd);
  return -error;
}

int tl_lock_folder(const char *path) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -errno;
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  int error = errno;
  close(fd);
  return -error;
}

int tl_wake_open(const char *path) {
  if (mkfifo(path, 0600) != 0 && errno != EEXIST) return -errno;
  int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return -errno;
  struct stat status;
  if (fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode) && status.st_uid == geteuid()) return fd;
  close(fd);
  return -EINVAL;
}

int tl_wake_drain(int fd) {
  char buffer[64];
  int any = 0;
  for (int i = 0; i < 64 && read(fd, buffer, sizeof buffer) > 0; i++) any = 1;
  return any;
}

int tl_wake(int fd) {
  uint64_t one = 1;
  return write(fd, &one, sizeof one) == sizeof one ? 0 : -errno;
}

int tl_eventfd(void) {
  int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

uint32_t tl_poll(const int *fds, unsigned count, int64_t deadline) {
  struct pollfd list[32];
  if (count > 32) count = 32;
  for (unsigned i = 0; i < count; i++) list[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
  int64_t rest = deadline - tl_monotonic_ns();
  if (rest < 0) rest = 0;
  struct timespec timeout = {.tv_sec = rest / 1000000000, .tv_nsec = rest % 1000000000};
  if (ppoll(list, count, &timeout, NULL) <= 0) return 0;
  uint32_t ready = 0;
  for (unsigned i = 0; i < count; i++)
    if (list[i].revents != 0) ready |= 1u << i;
  return ready;
}

int tl_open_read(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int tl_remove(const char *path) { return unlink(path) < 0 ? -errno : 0; }

int tl_is_missing(int result) { return result == -ENOENT || result == -ENOTDIR; }

static int write_all(int fd, const char *next, size_t size) {
  while (size > 0) {
    ssize_t count = write(fd, next, size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -errno;
    next += count;
    size -= (size_t)count;
  }
  return fsync(fd) < 0 ? -errno : 0;
}

int tl_keep_file(const char *path, const void *content, size_t size) {
  char beside[4096];
  int length = snprintf(beside, sizeof beside, "%s.new", path);
  if (length < 0 || (size_t)length >= sizeof beside) return -ENAMETOOLONG;
  int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
  if (fd < 0) return -errno;
  int result = write_all(fd, content, size);
  if (close(fd) < 0 && result == 0) result = -errno;
  if (result == 0) result = tl_rename_kept(beside, path);
  if (result < 0) unlink(beside);
  return result;
}

long tl_read(int fd, void *buffer, size_t size) {
  ssize_t count;
  do count = read(fd, buffer, size);
  while (count < 0 && errno == EINTR);
  return count < 0 ? -errno : count;
}

long tl_read_at(int fd, void *buffer, size_t size, uint64_t offset) {
  ssize_t count;
  do count = pread(fd, buffer, size, (off_t)offset);
  while (count < 0 && errno == EINTR);
  return count < 0 ? -errno : count;
}

long tl_write(int fd, const void *buffer, size_t size) {
  ssize_t count;
  do count = write(fd, buffer, size);
  while (count < 0 && errno == EINTR);
  return count < 0 ? -errno : count;
}

int tl_close(int fd) { return close(fd) == 0 ? 0 : -errno; }

int tl_exists(const char *path) { return access(path, F_OK) == 0; }

int64_t tl_interface_received(const char *spec) {
  char path[128];
  if (strchr(spec, '/') != NULL) return -1;
  snprintf(path, sizeof path, "/sys/class/net/%.32s/statistics/rx_packets", spec);
  int fd = tl_open_read(path);
  if (fd < 0) return -1;
  char text[32];
  long count = tl_read(fd, text, sizeof text - 1);
  close(fd);
  if (count <= 0) return -1;
  text[count] = 0;
  return strtoll(text, NULL, 10);
}

void tl_log(const void *line, size_t size) {
  ssize_t ignored = write(2, line, size);
  (void)ignored;
}

int tl_create(const char *path, int is_new) {
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (is_new ? O_EXCL : O_TRUNC), 0644);
  return fd < 0 ? -errno : fd;
}

int64_t tl_file_size(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) return -errno;
  if (S_ISDIR(status.st_mode)) return -EISDIR;
  return S_ISREG(status.st_mode) ? status.st_size : -EINVAL;
}

int tl_synchronise(int fd) { return fdatasync(fd) == 0 ? 0 : -errno; }

const char *tl_error_text(int number) { return strerrordesc_np(number); }

int tl_make_folder(const char *path) {
  if (mkdir(path, 0750) == 0) return 0;
  if (errno != EEXIST) return -errno;
  struct stat status;
  if (stat(path, &status) != 0) return -errno;
  return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
}

long tl_list_folder(const char *path, char *names, size_t size) {
  DIR *folder = opendir(path);
  if (folder == NULL) return -errno;
  size_t used = 0;
  struct dirent *entry;
  while ((entry = readdir(folder)) != NULL) {
    struct stat status;
    if (fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    size_t length = strlen(entry->d_name) + 1;
    if (!S_ISREG(status.st_mode)) continue;
    if (length > size - used) {
      closedir(folder);
      return -ENOBUFS;
    }
    memcpy(names + used, entry->d_name, length);
    used += length;
  }
  closedir(folder);
  return (long)used;
}

int tl_rename_kept(const char *from, const char *to) {
  if (rename(from, to) != 0) return -errno;
  char folder[4096];
  int length = snprintf(folder, sizeof folder, "%s", to);
  if (length < 0 || (size_t)length >= sizeof folder) return -ENAMETOOLONG;
  char *slash = strrchr(folder, '/');
  if (slash == NULL) return 0;
  slash[1] = 0;
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int result = fsync(fd) == 0 ? 0 : -errno;
  close(fd);
  return result;
}

int tl_disk_space(const char *path, uint64_t *free_bytes, uint64_t *total) {
  struct statvfs status;
  if (statvfs(path, &status) != 0) return -errno;
  *free_bytes = (uint64_t)status.f_bavail * status.f_frsize;
  *total = (uint64_t)status.f_blocks * status.f_frsize;
  return 0;
}

int tl_file_state(const char *path, int64_t *written_ns, uint64_t *size) {
  struct stat status;
  if (stat(path, &status) != 0) return -errno;
  *written_ns = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
  *size = (uint64_t)status.st_size;
  return 0;
}

int tl_utc_name(int64_t utc_ns, char *text, size_t size) {
  time_t seconds = (time_t)(utc_ns / 1000000000);
  struct tm parts;
  if (gmtime_r(&seconds, &parts) == NULL) return 0;
  return (int)strftime(text, size, "%Y%m%dT%H%M%SZ", &parts);
}
