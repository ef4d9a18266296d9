#include <gps.h>
#if GPSD_API_MAJOR_VERSION != 11
#error "libgps with API major version 11 (gpsd 3.20 to 3.22) is required: install Debian 12's libgps-dev"
#endif
