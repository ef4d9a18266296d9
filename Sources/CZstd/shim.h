// libzstd's one-call interface, as `tulpar`'s recordings use it.
#ifndef TULPAR_CZSTD_SHIM_H
#define TULPAR_CZSTD_SHIM_H
#include <zstd.h>
#endif
