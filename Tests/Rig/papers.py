"""What belongs to one commissioned truck: its identity on the bus, and the papers that arming asks for.

A bench needs none of it, and a bench opens virtual interfaces only (S-24, S-25).
"""

import ctypes
import json
import os
import pathlib
import pwd
import socket
import struct
import time

FOLDER = pathlib.Path("/var/lib/tulpar")
NUMBER = "WTULPAR0000000042"
BRAKES, BRAKES_NAME = 0x0B, 0x800A040B12345678
STEPS = ("steering_zero", "steering_sign", "steering_delay", "lever_arm", "overhang", "wheel_scale",
         "gyro_mounting", "brake_delay", "brake_deceleration", "parking_hold", "emergency_stop",
         "message_periods")
VEHICLE_IDENTIFICATION = 65260
# Of the words of a shadow record: what is compared begins with the seconds that count.
SECONDS = 4


def identify(interface):
    """The engine tells the vehicle's number by BAM, the brakes claim their address (J1939-21, -81)."""
    text = (NUMBER + "*").encode()
    packets = [text[start:start + 7].ljust(7, b"\xff") for start in range(0, len(text), 7)]
    head = struct.pack("<BHBB", 0x20, len(text), len(packets), 0xFF) \
        + VEHICLE_IDENTIFICATION.to_bytes(3, "little")
    frames = [(0x18EEFF00 | BRAKES, BRAKES_NAME.to_bytes(8, "little")), (0x18ECFF00, head)]
    frames += [(0x18EBFF00, bytes([number]) + packet) for number, packet in enumerate(packets, 1)]
    with socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW) as bus:
        bus.bind((interface,))
        for identifier, data in frames:
            bus.send(struct.pack("=IB3x8s", identifier | 0x80000000, len(data), data))
            time.sleep(0.05)


def trust_clock():
    """What a time service does after its first measurement; the kernel's clock begins untrusted."""
    maximum_error, estimated_error, status = 0x4, 0x8, 0x10
    words = struct.pack("=i4xqqqqi", maximum_error | estimated_error | status, 0, 0, 1000, 1000, 0)
    state = ctypes.create_string_buffer(words, 208)
    if ctypes.CDLL(None, use_errno=True).adjtimex(state) < 0:
        raise OSError(ctypes.get_errno(), "adjtimex")


def trailer(template, path):
    """The mission's trailer for this trip, its brakes tested an hour ago."""
    tested = time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime(time.time() - 3600))
    lines = pathlib.Path(template).read_text().splitlines()
    kept = [line for line in lines if "brake_test:" not in line]
    pathlib.Path(path).write_text("\n".join([*kept, f"brake_test: {tested}"]) + "\n")


def seal(words):
    """The hash at the end of a record: multiply and shift, word by word."""
    value = 0xCBF29CE484222325
    for word in words:
        value = (value ^ word) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
        value ^= value >> 32
    return value


def complete(hours, brakes=f"{BRAKES:#x} name {BRAKES_NAME:#x}"):
    """Makes the record of a short shadow drive one of `hours`, and adds a commissioning record."""
    path = FOLDER / "shadow.state"
    words = [word for word, in struct.iter_unpack("<Q", path.read_bytes())]
    if seal(words[:-1]) != words[-1]:
        raise ValueError(f"{path} is not sealed as expected")
    words[SECONDS], = struct.unpack("<Q", struct.pack("<d", hours * 3600))
    words[-1] = seal(words[:-1])
    path.write_bytes(struct.pack(f"<{len(words)}Q", *words))
    shadow = json.loads((FOLDER / "shadow.json").read_text())
    machine = pathlib.Path("/etc/machine-id").read_text().strip()
    record = {
        "format": "2", "computer": f"{seal(b'tulpar commissioning' + machine.encode()):x}",
        "profile": shadow["profile"], "profile_hash": shadow["profileHash"],
        "vin": NUMBER, "person": "the rig", "date": "2026-11-22",
        "component.brakes": f"can0 {brakes}",
        **{f"step.{step}": "passed 0 m +- 0 m; at 2026-11-22T00:00:00Z; by the rig"
           for step in STEPS}}
    (FOLDER / "commissioning.json").write_text(json.dumps(record))
    owner = pwd.getpwnam("tulpar")
    os.chown(FOLDER / "commissioning.json", owner.pw_uid, owner.pw_gid)


def clear():
    for path in FOLDER.glob("*"):
        # Recorded drives lie in a folder of their own, and are pulled out later.
        if path.is_file():
            path.unlink()
