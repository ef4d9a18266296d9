#define _GNU_SOURCE
#include "CLinuxLink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/// Runs one interface request; any socket answers it, and AF_UNIX is what every kernel has.
static int interface_request(const char *name, unsigned long code, struct ifreq *request) {
  if (name == NULL || strlen(name) == 0 || strlen(name) >= sizeof request->ifr_name)
    return -EINVAL;
  memcpy(request->ifr_name, name, strlen(name) + 1);
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int result = ioctl(fd, code, request) == 0 ? 0 : -errno;
  close(fd);
  return result;
}

int tl_interface_index(const char *name) {
  struct ifreq request = {0};
  int result = interface_request(name, SIOCGIFINDEX, &request);
  return result == 0 ? request.ifr_ifindex : result;
}

int tl_interface_type(const char *name) {
  struct ifreq request = {0};
  int result = interface_request(name, SIOCGIFHWADDR, &request);
  return result == 0 ? request.ifr_hwaddr.sa_family : result;
}

int tl_interface_set_queue(const char *name, int length) {
  struct ifreq request = {0};
  request.ifr_qlen = length;
  return interface_request(name, SIOCSIFTXQLEN, &request);
}

int tl_interface_queue(const char *name) {
  struct ifreq request = {0};
  int result = interface_request(name, SIOCGIFTXQLEN, &request);
  return result == 0 ? request.ifr_qlen : result;
}

// MARK: - The kind, which only netlink tells

static int ask_for_link(int fd, int index) {
  struct {
    struct nlmsghdr head;
    struct ifinfomsg link;
  } question = {
      .head = {.nlmsg_len = sizeof question, .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST},
      .link = {.ifi_family = AF_UNSPEC, .ifi_index = index}};
  return send(fd, &question, sizeof question, 0) == sizeof question ? 0 : -errno;
}

static int take_kind(const struct rtattr *information, char *kind, unsigned size) {
  int left = RTA_PAYLOAD(information);
  for (const struct rtattr *a = RTA_DATA(information); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
    if (a->rta_type != IFLA_INFO_KIND) continue;
    unsigned length = strnlen(RTA_DATA(a), RTA_PAYLOAD(a));
    if (length >= size) return -ENAMETOOLONG;
    memcpy(kind, RTA_DATA(a), length);
    kind[length] = 0;
    return (int)length;
  }
  return 0;
}

static int read_kind(const struct nlmsghdr *head, long size, char *kind, unsigned room) {
  if (!NLMSG_OK(head, size)) return -EPROTO;
  if (head->nlmsg_type == NLMSG_ERROR) {
    const struct nlmsgerr *error = NLMSG_DATA(head);
    return error->error < 0 ? error->error : -EPROTO;
  }
  if (head->nlmsg_type != RTM_NEWLINK) return -EPROTO;
  int left = (int)IFLA_PAYLOAD(head);
  const struct rtattr *a = IFLA_RTA(NLMSG_DATA(head));
  for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
    if ((a->rta_type & NLA_TYPE_MASK) == IFLA_LINKINFO) return take_kind(a, kind, room);
  return 0;
}

int tl_interface_kind(const char *name, char *kind, unsigned size) {
  if (size == 0) return -EINVAL;
  kind[0] = 0;
  int index = tl_interface_index(name);
  if (index < 0) return index;
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return -errno;
  struct timeval limit = {.tv_usec = 500000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  static const size_t room = 32768;
  struct nlmsghdr *answer = malloc(room);
  int result = answer == NULL ? -ENOMEM : ask_for_link(fd, index);
  if (result == 0) {
    ssize_t count;
    do count = recv(fd, answer, room, 0);
    while (count < 0 && errno == EINTR);
    result = count < 0 ? -errno : read_kind(answer, (long)count, kind, size);
  }
  free(answer);
  close(fd);
  return result;
}

int tl_interface_is_virtual(const char *spec) {
  if (spec == NULL) return 0;
  if (strncmp(spec, "unix:", 5) == 0) return 1;
  char kind[16];
  if (tl_interface_kind(spec, kind, sizeof kind) <= 0) return 0;
  return strcmp(kind, "vcan") == 0 || strcmp(kind, "vxcan") == 0;
}

// MARK: - Files and signals

int tl_replace_file(const char *path, const void *bytes, size_t size, unsigned mode) {
  char temporary[256];
  int length = snprintf(temporary, sizeof temporary, "%s.new", path);
  if (length < 0 || (size_t)length >= sizeof temporary) return -ENAMETOOLONG;
  int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) return -errno;
  ssize_t count = write(fd, bytes, size);
  int error = count == (ssize_t)size ? 0 : count < 0 ? errno : ENOSPC;
  if (error == 0 && fchmod(fd, mode) != 0) error = errno;
  if (close(fd) != 0 && error == 0) error = errno;
  if (error == 0 && rename(temporary, path) != 0) error = errno;
  return -error;
}

static void held_signals(sigset_t *set) {
  sigemptyset(set);
  sigaddset(set, SIGTERM);
  sigaddset(set, SIGINT);
  sigaddset(set, SIGHUP);
}

int tl_signals_hold(void) {
  sigset_t set;
  held_signals(&set);
  return sigprocmask(SIG_BLOCK, &set, NULL) == 0 ? 0 : -errno;
}

int tl_signal_wait(int64_t deadline_ns) {
  sigset_t set;
  held_signals(&set);
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  int64_t left = deadline_ns - ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
  if (left < 0) left = 0;
  struct timespec wait = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
  int number = sigtimedwait(&set, NULL, &wait);
  return number > 0 ? number : 0;
}
