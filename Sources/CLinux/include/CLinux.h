// Thin wrappers of Linux system calls that Swift cannot import as they are; nothing else.
#ifndef TULPAR_CLINUX_H
#define TULPAR_CLINUX_H
#include "CLinuxCAN.h"
#include "CLinuxFile.h"
#include "CLinuxLink.h"
#include "CLinuxPage.h"
#include "CLinuxProcess.h"
#include "CLinuxSocket.h"
#include "CLinuxThread.h"
#endif
