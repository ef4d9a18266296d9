// Network interfaces as far as CAN needs them, and small files for other processes.
#ifndef TULPAR_CLINUX_LINK_H
#define TULPAR_CLINUX_LINK_H
#include <stddef.h>
#include <stdint.h>

/// Index of an interface, which is new each time that it is made or plugged in; -ENODEV, -errno.
int tl_interface_index(const char *name);
/// ARPHRD_* of an interface, 280 being CAN; -errno.
int tl_interface_type(const char *name);
/// The driver's word for what made the interface ("vcan", "can"), terminated, "" when it has none:
/// its length or -errno.
int tl_interface_kind(const char *name, char *kind, unsigned size);
/// Whether nothing real can hang on a bus: vcan, vxcan or a "unix:" bus. A serial line (slcan) is
/// real, and so is whatever is not known.
int tl_interface_is_virtual(const char *spec);
/// How many frames may wait in the interface's queue; 0 or -errno.
int tl_interface_set_queue(const char *name, int length);
int tl_interface_queue(const char *name);

/// Replaces a file in one step, so that no reader sees half of it; 0 or -errno.
int tl_replace_file(const char *path, const void *bytes, size_t size, unsigned mode);

/// Keeps SIGTERM, SIGINT and SIGHUP from interrupting any call of this thread; 0 or -errno.
int tl_signals_hold(void);
/// Waits for one of them until the monotonic instant: its number, 0 when none came.
int tl_signal_wait(int64_t deadline_ns);
#endif
