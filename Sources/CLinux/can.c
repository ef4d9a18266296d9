// CAN sockets of the kernel, and their stand-in over AF_UNIX datagrams. A datagram of the stand-in
// is a `struct can_frame` or `struct canfd_frame`, so both roads share one translation. Rules after
// the kernel's Documentation/networking/can.rst.
#define _GNU_SOURCE
#include "CLinuxCAN.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/can.h>
#include <linux/can/error.h>
#include <linux/can/raw.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { filter_capacity = 128, client_capacity = 32, skip_limit = 4096 };

/// How often a silent client tells the bus that it is there; a restarted bus knows it again then.
static const int64_t registration_interval_ns = 200000000;

static const char unix_prefix[] = "unix:";

/// What the kernel keeps for a real CAN socket: where it is bound and what it lets through.
struct bus_client {
  atomic_int descriptor;  ///< plus one; 0 is a free slot
  unsigned options, filter_count;
  atomic_bool down;
  atomic_llong registered_ns;
  struct sockaddr_un address;
  struct tl_can_filter filters[filter_capacity];
};

static struct bus_client bus_clients[client_capacity];
static atomic_flag bus_clients_lock = ATOMIC_FLAG_INIT;

static int64_t clock_ns(clockid_t clock) {
  struct timespec now;
  if (clock_gettime(clock, &now) != 0) return 0;
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int close_with(int fd, int error) {
  close(fd);
  return -error;
}

// MARK: - Frames to and from the kernel's layout

static uint32_t kernel_id(const struct tl_can_frame *frame) {
  int extended = frame->flags & TL_CAN_EXTENDED;
  uint32_t id = frame->id & (extended ? CAN_EFF_MASK : CAN_SFF_MASK);
  if (extended) id |= CAN_EFF_FLAG;
  if (frame->flags & TL_CAN_REMOTE) id |= CAN_RTR_FLAG;
  return id;
}

/// The size of the written frame, or -EINVAL.
static int to_kernel(const struct tl_can_frame *frame, struct canfd_frame *out) {
  int fd = frame->flags & TL_CAN_FD;
  if (frame->flags & TL_CAN_ERROR) return -EINVAL;
  if (frame->length > (fd ? CANFD_MAX_DLEN : CAN_MAX_DLEN)) return -EINVAL;
  memset(out, 0, sizeof *out);
  out->can_id = kernel_id(frame);
  out->len = frame->length;
  if (!(frame->flags & TL_CAN_REMOTE)) memcpy(out->data, frame->data, frame->length);
  if (!fd && frame->length == 8 && frame->length_code > 8) out->__res1 = frame->length_code & 15;
  if (!fd) return CAN_MTU;
  if (frame->flags & TL_CAN_BRS) out->flags |= CANFD_BRS;
  if (frame->flags & TL_CAN_ESI) out->flags |= CANFD_ESI;
  return CANFD_MTU;
}

/// 1 for a frame, 0 for bytes that are none.
static int from_kernel(const struct canfd_frame *in, ssize_t size, struct tl_can_frame *frame) {
  if (size != CAN_MTU && size != CANFD_MTU) return 0;
  int fd = size == CANFD_MTU;
  if (in->len > (fd ? CANFD_MAX_DLEN : CAN_MAX_DLEN)) return 0;
  memset(frame, 0, sizeof *frame);
  if (in->can_id & CAN_ERR_FLAG) {
    frame->flags |= TL_CAN_ERROR;
    frame->id = in->can_id & CAN_ERR_MASK;
  } else if (in->can_id & CAN_EFF_FLAG) {
    frame->flags |= TL_CAN_EXTENDED;
    frame->id = in->can_id & CAN_EFF_MASK;
  } else {
    frame->id = in->can_id & CAN_SFF_MASK;
  }
  if (in->can_id & CAN_RTR_FLAG && !(in->can_id & CAN_ERR_FLAG)) frame->flags |= TL_CAN_REMOTE;
  if (fd) {
    frame->flags |= TL_CAN_FD;
    if (in->flags & CANFD_BRS) frame->flags |= TL_CAN_BRS;
    if (in->flags & CANFD_ESI) frame->flags |= TL_CAN_ESI;
  }
  frame->length = in->len;
  // Where a `struct can_frame` has its len8_dlc.
  if (!fd && in->len == 8 && in->__res1 > 8 && in->__res1 < 16) frame->length_code = in->__res1;
  memcpy(frame->data, in->data, in->len);
  frame->monotonic_ns = clock_ns(CLOCK_MONOTONIC);
  return 1;
}

// MARK: - The stand-in bus

static struct bus_client *client_of(int fd) {
  for (unsigned i = 0; i < client_capacity; i++)
    if (atomic_load_explicit(&bus_clients[i].descriptor, memory_order_acquire) == fd + 1)
      return &bus_clients[i];
  return NULL;
}

/// The descriptor now belongs to something else, or its owner closed it.
static void forget_stale_clients(int reused) {
  for (unsigned i = 0; i < client_capacity; i++) {
    int known = atomic_load(&bus_clients[i].descriptor) - 1;
    if (known < 0) continue;
    if (known == reused || fcntl(known, F_GETFD) == -1)
      atomic_store(&bus_clients[i].descriptor, 0);
  }
}

static int bus_address(const char *spec, struct sockaddr_un *address) {
  const char *path = spec + sizeof unix_prefix - 1;
  size_t length = strlen(path);
  if (length == 0 || length >= sizeof address->sun_path) return -EINVAL;
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, length);
  return 0;
}

