// libsocketcan with flat arguments; -1 of a getter means "not known": no such interface, no such
// attribute, no counter in the driver. Each call opens a netlink socket and waits without a limit,
// and a signal breaks it: never from a thread with a deadline, and with signals held.
#ifndef TULPAR_CSOCKETCAN_SHIM_H
#define TULPAR_CSOCKETCAN_SHIM_H
#include <stdint.h>
#include <libsocketcan.h>
#include <linux/can/netlink.h>
#include <linux/if_link.h>

/// CAN_STATE_*: 0 active, 1 warning, 2 passive, 3 bus-off, 4 stopped, 5 sleeping; -1 not known.
static inline int ts_state(const char *name) {
  int state = -1;
  return can_get_state(name, &state) == 0 ? state : -1;
}

/// Bits per second, 0 when not known.
static inline uint32_t ts_bit_rate(const char *name) {
  struct can_bittiming timing = {0};
  return can_get_bittiming(name, &timing) == 0 ? timing.bitrate : 0;
}

/// After how many milliseconds the kernel restarts by itself, 0 for never; -1 not known.
static inline int64_t ts_restart_delay(const char *name) {
  __u32 delay = 0;
  return can_get_restart_ms(name, &delay) == 0 ? (int64_t)delay : -1;
}

static inline int ts_counters(const char *name, uint16_t *transmit, uint16_t *receive) {
  struct can_berr_counter counter = {0};
  if (can_get_berr_counter(name, &counter) != 0) return -1;
  *transmit = counter.txerr;
  *receive = counter.rxerr;
  return 0;
}

/// Frames sent since the interface was made, -1 not known.
static inline int64_t ts_frames_sent(const char *name) {
  struct rtnl_link_stats64 statistics = {0};
  return can_get_link_stats(name, &statistics) == 0 ? (int64_t)statistics.tx_packets : -1;
}

static inline int ts_start(const char *name) { return can_do_start(name); }
static inline int ts_stop(const char *name) { return can_do_stop(name); }
static inline int ts_set_bit_rate(const char *name, uint32_t rate) {
  return can_set_bitrate(name, rate);
}
static inline int ts_set_restart_delay(const char *name, uint32_t milliseconds) {
  return can_set_restart_ms(name, milliseconds);
}
#endif
