#!/usr/bin/env python3
"""Drives the simulated truck and lets things die, inside the rig or on a machine as it is.

usage: scenarios.py PLAN.json RESULTS

It leaves, for each scenario, the plant's log and a file of events; the judge on the host reads
both. Nothing is judged here. Times are CLOCK_MONOTONIC, as in the plant's log.
"""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

import papers
import services
import stories
from services import DAEMON, GPSD, GUARDIAN, Failure, run
from stories import THROUGH, WATCH_STOPPED, WATCH_WELL



def ask(plan, **request):
    """One question to the daemon's control socket; None when nobody answers."""
    with contextlib.suppress(OSError, ValueError, struct.error):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(2)
            link.connect(plan["control"])
            body = json.dumps(request).encode()
            link.sendall(struct.pack("<I", len(body)) + body)
            size, = struct.unpack("<I", link.recv(4, socket.MSG_WAITALL))
            return json.loads(link.recv(size, socket.MSG_WAITALL))
    return None


class Plant:
    """The simulated truck as a process, and the end of its log."""

    def __init__(self, plan, log, *options):
        self.plan, self.commands = plan, plan["folder"] + "/plant.sock"
        self.path, self.file, self.part, self.row = log, None, b"", None
        buses = [word for bus in plan.get("plant_buses", [plan["interface"]]) for word in ("--can", bus)]
        words = [plan["tulpar"], "plant", *buses, "--configuration", plan["configuration"],
                 "--nmea", f"udp://127.0.0.1:{plan['nmea_port']}", "--log", log, "--commands",
                 self.commands, "--realtime-priority", *options]
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.commands)
        self.errors = open(log + ".errors", "wb")
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.errors,
                                        stderr=self.errors)
        self.wait(lambda row: True, 20, "the plant's first line")

    def tell(self, line):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            link.sendto(line.encode(), self.commands)

    def latest(self):
        if self.file is None:
            with contextlib.suppress(FileNotFoundError):
                self.file = open(self.path, "rb")
            if self.file is None:
                return None
        *lines, self.part = (self.part + self.file.read()).split(b"\n")
        if lines:
            self.row = json.loads(lines[-1])
        return self.row

    def wait(self, condition, seconds, what):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise Failure(f"the plant ended with status {self.process.returncode}")
            row = self.latest()
            if row is not None and condition(row):
                return row
            time.sleep(0.02)
        raise Failure(f"{what} did not come within {seconds} s; last {self.row}; daemon "
                      f"{ask(self.plan, do='status')}")

    def close(self):
        with contextlib.suppress(OSError):
            self.tell("quit")
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.errors.close()


