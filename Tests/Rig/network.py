#!/usr/bin/env python3
"""Our J1939 side against the kernel's own: j1939cat, j1939acd and testj1939 of can-utils.

usage: network.py INTERFACE TULPAR

INTERFACE is a virtual CAN interface of a kernel with CONFIG_CAN_J1939. One line for each check, the
count last; exit status 0 if all held.
"""

import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

OWN, PEER = 0x27, 0x90
GROUP = 0x12300
TROUBLES = 0xFECA
# Lower wins: j1939acd's NAMEs are below and above ours.
OWN_NAME, STRONGER, WEAKER = "1000ff0000000001", "0000000000000001", "1fffff0000000001"
START = 0.5


class Bench:
    def __init__(self, interface, tulpar, folder):
        self.interface, self.tulpar, self.folder = interface, tulpar, folder
        self.running, self.files = [], 0

    def start(self, *words):
        """A program in the background, and the file that its output goes to."""
        self.files += 1
        path = self.folder / f"{self.files}.out"
        with open(path, "wb") as output:
            process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL,
                                       stdout=output, stderr=subprocess.STDOUT)
        self.running.append(process)
        return process, path

    def ours(self, *words, timeout=20):
        verb, *rest = words
        return self.start(self.tulpar, "j1939", verb, "--can", self.interface, "--timeout", timeout,
                          *rest)

    def peer(self, address, rest=""):
        return f"{self.interface}:{address:#x}{rest}"

    def end(self):
        for process in self.running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running = []


def message(length):
    return bytes((index * 37 + 11) & 0xFF for index in range(length))


def until(condition, seconds):
    """What `condition` answers, as soon as that is true, or at last."""
    end = time.monotonic() + seconds
    while not (result := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return result


def heard(path):
    return [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]


def receives(bench, length, broadcast):
    """We put together what the kernel's stack sends."""
    _, output = bench.ours("listen", "--count", 1, *([] if broadcast else ["--address", OWN]))
    source = bench.folder / "message"
    source.write_bytes(message(length))
    time.sleep(START)
    to = 0xFF if broadcast else OWN
    group = TROUBLES if broadcast else GROUP
    bench.start("j1939cat", *(["-B"] if broadcast else []), "-i", source, bench.peer(PEER),
                f":{to:#x},{group:#x}")
    until(lambda: heard(output), 18)
    wanted = {"pgn": group, "source": PEER, "destination": to, "data": message(length).hex().upper()}
    found = heard(output)
    return found == [wanted] or f"heard {output.read_text()[:200]!r}"


def sends(bench, length, broadcast):
    """The kernel's stack puts together what we send, and we learn that it has it."""
    flags = ["-B"] if broadcast else []
    _, output = bench.start("j1939cat", *flags, bench.peer(PEER), "-r")
    time.sleep(START)
    to = 0xFF if broadcast else PEER
    sender, errors = bench.ours("send", "--address", OWN, "--to", to, "--pgn",
                                TROUBLES if broadcast else GROUP, message(length).hex())
    until(lambda: sender.poll() is not None and output.stat().st_size >= length, 18)
    if sender.poll() != 0:
        return f"not sent: {errors.read_text()[:200]!r}"
    found = output.read_bytes()
    return found == message(length) or f"{len(found)} bytes came, {found[:16].hex()}..."


def refused(bench):
    """Nobody at the address: our transfer ends with a time-out, not never."""
    sender, errors = bench.ours("send", "--address", OWN, "--to", 0x55, "--pgn", GROUP,
                                message(20).hex())
    until(lambda: sender.poll() is not None, 10)
    return sender.poll() == 1 and "timedOut" in errors.read_text() or errors.read_text()[:200]


def states(path):
    return path.read_text().split()


def claim_of(log, address):
    """The NAMEs that candump saw claim an address, as numbers."""
    found = re.findall(rf"18EEFF{address:02X}#([0-9A-F]{{16}})", log.read_text())
    return [int.from_bytes(bytes.fromhex(data), "little") for data in found]


def contends(bench, name, wins):
    """j1939acd wants the address that we hold; the lower NAME gets it."""
    _, log = bench.start("candump", "-L", bench.interface)
    _, output = bench.ours("claim", "--address", OWN, "--name", OWN_NAME)
    if not until(lambda: "claimed" in states(output), 5):
        return f"no claim: {states(output)}"
    bench.start("j1939acd", "-v", "-r", f"{OWN},{0x80}-{0x88}", "-a", OWN,
                "-c", bench.folder / f"{name}.jacd", name, bench.interface)
    time.sleep(3)
    if wins:
        moved = until(lambda: int(name, 16) in claim_of(log, 0x80), 5)
        defended = claim_of(log, OWN).count(int(OWN_NAME, 16)) >= 2
        return (states(output)[-1] == "claimed" and bool(moved) and defended
                or f"{states(output)}, moved {moved}, defended {defended}")
    gone = until(lambda: int(OWN_NAME, 16) in claim_of(log, 0xFE), 5)
    return (states(output)[-1] == "cannotClaim" and bool(gone)
            or f"{states(output)}, cannot-claim seen: {gone}")


def reports(bench):
    """The kernel's stack receives our DM1 of three faults: 14 bytes by broadcast, each second."""
    faults = ("brakeNotObeyed", "wheelSpeedStale", "gnssLost")
    _, output = bench.start("j1939cat", "-B", bench.peer(PEER), "-r")
    time.sleep(START)
    bench.ours("claim", "--address", OWN, "--name", OWN_NAME,
               *(word for fault in faults for word in ("--fault", fault)))
    until(lambda: output.stat().st_size >= 56, 10)
    found = output.read_bytes()
    # Claims and single frames are broadcasts too; the trouble codes are what is 14 bytes long.
    codes = [found[index:index + 14] for index in range(len(found) - 13)
             if found[index + 1] == 0xFF and found[index] in (0x04, 0x14)
             and all(found[index + 2 + 4 * code + 2] & 31 == 31 for code in range(3))]
    return len(codes) >= 2 or f"{len(codes)} trouble codes in {found.hex()}"


CHECKS = {
    "a broadcast of 9 bytes from the kernel": lambda bench: receives(bench, 9, True),
    "a broadcast of 200 bytes from the kernel": lambda bench: receives(bench, 200, True),
    "a connection of 9 bytes from the kernel": lambda bench: receives(bench, 9, False),
    "a connection of 1785 bytes from the kernel": lambda bench: receives(bench, 1785, False),
    "a broadcast of 9 bytes to the kernel": lambda bench: sends(bench, 9, True),
    "a broadcast of 200 bytes to the kernel": lambda bench: sends(bench, 200, True),
    "a connection of 9 bytes to the kernel": lambda bench: sends(bench, 9, False),
    "a connection of 1785 bytes to the kernel": lambda bench: sends(bench, 1785, False),
    "a connection to nobody": refused,
    "an address defended against j1939acd": lambda bench: contends(bench, WEAKER, True),
    "an address lost to j1939acd": lambda bench: contends(bench, STRONGER, False),
    "trouble codes to the kernel": reports,
}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    passed = failed = 0
    for name, check in CHECKS.items():
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(sys.argv[1], sys.argv[2], pathlib.Path(folder))
            try:
                result = check(bench)
            except (OSError, ValueError) as error:
                result = f"{type(error).__name__}: {error}"
            finally:
                bench.end()
        held = result is True
        passed, failed = passed + held, failed + (not held)
        print(f"network: {name}: {'passed' if held else f'failed, {result}'}", flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