static int is_absent(int error) {
  return error == ECONNREFUSED || error == ENOENT || error == ENOTCONN || error == ECONNRESET;
}

/// Says that we are there, by an empty datagram, or one byte when our own frames shall come back.
static int register_with_bus(struct bus_client *client, int fd) {
  size_t size = client->options & TL_CAN_OPEN_ECHO ? 1 : 0;
  atomic_store(&client->registered_ns, clock_ns(CLOCK_MONOTONIC));
  ssize_t sent = sendto(
      fd, "E", size, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&client->address,
      sizeof client->address);
  return sent >= 0 || !is_absent(errno);
}

static int bus_open(
    const char *spec, const struct tl_can_filter *filters, unsigned count, unsigned options) {
  struct sockaddr_un address;
  if (bus_address(spec, &address) != 0 || count > filter_capacity) return -EINVAL;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  // A name of the kernel's choosing: the bus can answer, and nothing is left in a folder.
  struct sockaddr_un own = {.sun_family = AF_UNIX};
  if (bind(fd, (struct sockaddr *)&own, sizeof own.sun_family) != 0) return close_with(fd, errno);

  while (atomic_flag_test_and_set_explicit(&bus_clients_lock, memory_order_acquire)) {
  }
  forget_stale_clients(fd);
  struct bus_client *client = client_of(-1);
  if (client != NULL) {
    client->options = options;
    client->filter_count = count;
    client->address = address;
    if (count > 0) memcpy(client->filters, filters, count * sizeof *filters);
    atomic_store(&client->down, 0);
    atomic_store_explicit(&client->descriptor, fd + 1, memory_order_release);
  }
  atomic_flag_clear_explicit(&bus_clients_lock, memory_order_release);
  if (client == NULL) return close_with(fd, EMFILE);
  (void)register_with_bus(client, fd);
  return fd;
}

static int passes(const struct bus_client *client, const struct tl_can_frame *frame) {
  if (frame->flags & TL_CAN_ERROR) return (client->options & TL_CAN_OPEN_ERRORS) != 0;
  if (frame->flags & TL_CAN_FD && !(client->options & TL_CAN_OPEN_FD)) return 0;
  if (client->filter_count == 0) return 1;
  if (frame->flags & TL_CAN_REMOTE) return 0;
  for (unsigned i = 0; i < client->filter_count; i++) {
    const struct tl_can_filter *filter = &client->filters[i];
    int same_kind = (filter->extended != 0) == ((frame->flags & TL_CAN_EXTENDED) != 0);
    if (same_kind && (frame->id & filter->mask) == (filter->id & filter->mask)) return 1;
  }
  return 0;
}

