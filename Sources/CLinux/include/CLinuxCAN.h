// CAN sockets: real interfaces by name ("can0"), and "unix:/path" for a `tulpar bus` of AF_UNIX
// datagrams where the kernel has no AF_CAN.
#ifndef TULPAR_CLINUX_CAN_H
#define TULPAR_CLINUX_CAN_H
#include <stdint.h>

enum {
  TL_CAN_EXTENDED = 1, TL_CAN_REMOTE = 2, TL_CAN_ERROR = 4, TL_CAN_FD = 8, TL_CAN_BRS = 16,
  TL_CAN_ESI = 32,
  TL_CAN_OWN = 64    ///< our own frame, echoed by the driver (MSG_CONFIRM)
};

struct tl_can_frame {
  uint32_t id;                ///< without flag bits
  uint8_t flags;
  uint8_t length;
  uint8_t length_code;        ///< 9...15 when classic CAN sent that for eight bytes, else 0
  uint8_t data[64];
  int64_t monotonic_ns;       ///< when it was taken from the socket
  int64_t kernel_ns;          ///< kernel's CLOCK_REALTIME stamp, 0 when there is none
  uint32_t dropped;           ///< running count of frames that the kernel dropped (SO_RXQ_OVFL)
};

struct tl_can_filter {
  uint32_t id, mask;
  uint8_t extended;
};

enum { TL_CAN_OPEN_ECHO = 1, TL_CAN_OPEN_ERRORS = 2, TL_CAN_OPEN_FD = 4 };

/// A non-blocking socket, or -errno. No filter means every frame; `filters` is ORed.
int tl_can_open(const char *spec, const struct tl_can_filter *filters, unsigned count, unsigned options);
/// 1 for a frame, 0 when none waits, -errno (-ENETDOWN: down, may come back; -ENODEV: gone).
int tl_can_receive(int fd, struct tl_can_frame *frame);
/// 0 when the kernel took it, else -errno (-ENOBUFS and -EAGAIN: not sent, drop it).
int tl_can_send(int fd, const struct tl_can_frame *frame);
/// 1 up, 0 down, -errno.
int tl_can_is_up(const char *spec);
/// Size of the largest frame that the interface carries: 16 classic, 72 FD; -errno.
int tl_can_mtu(const char *spec);
#endif