class Drive:
    """One scenario: the parts started, the truck brought to speed, the events noted."""

    def __init__(self, plan, parts, name):
        self.plan, self.parts = plan, parts
        self.log = f"{plan['folder']}/{name}.jsonl"
        self.events, self.plant = {}, None
        # What a scenario saw apart from the truck, for the judge.
        self.seen = {}
        self.endings = contextlib.ExitStack()

    def note(self, what):
        self.events[what] = time.monotonic()
        print(f"  {what} {self.events[what]:.2f}", flush=True)

    def start(self, *options):
        self.parts.set_link(True)
        self.parts.restart(GPSD)
        if "settings" in self.plan:
            self.parts.configure(self.plan["settings"])
            self.endings.callback(self.parts.configure, self.plan["usual_settings"])
        self.plant = Plant(self.plan, self.log, *options)
        self.parts.start(GUARDIAN, DAEMON)

    def arm(self):
        """Heading and inputs take their time; the last refusal is the reason when it fails."""
        end, answer = time.monotonic() + 60, None
        while time.monotonic() < end:
            self.show_papers()
            answer = ask(self.plan, do="arm")
            if answer and answer.get("ok"):
                self.note("armed")
                return
            time.sleep(0.25)
        raise Failure(f"arming was refused for 60 s: {answer}")

    def show_papers(self):
        """What a truck that is no bench is asked for and no file says: who it is, and its trailer."""
        if "driving_settings" not in self.plan:
            return
        if self.plan.get("has_identity"):
            papers.identify(self.plan["interface"])
        papers.trust_clock()
        path = f"{self.plan['folder']}/trailer.yaml"
        papers.trailer("/etc/tulpar/mission/trailer.yaml", path)
        # Refused until standstill is seen, and by a truck that pulls none.
        self.answer("trailer", path)
        # A road that nobody told of is icy to a truck that is no bench (S-11).
        self.answer("surface", "dry")

    def tell(self, *words):
        """The command that an operator types."""
        run(self.plan["tulpar"], "tell", self.plan["control"], *words)

    def answer(self, *words):
        """The same where a refusal is what is wanted: status and what the operator reads."""
        result = subprocess.run([self.plan["tulpar"], "tell", self.plan["control"], *words],
                                capture_output=True, text=True)
        return {"status": result.returncode, "text": result.stderr}

    def replug(self, buses, *options):
        """The same truck with its buses on other interfaces; its log goes on in another file."""
        self.plant.close()
        self.plant = Plant(dict(self.plan, plant_buses=buses),
                           self.log.replace(".jsonl", ".replugged.jsonl"), *options)

    def capture(self, *interfaces):
        """All that goes over the buses from now on, in a file beside the plant's log."""
        with open(self.log.replace(".jsonl", ".candump"), "wb") as output:
            process = subprocess.Popen(["candump", "-L", *interfaces], stdout=output)

        def end():
            process.terminate()
            process.wait()
        self.endings.callback(end)
        return end

    def at_station(self, station, seconds=120):
        self.plant.wait(lambda row: row["frontStation"] >= station, seconds, f"station {station} m")

    def standstill(self, seconds=60):
        try:
            self.plant.wait(lambda row: row["speed"] < 0.02, seconds, "standstill")
            self.note("standstill")
        except Failure:
            self.note("no standstill")  # which the judge will see

    def finish(self):
        """Ends everything at once: what is left must not reach into the next scenario."""
        if self.plant:
            self.plant.close()
        self.parts.stop_all(DAEMON, GUARDIAN, GPSD)
        self.endings.close()
        # A page that is left would be adopted by the next guardian, with its stop in hand.
        for entry in os.listdir(os.path.dirname(self.plan["control"])):
            with contextlib.suppress(OSError):
                os.unlink(f"{os.path.dirname(self.plan['control'])}/{entry}")


# MARK: - Causes. Each takes the drive and leaves what undoes it, where that is part of the story.

libc = ctypes.CDLL(None, use_errno=True)
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH, TGKILL, WALL = 0x4206, 0x4207, 17, 234, 0x40000000


def control_thread(drive):
    process = drive.parts.main_process(DAEMON)
    for thread in os.listdir(f"/proc/{process}/task"):
        with open(f"/proc/{process}/task/{thread}/comm") as name:
            if name.read().strip() == "control":
                return process, int(thread)
    raise Failure("tulpard has no thread named control")


def ptrace(request, thread):
    if libc.ptrace(ctypes.c_long(request), ctypes.c_long(thread), None, None) != 0:
        raise Failure(f"ptrace {request:#x}: {os.strerror(ctypes.get_errno())}")


def wheel_speed_silent(drive):
    drive.plant.tell("fault wheelspeed off")
    return lambda: drive.plant.tell("fault wheelspeed on")


def link_down(drive):
    drive.parts.set_link(False)
    return lambda: drive.parts.set_link(True)


def gpsd_killed(drive):
    os.kill(drive.parts.main_process(GPSD), signal.SIGKILL)
    return lambda: drive.parts.restart(GPSD)


def gnss_silent(drive):
    drive.plant.tell("gnss off")
    return lambda: drive.plant.tell("gnss on")


def control_hung(drive):
    _, thread = control_thread(drive)
    ptrace(PTRACE_SEIZE, thread)
    ptrace(PTRACE_INTERRUPT, thread)

    def undo():
        # The watchdog may have ended it already.
        with contextlib.suppress(OSError, Failure):
            os.waitpid(thread, WALL | os.WNOHANG)
            ptrace(PTRACE_DETACH, thread)
    return undo


def control_trapped(drive):
    process, thread = control_thread(drive)
    if libc.syscall(TGKILL, process, thread, signal.SIGILL) != 0:
        raise Failure(f"tgkill: {os.strerror(ctypes.get_errno())}")
    return None


def daemon_killed(drive):
    os.kill(drive.parts.main_process(DAEMON), signal.SIGKILL)
    return None


def daemon_stopped(drive):
    process = drive.parts.main_process(DAEMON)
    os.kill(process, signal.SIGSTOP)

    def undo():
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)
    return undo


