// libgps through a few inline functions: `gps_data_t` is large, holds a union and changes with every
// major version, so Swift never sees it. What Swift gets is one flat `tg_message` per line of gpsd.
#ifndef TULPAR_CGPS_SHIM_H
#define TULPAR_CGPS_SHIM_H
#include <errno.h>
#include <gps.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#if GPSD_API_MAJOR_VERSION != 11
#error "libgps with API major version 11 (gpsd 3.20 to 3.22) is required: install Debian 12's libgps-dev"
#endif

enum tg_kind { TG_OTHER = 0, TG_FIX = 1, TG_ATTITUDE = 2, TG_VERSION = 3, TG_SKY = 4, TG_FAILURE = 5, TG_DEVICE = 6 };

struct tg_message {
  int32_t kind;
  int32_t mode, status;
  int32_t datum;              ///< 0 not given, 1 WGS-84, 2 another one
  int64_t time_ns;            ///< UTC since 1970, 0 when absent
  double latitude, longitude, height, speed, track, heading;
  int32_t protocol_major, protocol_minor;
};

static inline int64_t tg_clock(clockid_t which) {
  struct timespec t;
  if (clock_gettime(which, &t) != 0) return 0;
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
static inline int64_t tg_monotonic(void) { return tg_clock(CLOCK_MONOTONIC); }
static inline int64_t tg_realtime(void) { return tg_clock(CLOCK_REALTIME); }

/// For errno's numbers and libgps' negative ones; never NULL.
static inline const char *_Nonnull tg_error_text(int code) {
  const char *text = code > 0 ? strerror(code) : gps_errstr(code);
  return text ? text : "unknown error";
}

/// Nanoseconds since 1970; 0 for times outside 1970 to 2255, which do not fit.
static inline int64_t tg_utc(struct timespec t) {
  if (t.tv_sec <= 0 || t.tv_sec > 9000000000 || t.tv_nsec < 0 || t.tv_nsec > 999999999) return 0;
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/// Connects and asks for JSON; NULL when that failed, with libgps' or errno's number in `*failure`.
static inline void *tg_open(const char *host, const char *port, int *failure) {
  struct gps_data_t *data = (struct gps_data_t *)calloc(1, sizeof *data);
  *failure = ENOMEM;
  if (!data) return NULL;
  if (gps_open(host, port, data) != 0) {
    *failure = errno ? errno : ECONNREFUSED;
    free(data);
    return NULL;
  }
  if (gps_stream(data, WATCH_ENABLE | WATCH_JSON, NULL) != 0) {
    *failure = errno ? errno : EPIPE;
    gps_close(data);
    free(data);
    return NULL;
  }
  *failure = 0;
  return data;
}

static inline void tg_close(void *session) {
  gps_close((struct gps_data_t *)session);
  free(session);
}

/// 1 when something can be read or the peer hung up, 0 after the time-out, -errno.
static inline int tg_wait(void *session, int timeout_ms) {
  struct pollfd p = {.fd = ((struct gps_data_t *)session)->gps_fd, .events = POLLIN};
  int n = poll(&p, 1, timeout_ms);
  if (n < 0) return errno == EINTR ? 0 : -errno;
  return n > 0;
}

/// Whether the peer has closed: `gps_read` cannot tell that from half a line.
static inline int tg_is_closed(void *session) {
  char byte;
  ssize_t n = recv(((struct gps_data_t *)session)->gps_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (n == 0) return 1;
  return n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
}

static inline int tg_has_more(void *session) { return gps_waiting((struct gps_data_t *)session, 0); }

/// Leaves every signal to other threads: a SIGPIPE of a lost gpsd must not end the process, and
/// SIGTERM belongs to whoever waits for it.
static inline void tg_leave_signals(void) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static inline void tg_pause(int timeout_ms) { poll(NULL, 0, timeout_ms); }

/// Makes gpsd answer, so that a dead connection shows.
static inline int tg_probe(void *session) {
  return gps_send((struct gps_data_t *)session, "?VERSION;\n");
}

static inline void tg_copy(const struct gps_data_t *data, struct tg_message *message) {
  memset(message, 0, sizeof *message);
  message->latitude = message->longitude = message->height = NAN;
  message->speed = message->track = message->heading = NAN;
  if (data->set & ERROR_SET) {
    message->kind = TG_FAILURE;
  } else if (data->set & VERSION_SET) {
    message->kind = TG_VERSION;
    message->protocol_major = data->version.proto_major;
    message->protocol_minor = data->version.proto_minor;
  } else if (data->set & ATTITUDE_SET) {
    message->kind = TG_ATTITUDE;
    message->heading = data->attitude.heading;
    message->time_ns = tg_utc(data->attitude.mtime);
  } else if (data->set & MODE_SET) {
    const struct gps_fix_t *fix = &data->fix;
    message->kind = TG_FIX;
    message->mode = fix->mode;
    message->status = fix->status;
    message->datum = !fix->datum[0] ? 0
                     : !strncmp(fix->datum, "WGS84", 5) || !strncmp(fix->datum, "WGS 84", 6) ? 1 : 2;
    message->time_ns = tg_utc(fix->time);
    message->latitude = fix->latitude;
    message->longitude = fix->longitude;
    message->height = fix->altHAE;
    message->speed = fix->speed;
    message->track = fix->track;
  } else if (data->set & SATELLITE_SET) {
    message->kind = TG_SKY;
  } else if (data->set & (DEVICE_SET | DEVICELIST_SET)) {
    message->kind = TG_DEVICE;
  }
}

struct tg_satellite {
  int32_t system, satellite, band, prn;  ///< 0 where they are not told
  int32_t is_used;
  double strength, elevation;  ///< dB-Hz, degrees; NAN or -1 where they are not told
};

/// How many satellites the SKY that was read last tells of.
static inline int tg_satellite_count(void *session) {
  int count = ((const struct gps_data_t *)session)->satellites_visible;
  return count < 0 ? 0 : count < MAXCHANNELS ? count : MAXCHANNELS;
}

static inline struct tg_satellite tg_satellite_at(void *session, int index) {
  struct tg_satellite result = {0, 0, 0, 0, 0, NAN, NAN};
  if (index < 0 || index >= tg_satellite_count(session)) return result;
  const struct satellite_t *from = &((const struct gps_data_t *)session)->skyview[index];
  result.system = from->gnssid;
  result.satellite = from->svid;
  result.band = from->sigid;
  result.prn = from->PRN;
  result.is_used = from->used;
  result.strength = from->ss;
  result.elevation = from->elevation;
  return result;
}

static inline double tg_horizontal_dilution(void *session) {
  return ((const struct gps_data_t *)session)->dop.hdop;
}

/// Which device sent the fix that was read last.
static inline const char *_Nonnull tg_fix_path(void *session) {
  return ((const struct gps_data_t *)session)->dev.path;
}

enum tg_device_field { TG_PATH, TG_DRIVER, TG_HARDWARE, TG_FIRMWARE };

/// How many devices the message that was read last tells of.
static inline int tg_device_count(void *session) {
  const struct gps_data_t *data = (const struct gps_data_t *)session;
  if (data->set & DEVICE_SET) return 1;
  if (!(data->set & DEVICELIST_SET) || data->devices.ndevices < 0) return 0;
  return data->devices.ndevices < MAXUSERDEVS ? data->devices.ndevices : MAXUSERDEVS;
}

/// What it tells of one of them, empty where nothing; good until the next read.
static inline const char *_Nonnull tg_device_text(void *session, int index, enum tg_device_field field) {
  const struct gps_data_t *data = (const struct gps_data_t *)session;
  if (index < 0 || index >= tg_device_count(session)) return "";
  const struct devconfig_t *device = data->set & DEVICE_SET ? &data->dev : &data->devices.list[index];
  switch (field) {
    case TG_PATH: return device->path;
    case TG_DRIVER: return device->driver;
    case TG_HARDWARE: return device->subtype;
    case TG_FIRMWARE: return device->subtype1;
  }
  return "";
}

/// Bytes of the message read into `*message`, 0 when no whole line is there, -1 closed or broken.
static inline int tg_read(void *session, struct tg_message *message) {
  struct gps_data_t *data = (struct gps_data_t *)session;
  // `gps_read` clears only PACKET_SET: a bit left over from the previous line would name this one
  // wrongly, and the union that ATT and VERSION share would be read as the wrong member.
  data->set = 0;
  int n = gps_read(data, NULL, 0);
  if (n > 0) tg_copy(data, message);
  return n;
}
#endif
