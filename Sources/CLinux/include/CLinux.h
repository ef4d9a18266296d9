// Thin wrappers of Linux system calls that Swift cannot import as they are; nothing else.
#ifndef TULPAR_CLINUX_H
#define TULPAR_CLINUX_H
#include "CLinuxCAN.h"
#endif
