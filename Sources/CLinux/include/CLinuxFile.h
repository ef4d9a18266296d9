// Descriptors: files, locks, pipes, waiting.
#ifndef TULPAR_CLINUX_FILE_H
#define TULPAR_CLINUX_FILE_H
#include <stddef.h>
#include <stdint.h>

/// Opens (and makes, mode 0600) the file and takes its exclusive lock, which ends with the
/// descriptor's process: descriptor, -EWOULDBLOCK when another holds it, or -errno.
int tl_lock_file(const char *path);
/// The same for a folder that is there.
int tl_lock_folder(const char *path);
/// A named pipe for waking, opened for reading and writing so that neither end need exist first;
/// non-blocking. Descriptor or -errno.
int tl_wake_open(const char *path);
/// Empties a wake pipe or an event descriptor; whether there was anything.
int tl_wake_drain(int fd);
int tl_wake(int fd);
int tl_eventfd(void);
/// Waits until a descriptor is readable (or at its end) or the monotonic instant; bit i of the
/// answer stands for `fds[i]` (negative ones are skipped). 0 at the deadline or after a signal.
uint32_t tl_poll(const int *fds, unsigned count, int64_t deadline_monotonic_ns);
int tl_open_read(const char *path);
/// A new or emptied file for writing, mode 0644; -EEXIST for what is there and should be new:
/// descriptor or -errno.
int tl_create(const char *path, int is_new);
/// Size of a regular file; -errno (-EISDIR, -EINVAL for what is none).
int64_t tl_file_size(int fd);
/// Waits until the disk holds what was written; 0 or -errno.
int tl_synchronise(int fd);
/// The system's words for an error number.
const char *tl_error_text(int number);
/// Leaves the whole new file or the old one, also after a power cut: written beside it, synced,
/// renamed. 0 or -errno.
int tl_keep_file(const char *path, const void *content, size_t size);
int tl_remove(const char *path);
/// Whether what an open answered means that there is no such file.
int tl_is_missing(int result);
/// Bytes, 0 at the end, -errno.
/// Makes a folder for this user and group; one that is there already is fine.
int tl_make_folder(const char *path);
/// The plain files of a folder, each name ended by 0; the bytes used, or -errno.
long tl_list_folder(const char *path, char *names, size_t size);
/// The name itself, not only the file, is kept through a power cut.
int tl_rename_kept(const char *from, const char *to);
/// Of the file system that a path is on, in bytes: free for this user, and all.
int tl_disk_space(const char *path, uint64_t *free, uint64_t *total);
/// When a file was last written, nanoseconds since 1970, and its size.
int tl_file_state(const char *path, int64_t *written_ns, uint64_t *size);
/// As 20261122T054312Z; the bytes used.
int tl_utc_name(int64_t utc_ns, char *text, size_t size);

long tl_read(int fd, void *buffer, size_t size);
long tl_read_at(int fd, void *buffer, size_t size, uint64_t offset);
long tl_write(int fd, const void *buffer, size_t size);
int tl_close(int fd);
int tl_exists(const char *path);
/// Frames that an interface has received since it was made, wanted or not; -1 when unknown.
int64_t tl_interface_received(const char *spec);
/// Writes one line to standard error in a single call, so that lines of threads do not mix.
void tl_log(const void *line, size_t size);
#endif
