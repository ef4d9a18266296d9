// Local stream sockets with credentials.
#ifndef TULPAR_CLINUX_SOCKET_H
#define TULPAR_CLINUX_SOCKET_H
#include <stddef.h>
#include <stdint.h>

/// Listens at `path` (a leftover socket there is replaced), access `mode`; descriptor or -errno.
int tl_unix_listen(const char *path, unsigned mode);
/// Descriptor of the next client, -EAGAIN when none waits, -errno. Reads and writes on it end after
/// `timeout_ms`.
int tl_unix_accept(int listener, int timeout_ms);
int tl_unix_connect(const char *path, int timeout_ms);
/// A TCP connection to a port of this machine; reads and writes end after `timeout_ms`.
int tl_local_connect(uint16_t port, int timeout_ms);
/// User and process of the other end (SO_PEERCRED); 0 or -errno.
int tl_unix_peer(int fd, uint32_t *user, int *process);
/// Reads exactly `size` bytes: 1, 0 when the other end closed first, -errno.
int tl_read_exactly(int fd, void *buffer, size_t size);
/// The same, but -ETIMEDOUT when CLOCK_MONOTONIC passes `deadline_ns`, however the bytes trickle.
int tl_read_exactly_until(int fd, void *buffer, size_t size, int64_t deadline_ns);
/// Bytes that have come, without waiting; 0 at the end, -EAGAIN when there are none, -errno.
long tl_receive_now(int fd, void *buffer, size_t size);
/// Writes all bytes without raising SIGPIPE: 0 or -errno.
int tl_write_all(int fd, const void *buffer, size_t size);
#endif
