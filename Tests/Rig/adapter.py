#!/usr/bin/env python3
"""A serial CAN adapter between the kernel's slcan driver and another bus of this machine.

usage: adapter.py BUS

It attaches the line discipline of slcan to a pseudo-terminal, says the name of the interface that
the kernel makes of it, and carries frames between it and BUS. Lines on standard input:

    broken   the wiring is cut: the controller says that it left the bus, and so again each time
             that it is started
    whole    the wiring is mended: the next start finds the bus

Only a real driver of the kernel has the state BUS-OFF; of the virtual ones none has. LAWICEL's
protocol as linux-6.1/drivers/net/can/slcan reads it: T and t for frames, s for state and counters,
C, Sn and O for closing, bit rate and opening.
"""

import array
import fcntl
import os
import select
import socket
import struct
import sys
import termios
import time
import tty

N_SLCAN, SIOCGIFNAME = 17, 0x8910
# State and both counters: 256 of them is where a controller leaves the bus (ISO 11898-1).
BUS_OFF = b"sb000256\r"
# A start on a broken bus: so long until a frame of its own has failed often enough.
UNTIL_BUS_OFF = 0.05
FRAME = struct.Struct("=IB3x8s")
EXTENDED, REMOTE, ERROR = 0x80000000, 0x40000000, 0x20000000


def encode(frame):
    """A frame of a raw CAN socket as the adapter's line, None for what no line can carry."""
    identifier, length, data = FRAME.unpack(frame)
    if identifier & (REMOTE | ERROR) or length > 8:
        return None
    head = f"T{identifier & 0x1FFFFFFF:08X}" if identifier & EXTENDED else f"t{identifier:03X}"
    return f"{head}{length}{data[:length].hex().upper()}\r".encode()


def decode(line):
    """The frame of an adapter's line without its end, None for what is none."""
    digits = {b"T": 8, b"t": 3}.get(line[:1])
    if digits is None:
        return None
    identifier = int(line[1:1 + digits], 16) | (EXTENDED if digits == 8 else 0)
    data = bytes.fromhex(line[digits + 2:].decode())
    return FRAME.pack(identifier, len(data), data)


class Adapter:
    def __init__(self, bus):
        self.line, slave = os.openpty()
        tty.setraw(slave)
        fcntl.ioctl(slave, termios.TIOCSETD, array.array("i", [N_SLCAN]))
        name = array.array("B", bytes(64))
        fcntl.ioctl(slave, SIOCGIFNAME, name)
        self.interface = name.tobytes().split(b"\0")[0].decode()
        self.slave, self.part = slave, b""
        self.bus = socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW)
        self.bus.bind((bus,))
        self.is_open, self.is_whole, self.off_at = False, True, None

    def leave(self):
        """Off the bus, and it says so."""
        self.off_at = None
        if self.is_open:
            self.is_open = False
            os.write(self.line, BUS_OFF)

    def from_kernel(self):
        *lines, self.part = (self.part + os.read(self.line, 4096)).split(b"\r")
        for line in lines:
            if line == b"C":
                self.is_open = False
            elif line == b"O":
                self.is_open = True
                self.off_at = None if self.is_whole else time.monotonic() + UNTIL_BUS_OFF
            elif (frame := decode(line)) and self.is_open and self.is_whole:
                self.bus.send(frame)

    def from_bus(self):
        line = encode(self.bus.recv(FRAME.size))
        if line and self.is_open and self.is_whole:
            os.write(self.line, line)

    def obey(self, word):
        self.is_whole = word != "broken"
        if not self.is_whole:
            self.leave()

    def run(self):
        while True:
            wait = None if self.off_at is None else max(self.off_at - time.monotonic(), 0)
            ready, _, _ = select.select([self.line, self.bus, sys.stdin], [], [], wait)
            if self.off_at is not None and time.monotonic() >= self.off_at:
                self.leave()
            if self.line in ready:
                self.from_kernel()
            if self.bus in ready:
                self.from_bus()
            if sys.stdin in ready:
                word = sys.stdin.readline()
                if not word:
                    return
                self.obey(word.strip())


def main():
    adapter = Adapter(sys.argv[1])
    print(adapter.interface, flush=True)
    adapter.run()


if __name__ == "__main__":
    main()