def guardian_killed(drive):
    os.kill(drive.parts.main_process(GUARDIAN), signal.SIGKILL)
    return None


def foreign_sender(drive):
    """Somebody sends a frame in our name, on the same bus."""
    run("cansend", drive.plan["interface"], "18FF1127#00")
    return None


def emergency_stop_wire_cut(drive):
    drive.plant.tell("fault estop-wire cut")
    return lambda: drive.plant.tell("fault estop-wire sound")


def service_air_lost(drive):
    """Air leaks from all circuits, until spring brakes would stop the truck."""
    drive.plant.tell("fault air-leak 20000")
    return lambda: drive.plant.tell("fault air-leak 0")


def engine_address_lost(drive):
    """Somebody with a better NAME claims the engine's address, and the engine falls silent."""
    run("cansend", drive.plan["interface"], "18EEFF00#0100000000000000")
    drive.plant.tell("fault engine off")
    return lambda: drive.plant.tell("fault engine on")


def bus_flooded(drive):
    drive.plant.tell("fault flood on")
    return lambda: drive.plant.tell("fault flood off")


def bus_off(drive):
    """What a controller reports (CAN_ERR_BUSOFF) before it leaves the bus."""
    run("cansend", drive.plan["interface"], "20000040#0000000000000000")
    drive.parts.set_link(False)
    return lambda: drive.parts.set_link(True)


def send_queue_full(drive):
    """A queue that takes a byte a second: every send ends with ENOBUFS."""
    words = ["dev", drive.plan["interface"], "root"]
    run("tc", "qdisc", "add", *words, "tbf", "rate", "8bit", "burst", "16", "limit", "16")
    return lambda: run("tc", "qdisc", "del", *words)


def clock_stepped(drive):
    """An hour forward, then two back."""
    time.clock_settime(time.CLOCK_REALTIME, time.time() + 3600)
    time.sleep(3)
    time.clock_settime(time.CLOCK_REALTIME, time.time() - 7200)
    return lambda: time.clock_settime(time.CLOCK_REALTIME, time.time() + 3600)


