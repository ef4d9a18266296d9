"""Scenarios of their own: two buses, a person at the wheel, a controller that leaves its bus.

Each takes the `Drive` of scenarios.py and leaves in `seen` what the judge needs beside the truck's
log.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time

import papers
from services import DAEMON, LINK, Failure, run

WATCH_STOPPED = 4.0  # s at rest with the cause in place
THROUGH = 60.0  # m driven with a disturbance in place
WATCH_WELL = 8.0  # s at rest after it is gone, when a wrong stack would drive on
# Until gpsd, heading and inputs are there.
START = 8.0
# What tulpar-bus grants a stop that nobody can see the end of.
LONGEST_STOP = 45.0
LINK_REPORT = "/run/tulpar/link-can0"


def buses_exchanged(drive):
    """Both plugs are in the other's socket; then each is where it belongs."""
    end_capture = drive.capture("vcan0", "vcan1")
    drive.start("--start-station", str(drive.plan["stop_start"]))
    time.sleep(START)
    drive.seen["exchanged"] = drive.answer("arm")
    drive.note("refused")
    end_capture()
    drive.replug(drive.plan["plant_buses_in_place"], "--start-station", str(drive.plan["stop_start"]))
    drive.arm()


def shadow(drive):
    """A person drives, the daemon listens; the same truck is then to be armed."""
    papers.clear()
    drive.endings.callback(papers.clear)
    drive.capture(drive.plan["interface"])
    drive.start("--start-station", str(drive.plan["stop_start"]))
    time.sleep(START)
    papers.identify(drive.plan["interface"])
    drive.tell("surface", "dry")
    drive.plant.tell(f"driver follow {drive.plan['shadow_speed']}")
    drive.note("cause")
    drive.at_station(drive.plan["cause_station"] + THROUGH)
    drive.plant.tell("driver follow off")
    drive.standstill()
    time.sleep(2)
    run("systemctl", "stop", DAEMON)
    drive.note("ended")
    with open(papers.FOLDER / "shadow.json") as report:
        drive.seen["report"] = json.load(report)
    drive.parts.configure(drive.plan["driving_settings"])
    drive.parts.start(DAEMON)
    time.sleep(START)
    drive.seen["armed"] = drive.answer("arm")
    drive.note("refused")
    # What follows would be the truck's own frames.
    time.sleep(1)


# What another truck's plant is told to say, and the row of the arming table that finds it.
OTHERS = (
    ("vehicle identification number", ["--vehicle-number", "WTULPAR0000000043"]),
    ("controllers and their software", ["--brake-part", "EBS 7.3"]),
)


def identity(drive):
    """A commissioned truck, first with another number, then another part, then as it was."""
    papers.clear()
    # The daemon believes a clock that has been agreeing for some seconds.
    papers.trust_clock()
    drive.endings.callback(papers.clear)
    place = ["--start-station", str(drive.plan["stop_start"])]
    drive.start(*place)
    time.sleep(START)
    run("systemctl", "stop", DAEMON)
    papers.complete(hours=9, brakes="0x01 software EBS 7.2")
    drive.parts.configure(drive.plan["driving_settings"])
    drive.seen["others"] = {}
    for asked, options in OTHERS:
        drive.replug(drive.plan.get("plant_buses", [drive.plan["interface"]]), *place, *options)
        drive.parts.start(DAEMON)
        time.sleep(START)
        drive.show_papers()
        drive.seen["others"][asked] = drive.answer("arm")
        drive.note(asked)
        run("systemctl", "stop", DAEMON)
    drive.replug(drive.plan.get("plant_buses", [drive.plan["interface"]]), *place)
    drive.parts.start(DAEMON)
    drive.arm()


class Adapter:
    """The serial adapter that makes can0, with its helper as on a truck."""

    def __init__(self, drive):
        self.drive = drive
        self.process = subprocess.Popen(
            [sys.executable, f"{os.path.dirname(__file__)}/adapter.py", drive.plan["interface"]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        name = self.process.stdout.readline().strip()
        drive.endings.callback(lambda: (self.process.kill(), self.process.wait()))
        if name != "can0":
            raise Failure(f"the adapter's interface is {name!r}")
        drive.parts.start(LINK)
        drive.endings.callback(drive.parts.stop_all, LINK)
        self.until("phase", "up", 10)

    def say(self, word):
        print(word, file=self.process.stdin, flush=True)

    @staticmethod
    def report():
        """Phase, controller and restarts, as the helper tells them."""
        with contextlib.suppress(OSError, IndexError, ValueError):
            with open(LINK_REPORT) as file:
                words = file.read().split()
            return {"phase": words[2], "controller": words[3], "restarts": int(words[7])}
        return None

    def until(self, key, value, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if (self.report() or {}).get(key) == value:
                return
            time.sleep(0.1)
        raise Failure(f"{key} of can0 is not {value} after {seconds} s: {self.report()}")

    def watch(self):
        """Each change of the helper's report, with its moment, for the judge."""
        changes, end = self.drive.seen["link"], threading.Event()

        def look():
            while not end.wait(0.05):
                now = self.report()
                if now and (not changes or any(changes[-1][key] != now[key] for key in now)):
                    changes.append(dict(now, at=time.monotonic()))
        thread = threading.Thread(target=look)
        thread.start()
        self.drive.endings.callback(lambda: (end.set(), thread.join()))


def adapter_bus_off(drive):
    """A real driver of the kernel loses its bus in motion, and finds it again at rest."""
    papers.clear()
    drive.endings.callback(papers.clear)
    adapter = Adapter(drive)
    drive.seen["link"] = []
    adapter.watch()
    # Nothing but a shadow drive begins the papers of a truck.
    drive.start("--start-station", str(drive.plan["stop_start"]))
    time.sleep(3)
    papers.identify(drive.plan["interface"])
    time.sleep(1)
    run("systemctl", "stop", DAEMON)
    papers.complete(hours=9)
    drive.parts.configure(drive.plan["driving_settings"])
    drive.parts.start(DAEMON)
    drive.arm()
    drive.at_station(drive.plan["cause_station"])
    drive.note("cause")
    adapter.say("broken")
    time.sleep(0.5)
    drive.seen["kernel"] = json.loads(run("ip", "-json", "-details", "link", "show", "can0"))[0]
    drive.seen["doctor"] = subprocess.run(
        [drive.plan["tulpar"], "doctor", "--listen", "0"], capture_output=True, text=True).stdout
    drive.standstill()
    # The first restart is in vain, the bus is still cut.
    adapter.until("restarts", 1, LONGEST_STOP + 5)
    adapter.say("whole")
    drive.note("undone")
    adapter.until("phase", "up", 10)
    time.sleep(WATCH_WELL)
