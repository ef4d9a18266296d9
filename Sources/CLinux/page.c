#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "CLinuxPage.h"

void *tl_page_map(const char *path, size_t bytes, int *error) {
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (fd < 0) {
    *error = errno;
    return NULL;
  }
  struct stat status;
  void *page = MAP_FAILED;
  *error = 0;
  if (fstat(fd, &status) != 0)
    *error = errno;
  else if (!S_ISREG(status.st_mode) || status.st_uid != geteuid())
    *error = EINVAL;
  else if (status.st_size < (off_t)bytes && ftruncate(fd, (off_t)bytes) != 0)
    *error = errno;
  if (*error == 0) {
    page = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (page == MAP_FAILED) *error = errno;
  }
  close(fd);
  return page == MAP_FAILED ? NULL : page;
}

void tl_page_unmap(void *page, size_t bytes) { munmap(page, bytes); }