/// The bus vanished: said once, as the kernel does for an interface that went down.
static int bus_idle(struct bus_client *client, int fd) {
  int64_t silent_ns = clock_ns(CLOCK_MONOTONIC) - atomic_load(&client->registered_ns);
  if (silent_ns < registration_interval_ns) return 0;
  int up = register_with_bus(client, fd);
  int was_down = atomic_exchange(&client->down, !up);
  return !up && !was_down ? -ENETDOWN : 0;
}

static int bus_receive(struct bus_client *client, int fd, struct tl_can_frame *frame) {
  for (unsigned skipped = 0; skipped < skip_limit; skipped++) {
    // One byte more than a frame marks our own, sent back.
    unsigned char bytes[CANFD_MTU + 1] = {0};
    ssize_t size = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_TRUNC);
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return bus_idle(client, fd);
      return -errno;
    }
    int own = size == CAN_MTU + 1 || size == CANFD_MTU + 1;
    struct canfd_frame raw;
    memcpy(&raw, bytes, sizeof raw);
    if (!from_kernel(&raw, own ? size - 1 : size, frame)) continue;
    if (own) frame->flags |= TL_CAN_OWN;
    if (passes(client, frame)) return 1;
  }
  return 0;
}

static int bus_send(struct bus_client *client, int fd, const void *bytes, size_t size) {
  ssize_t sent = sendto(
      fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&client->address,
      sizeof client->address);
  if (sent == (ssize_t)size) return 0;
  if (sent < 0 && is_absent(errno)) return -ENETDOWN;
  return sent < 0 ? -errno : -EIO;
}

// MARK: - The kernel's CAN

static int interface_index(int fd, const char *name) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  if (strlen(name) == 0 || strlen(name) >= sizeof request.ifr_name) return -EINVAL;
  memcpy(request.ifr_name, name, strlen(name));
  if (ioctl(fd, SIOCGIFINDEX, &request) != 0) return -errno;
  return request.ifr_ifindex;
}

static int set_filters(int fd, const struct tl_can_filter *filters, unsigned count) {
  if (count == 0) return 0;
  if (count > filter_capacity) return -EINVAL;
  struct can_filter wanted[filter_capacity];
  for (unsigned i = 0; i < count; i++) {
    uint32_t bits = filters[i].extended ? CAN_EFF_MASK : CAN_SFF_MASK;
    // Without the flags in the mask an 11-bit filter also passes 29-bit and remote frames.
    wanted[i].can_id = (filters[i].id & bits) | (filters[i].extended ? CAN_EFF_FLAG : 0);
    wanted[i].can_mask = (filters[i].mask & bits) | CAN_EFF_FLAG | CAN_RTR_FLAG;
  }
  if (setsockopt(fd, SOL_CAN_RAW, CAN_RAW_FILTER, wanted, count * sizeof *wanted) != 0)
    return -errno;
  return 0;
}

static int set_option(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value) == 0 ? 0 : -errno;
}

static int set_options(int fd, unsigned options) {
  int result = 0;
  if (options & TL_CAN_OPEN_ERRORS)
    result = set_option(fd, SOL_CAN_RAW, CAN_RAW_ERR_FILTER, CAN_ERR_MASK);
  if (result == 0 && options & TL_CAN_OPEN_ECHO)
    result = set_option(fd, SOL_CAN_RAW, CAN_RAW_RECV_OWN_MSGS, 1);
  if (result == 0 && options & TL_CAN_OPEN_FD)
    result = set_option(fd, SOL_CAN_RAW, CAN_RAW_FD_FRAMES, 1);
  if (result == 0) result = set_option(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
  if (result == 0)
    result = set_option(
        fd, SOL_SOCKET, SO_TIMESTAMPING,
        SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE);
  return result;
}

int tl_can_open(
    const char *spec, const struct tl_can_filter *filters, unsigned count, unsigned options) {
  if (spec == NULL || (count > 0 && filters == NULL)) return -EINVAL;
  if (strncmp(spec, unix_prefix, sizeof unix_prefix - 1) == 0)
    return bus_open(spec, filters, count, options);
  int fd = socket(PF_CAN, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, CAN_RAW);
  if (fd < 0) return -errno;
  forget_stale_clients(fd);
  int index = interface_index(fd, spec);
  if (index < 0) return close_with(fd, -index);
  int result = set_filters(fd, filters, count);
  if (result == 0) result = set_options(fd, options);
  if (result != 0) return close_with(fd, -result);
  struct sockaddr_can address = {.can_family = AF_CAN, .can_ifindex = index};
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) return close_with(fd, errno);
  return fd;
}

