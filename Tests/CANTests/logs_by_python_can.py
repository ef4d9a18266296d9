"""Reads and writes CAN logs with python-can, as JSON lines: the reference of the log tests."""
import json
import os
import sys
import time

os.environ["TZ"] = "UTC"
time.tzset()

import can  # noqa: E402
from can.io import ASCReader, ASCWriter, CanutilsLogReader, CanutilsLogWriter, TRCReader, TRCWriter  # noqa: E402


def read(kind, path):
    if kind == "asc":
        messages = ASCReader(path, relative_timestamp=False)
    elif kind == "trc":
        messages = TRCReader(path)
    else:
        messages = CanutilsLogReader(path)
    for m in messages:
        print(json.dumps({
            "time": round(m.timestamp * 1e6), "id": m.arbitration_id, "extended": m.is_extended_id,
            "remote": m.is_remote_frame, "error": m.is_error_frame, "fd": m.is_fd,
            "brs": m.bitrate_switch, "esi": m.error_state_indicator, "rx": m.is_rx,
            "dlc": m.dlc, "data": list(m.data)}))


def write(kind, path, source):
    writer = {"asc": ASCWriter, "trc": TRCWriter, "log": CanutilsLogWriter}[kind](path)
    for line in open(source):
        f = json.loads(line)
        writer.on_message_received(can.Message(
            timestamp=f["time"] / 1e6, arbitration_id=f["id"], is_extended_id=f["extended"],
            is_remote_frame=f["remote"], is_error_frame=f["error"], is_fd=f["fd"],
            bitrate_switch=f["brs"], error_state_indicator=f["esi"], is_rx=f["rx"], channel=0,
            dlc=f["dlc"], data=None if f["remote"] or f["error"] else bytes(f["data"])))
    writer.stop()


if sys.argv[1] == "read":
    read(*sys.argv[2:])
else:
    write(*sys.argv[2:])