def disk_full(drive):
    """Not a byte left in what the machine writes to."""
    path, block = "/var/filled", b"\0" * 65536
    with open(path, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while len(block):
            if file.write(block) < len(block):
                block = block[:len(block) // 2]
    return lambda: os.unlink(path)


HOG = """
held = []
def available():
    with open("/proc/meminfo") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("MemAvailable"))
while available() > LEAST:
    held.append(bytearray(b"x" * 1048576))
import time
time.sleep(600)
"""
MEMORY_LEFT = 24576  # KiB


def memory_short(drive):
    """Page cache and all other memory taken. (Less, and a kernel whose time stands still while it
    looks for a page would look for ever.)"""
    hog = subprocess.Popen([sys.executable, "-c", HOG.replace("LEAST", str(MEMORY_LEFT))])
    return lambda: (hog.kill(), hog.wait())


# The machine computes in no time, but for refused system calls: those take a microsecond.
NEVER_WAITS = """
import os
while True:
    try:
        os.close(-1)
    except OSError:
        pass
"""


def cpu_hogged(drive):
    """A thread that never waits, at the control thread's own priority, on the one CPU."""
    hog = subprocess.Popen(["chrt", "--fifo", "80", sys.executable, "-c", NEVER_WAITS])
    return lambda: (hog.kill(), hog.wait())


CAUSES = {
    "wheel-speed-silent": wheel_speed_silent,
    "foreign-sender": foreign_sender,
    "emergency-stop-wire-cut": emergency_stop_wire_cut,
    "service-air-lost": service_air_lost,
    "engine-address-lost": engine_address_lost,
    "bus-flooded": bus_flooded,
    "bus-off": bus_off,
    "send-queue-full": send_queue_full,
    "link-down-and-up": link_down,
    "gpsd-killed": gpsd_killed,
    "gnss-silent": gnss_silent,
    "control-hung": control_hung,
    "control-trapped": control_trapped,
    "daemon-killed": daemon_killed,
    "daemon-stopped": daemon_stopped,
    "guardian-killed": guardian_killed,
    "cpu-hogged": cpu_hogged,
}
# What must not be felt on the road.
DISTURBANCES = {
    "two-buses": lambda drive: lambda: None,
    "clock-stepped": clock_stepped,
    "disk-full": disk_full,
    "memory-short": memory_short,
}


def stop_scenario(drive, cause):
    """At speed in the first bend something dies; then it is well again, and still nothing moves."""
    drive.start("--start-station", str(drive.plan["stop_start"]))
    drive.arm()
    drive.at_station(drive.plan["cause_station"])
    drive.note("cause")
    undo = cause(drive)
    drive.standstill()
    time.sleep(WATCH_STOPPED)
    if undo:
        undo()
        drive.note("undone")
    time.sleep(WATCH_WELL)


def through_scenario(drive, disturbance):
    """At speed something happens that is none of the truck's business, and it drives on."""
    drive.start("--start-station", str(drive.plan["stop_start"]))
    drive.arm()
    drive.at_station(drive.plan["cause_station"])
    drive.note("cause")
    undo = disturbance(drive)
    drive.at_station(drive.plan["cause_station"] + THROUGH)
    drive.note("through")
    undo()
    time.sleep(WATCH_STOPPED)


def nominal(drive):
    """The whole route: to the hold line, wait, go on when authority grows, to the end."""
    drive.start()
    drive.arm()
    line = drive.plan["hold_line"]
    drive.at_station(line["station"] - 2.0, 240)
    drive.standstill()
    drive.note("waiting")
    time.sleep(5)
    drive.tell("release", line["name"])
    drive.note("released")
    drive.at_station(drive.plan["end_station"] - 2.0, 240)
    drive.standstill()
    time.sleep(1)


# Scenarios of their own.
STORIES = {
    "nominal": nominal,
    "buses-exchanged": stories.buses_exchanged,
    "shadow": stories.shadow,
    "adapter-bus-off": stories.adapter_bus_off,
    "identity": stories.identity,
}


def play(plan, parts, name, results):
    drive = Drive(dict(plan, **plan["variants"].get(name, {})), parts, name)
    outcome = {"scenario": name}
    try:
        if name in STORIES:
            STORIES[name](drive)
        elif name in DISTURBANCES:
            through_scenario(drive, DISTURBANCES[name])
        else:
            stop_scenario(drive, CAUSES[name])
    except (Failure, OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
        outcome["error"] = f"{type(error).__name__}: {error}"
        print(f"  {outcome['error']}", flush=True)
    outcome["status"] = ask(plan, do="status")
    outcome["events"], outcome["seen"] = drive.events, drive.seen
    drive.finish()
    for entry in os.listdir(plan["folder"]):
        if entry.startswith(f"{name}."):
            run("mv", f"{plan['folder']}/{entry}", f"{results}/{entry}", check=False)
    if os.path.isdir(plan["drives"]):
        if name in plan["replayed"]:
            run("cp", "-r", plan["drives"], f"{results}/{name}.drives")
        shutil.rmtree(plan["drives"])
    with open(f"{results}/{name}.events.json", "w") as file:
        json.dump(outcome, file)


def kernel_tests(plan, results):
    """The tests of the CAN port, here where the kernel has CAN."""
    environment = dict(os.environ, TULPAR_KERNEL_CAN="1")
    with open(f"{results}/kernel.txt", "wb") as output:
        subprocess.run([plan["test_bundle"], "--testing-library", "swift-testing", "--filter",
                        "KernelTests", "--xunit-output", f"{results}/kernel.xml"],
                       env=environment, stdout=output, stderr=output, timeout=120, check=False)


def network_tests(plan, results):
    """Our J1939 side and the kernel's own, on a bus of their own."""
    with open(f"{results}/network.txt", "wb") as output:
        subprocess.run([sys.executable, f"{os.path.dirname(__file__)}/network.py", "vcan1", plan["tulpar"]],
                       stdout=output, stderr=output, timeout=300, check=False)


def main():
    plan_file, results = sys.argv[1:]
    with open(plan_file) as file:
        plan = json.load(file)
    os.makedirs(os.path.dirname(plan["control"]), exist_ok=True)
    parts = (services.Processes if "commands" in plan else services.Systemd)(plan)
    for name in plan["scenarios"]:
        began = time.monotonic()
        print(f"{name}", flush=True)
        if name == "kernel":
            kernel_tests(plan, results)
        elif name == "network":
            network_tests(plan, results)
        else:
            play(plan, parts, name, results)
        print(f"  took {time.monotonic() - began:.1f} s", flush=True)
    with open(f"{results}/done", "w") as file:
        file.write("done\n")


if __name__ == "__main__":
    main()