static void read_control(struct msghdr *message, struct tl_can_frame *frame) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level != SOL_SOCKET) continue;
    if (c->cmsg_type == SCM_TIMESTAMPING && c->cmsg_len >= CMSG_LEN(sizeof(struct timespec))) {
      struct timespec stamp;  // The first of three is the software stamp.
      memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
      frame->kernel_ns = (int64_t)stamp.tv_sec * 1000000000 + stamp.tv_nsec;
    } else if (c->cmsg_type == SO_RXQ_OVFL && c->cmsg_len >= CMSG_LEN(sizeof frame->dropped)) {
      memcpy(&frame->dropped, CMSG_DATA(c), sizeof frame->dropped);
    }
  }
}

int tl_can_receive(int fd, struct tl_can_frame *frame) {
  struct bus_client *client = client_of(fd);
  if (client != NULL) return bus_receive(client, fd, frame);
  for (unsigned skipped = 0; skipped < skip_limit; skipped++) {
    struct canfd_frame raw;
    struct iovec part = {.iov_base = &raw, .iov_len = sizeof raw};
    _Alignas(struct cmsghdr) char control[256];
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
        .msg_controllen = sizeof control};
    ssize_t size = recvmsg(fd, &message, MSG_DONTWAIT);
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return 0;
      return errno == ENXIO ? -ENODEV : -errno;
    }
    if (!from_kernel(&raw, size, frame)) continue;
    if (message.msg_flags & MSG_CONFIRM) frame->flags |= TL_CAN_OWN;
    read_control(&message, frame);
    return 1;
  }
  return 0;
}

int tl_can_send(int fd, const struct tl_can_frame *frame) {
  struct canfd_frame raw;
  int size = to_kernel(frame, &raw);
  if (size < 0) return size;
  struct bus_client *client = client_of(fd);
  if (client != NULL) return bus_send(client, fd, &raw, (size_t)size);
  ssize_t sent;
  do {
    sent = send(fd, &raw, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent == size) return 0;
  // A socket whose interface was removed is no longer bound: ENXIO then means the same.
  if (sent < 0) return errno == ENXIO ? -ENODEV : -errno;
  return -EIO;
}

static int bus_is_up(const char *spec) {
  struct sockaddr_un address;
  if (bus_address(spec, &address) != 0) return -EINVAL;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int result = connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? 1 : -errno;
  close(fd);
  return result < 0 && is_absent(-result) ? 0 : result;
}

int tl_can_is_up(const char *spec) {
  if (spec == NULL) return -EINVAL;
  if (strncmp(spec, unix_prefix, sizeof unix_prefix - 1) == 0) return bus_is_up(spec);
  struct ifreq request;
  memset(&request, 0, sizeof request);
  if (strlen(spec) == 0 || strlen(spec) >= sizeof request.ifr_name) return -EINVAL;
  memcpy(request.ifr_name, spec, strlen(spec));
  // Any socket answers interface questions; AF_UNIX is the one every kernel has.
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int result = ioctl(fd, SIOCGIFFLAGS, &request) == 0 ? (request.ifr_flags & IFF_UP) != 0 : -errno;
  close(fd);
  return result;
}

int tl_can_mtu(const char *spec) {
  if (spec == NULL) return -EINVAL;
  if (strncmp(spec, unix_prefix, sizeof unix_prefix - 1) == 0) return CANFD_MTU;
  struct ifreq request;
  memset(&request, 0, sizeof request);
  if (strlen(spec) == 0 || strlen(spec) >= sizeof request.ifr_name) return -EINVAL;
  memcpy(request.ifr_name, spec, strlen(spec));
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int result = ioctl(fd, SIOCGIFMTU, &request) == 0 ? request.ifr_mtu : -errno;
  close(fd);
  return result;
}
