#!/usr/bin/env python3
"""The rig: the installed programs on a real kernel's CAN bus, under real systemd, with real gpsd.

usage: rig.py [--profile NAME] [--long] [--direct INTERFACE] [SCENARIO ...]

Boots a User-Mode Linux machine whose root is this machine's own file system (read-only), plays the
scenarios in it and judges what the simulated truck did. The last line is the count. Its time passes
only while it waits, so what this machine is busy with cannot be seen in it: thresholds are the
truck's own, and it says nothing about how long computing takes.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree

import judge
import recorded
import two_buses

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PRODUCTS = ROOT / ".build" / "release"
PROFILES = ("j1939-tractor-semitrailer", "yard-tractor-dbw", "border-agv")
MISSION = "rig-course"
# The mission's own stations, of the front bumper, as drawn by missions/generate.py.
SITE = {
    "hold_line": {"name": "MIDWAY", "station": 520.0}, "end_station": 830.0,
    # Rear axle at the start, and where the cause comes: in the first bend's arc.
    "stop_start": 85.0, "cause_station": 150.0,
    "judge": {"hold_line": 520.0, "zone": [300.0, 420.0, 10 / 3.6], "length": 800, "beyond": 300,
              "tractor": 0.3},
}
# How much further ahead of its rear axle a truck's front bumper is than the first truck's, m:
# stations are the bumper's, and a longer truck drives so much less.
FURTHER_AHEAD = {"border-agv": 6.6}
# Thresholds are stretched by this on a kernel whose time is this machine's.
DIRECT_SCALE = 5
# The long run lets the same things die on the straight after it, at full speed.
STRAIGHT = {"stop_start": 205.0, "cause_station": 266.0}
# What the time thresholds of the safe-stop ladder allow: the distance is that of the dead time at
# the speed of the moment, and of a comfort stop.
STOP = {"speed": 4.0, "dead_time": 0.8, "deceleration": 1.3, "tractor": 0.3, "trailer": 0.3,
        "gap": 40}
# Nobody steers while the bus is cut: the independent brake stops alone.
UNSTEERED = dict(STOP, tractor=1.5, trailer=2.0, gap=None)
# Position is coasted on wheel speed for a while before it is doubted.
COASTED = dict(STOP, dead_time=8.0)
# What must not be felt on the road at all.
THROUGH = {"speed": 4.0, "tractor": 0.3, "gap": 40}
SCENARIOS = {
    "nominal": None,
    "wheel-speed-silent": STOP,
    "foreign-sender": STOP,
    "emergency-stop-wire-cut": STOP,
    # Until the pressure has fallen as far as the reservoirs' warning.
    "service-air-lost": dict(STOP, dead_time=25.0),
    "engine-address-lost": STOP,
    "bus-flooded": UNSTEERED,
    "link-down-and-up": UNSTEERED,
    "bus-off": UNSTEERED,
    "send-queue-full": UNSTEERED,
    "gpsd-killed": COASTED,
    "gnss-silent": COASTED,
    "control-hung": STOP,
    "control-trapped": STOP,
    "daemon-killed": STOP,
    "daemon-stopped": STOP,
    "guardian-killed": STOP,
    "clock-stepped": THROUGH,
    "disk-full": THROUGH,
    "memory-short": THROUGH,
    "two-buses": THROUGH,
    "buses-exchanged": {"by": judge.judge_exchanged, "buses": (("can0", "vcan0", "vcan1"),
                                                               ("can1", "vcan1", "vcan0"))},
    "shadow": {"by": judge.judge_shadow},
    "adapter-bus-off": dict(UNSTEERED, link=True),
    "identity": {"by": judge.judge_identity},
    # Nobody but the guardian speaks, once the last command is too old.
    "cpu-hogged": dict(STOP, gap=100),
}
# Each second of the machine's time in which nothing waits takes twenty of this one's: only by name.
SLOW = ("cpu-hogged",)
# Whose drives are pulled out and run again on this machine: as it should be, killed at speed, with
# the computer short of time, and with a disk that takes nothing for a while.
REPLAYED = ("nominal", "daemon-killed", "cpu-hogged", "disk-full")
DRIVES = "/var/lib/tulpar/drives"
# The machine's disk is memory, and not much of it.
RECORDING = "--drives-free 4MB"
# Other units, interfaces or papers than this machine has.
NEEDS_MACHINE = ("two-buses", "buses-exchanged", "shadow", "adapter-bus-off", "identity")
# Whose sender has an address, and whose stop buttons have two wires.
FIRST_TRUCK_ONLY = ("foreign-sender", "emergency-stop-wire-cut", "two-buses", "buses-exchanged",
                    "shadow", "adapter-bus-off")
# Who tell in messages of their maker's who they are; the first truck does by J1939's.
OTHER_TRUCKS_ONLY = ("identity",)


def say(text):
    print(text, flush=True)


def command(*words, **more):
    result = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, **more)
    if result.returncode != 0:
        sys.exit(f"rig: {' '.join(map(str, words))}: {result.stderr.strip()}")
    return result.stdout


def prepare(scratch, scenarios, options, place, scale):
    """A folder that the machine writes to, with everything it needs."""
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / "results").mkdir(parents=True)
    install = scratch / "install"
    command("make", "--no-print-directory", "install", f"DESTDIR={install}")
    settings = install / "etc" / "tulpar"
    settings.mkdir(parents=True, exist_ok=True)
    shutil.copytree(ROOT / "missions" / MISSION, settings / "mission", dirs_exist_ok=True)
    profile = f"/usr/share/tulpar/hw-profiles/{options.profile}"
    usual = service_settings(profile, f"--can can0=vcan0 --timing-scale {scale} --bench "
                                      f"--drives {DRIVES} {RECORDING}")
    (settings / "tulpar.conf").write_text(usual)
    compile_drive(f"hw-profiles/{options.profile}", scratch / "configuration", scale)
    command("cc", "-O2", "-shared", "-fPIC", "-o", scratch / "xstate.so", HERE / "xstate.c")
    ahead = FURTHER_AHEAD.get(options.profile, 0.0)
    (scratch / "environment").write_text(f"RIG_SOURCE={HERE}\n")
    plan = dict(
        {**SITE, **place}, tulpar="/usr/bin/tulpar", interface="vcan0", configuration="/rig/configuration",
        control="/run/tulpar/control.sock", folder="/dev/shm", nmea_port=2948, scenarios=scenarios,
        drives=DRIVES, replayed=REPLAYED,
        test_bundle=str(next(PRODUCTS.glob("*PackageTests.xctest"), "")), usual_settings=usual,
        variants=variants(scratch, options.profile, profile, scale))
    plan["cause_station"] += ahead
    if options.direct is not None:
        plan |= direct(scratch, options.direct)
    (scratch / "plan.json").write_text(json.dumps(plan))


def service_settings(profile, options):
    """/etc/tulpar/tulpar.conf."""
    return f"TULPAR_PROFILE={profile}\nTULPAR_MISSION=/etc/tulpar/mission\nTULPAR_OPTIONS={options}\n"


def compile_drive(profile, out, scale):
    command(PRODUCTS / "tulpar", "compile", "--profile", profile, "--mission", f"missions/{MISSION}",
            "--timing-scale", str(scale), "--out", out)


def variants(scratch, name, profile, scale):
    """What scenarios have otherwise than the others, by their names."""
    own = {"identity": dict(
        settings=service_settings(profile, "--can can0=vcan0 --shadow"),
        driving_settings=service_settings(profile, "--can can0=vcan0"))}
    if name not in two_buses.MOVED:
        return own
    two_buses.derive(ROOT / "hw-profiles" / name, scratch / "two-buses" / name)
    compile_drive(scratch / "two-buses" / name, scratch / "configuration-two", scale)
    both = dict(configuration="/rig/configuration-two", settings=service_settings(
        f"/rig/two-buses/{name}",
        f"--can can0=vcan0 --can can1=vcan1 --timing-scale {scale} --bench"))
    in_place, exchanged = ["can0=vcan0", "can1=vcan1"], ["can0=vcan1", "can1=vcan0"]
    return own | {
        "two-buses": dict(both, plant_buses=in_place),
        "buses-exchanged": dict(both, plant_buses=exchanged, plant_buses_in_place=in_place),
        "shadow": dict(
            settings=service_settings(profile, "--can can0=vcan0 --shadow"), shadow_speed=5.0,
            driving_settings=service_settings(profile, "--can can0=vcan0")),
        "adapter-bus-off": dict(
            settings=service_settings(profile, "--shadow"), has_identity=True,
            driving_settings=service_settings(profile, "")),
    }


def direct(scratch, interface):
    """The same on this machine's own kernel, without systemd: vcan, or unix:PATH for a bus."""
    binaries = scratch / "install" / "usr" / "bin"
    folder = scratch / "run"
    folder.mkdir()
    settings = ["--configuration", str(scratch / "configuration"), "--can", f"can0={interface}",
                "--gpsd", "127.0.0.1:2949", "--bench", "--drives", str(scratch / "drives"),
                *RECORDING.split()]
    commands = {
        "tulpard.service": [str(binaries / "tulpard"), *settings],
        "tulpar-guardian.service": [str(binaries / "tulpar-guardian")],
        "gpsd.service": ["/usr/sbin/gpsd", "-N", "-n", "-S", "2949", "udp://127.0.0.1:2950"]}
    if interface.startswith("unix:"):
        commands["bus"] = [str(binaries / "tulpar"), "bus", interface.removeprefix("unix:")]
    return dict(tulpar=str(binaries / "tulpar"), interface=interface, commands=commands,
                configuration=str(scratch / "configuration"), folder=str(scratch),
                control=str(folder / "control.sock"), nmea_port=2950, drives=str(scratch / "drives"))


def boot(scratch, seconds):
    """Runs the machine to its end, passing its progress on."""
    kernel = ROOT / ".build-rig" / "kernel" / "linux"
    if subprocess.run([HERE / "kernel.sh", kernel]).returncode != 0:
        sys.exit("rig: its kernel could not be built")
    words = [kernel, "rootfstype=hostfs", "rootflags=/", "ro", "mem=1G", f"init={HERE}/boot.sh",
             "con=null", "con0=null,fd:1", "quiet", f"rig_scratch={scratch}", f"rig_source={HERE}",
             "time-travel=inf-cpu"]
    environment = dict(os.environ, LD_PRELOAD=str(scratch / "xstate.so"))
    progress, shown = scratch / "results" / "progress.txt", 0
    began = time.monotonic()
    with open(scratch / "console.txt", "wb") as console:
        machine = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                                   env=environment, start_new_session=True)
        while machine.poll() is None and time.monotonic() - began < seconds:
            time.sleep(0.2)
            text = progress.read_text(errors="replace") if progress.exists() else ""
            if len(text) > shown:
                if shown == 0:
                    say(f"rig: booted after {time.monotonic() - began:.1f} s")
                print(text[shown:], end="", flush=True)
                shown = len(text)
        if machine.poll() is None:
            say(f"rig: not done after {seconds} s, ended")
            os.killpg(machine.pid, 9)
            machine.wait()
    say(f"rig: the machine ran for {time.monotonic() - began:.1f} s")


def judge_kernel(results):
    try:
        cases = list(xml.etree.ElementTree.parse(results / "kernel.xml").getroot().iter("testcase"))
    except (OSError, xml.etree.ElementTree.ParseError) as error:
        say(f"rig kernel: failed, no result ({error})")
        return 0, 1
    bad = [case for case in cases if len(case)]
    for case in bad:
        say(f"rig kernel: failed {case.get('name')}: see {results / 'kernel.txt'}")
    if not cases:
        return 0, 1
    say(f"rig kernel: {len(cases) - len(bad)} of {len(cases)} tests of the CAN port passed")
    return len(cases) - len(bad), len(bad)


def judge_network(results):
    text = ""
    with contextlib.suppress(OSError):
        text = (results / "network.txt").read_text(errors="replace")
    for line in text.splitlines()[:-1]:
        say(f"rig network: {line}")
    count = re.fullmatch(r"(\d+) passed, (\d+) failed", text.splitlines()[-1] if text else "")
    if count is None:
        say("rig network: failed, no count")
        return 0, 1
    return int(count[1]), int(count[2])


# What is judged by its own report, in a machine without a truck.
APART = {"kernel": judge_kernel, "network": judge_network}


def judge_scenario(name, results, reference, ahead):
    """(verdict or None, rows or None)"""
    try:
        outcome = json.loads((results / f"{name}.events.json").read_text())
        if "error" in outcome:
            raise judge.BadLog(outcome["error"])
        with open(results / f"{name}.jsonl") as log:
            rows = judge.load(log)
        events, limits = outcome["events"], SCENARIOS[name]
        if limits is not None and "by" in limits:
            return limits["by"](name, rows, outcome, results / f"{name}.candump", limits), rows
        if limits is None:
            site = dict(SITE["judge"], length=SITE["judge"]["length"] - ahead)
            return judge.judge_drive(name, rows, events, site), rows
        if "deceleration" not in limits:
            return judge.judge_through(name, rows, events, limits), rows
        verdict = judge.judge_stop(name, rows, events, limits, reference)
        if "link" in limits:
            judge.judge_link(verdict, outcome)
        return verdict, rows
    except (OSError, ValueError, KeyError, judge.BadLog) as error:
        say(f"rig {name}: failed, {type(error).__name__}: {error}")
        return None, None


def judge_all(wanted, results, ahead):
    passed = failed = 0
    reference = None
    for name in wanted:
        if name in APART:
            good, bad = APART[name](results)
            passed, failed = passed + good, failed + bad
            continue
        verdict, rows = judge_scenario(name, results, reference, ahead)
        if verdict is not None:
            if name in REPLAYED:
                recorded.judge_recording(verdict, name, results, PRODUCTS / "tulpar")
            say(verdict.line())
        if name == "nominal" and rows:
            reference = judge.rising(rows)
        good = verdict is not None and not verdict.failures
        passed, failed = passed + good, failed + (not good)
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--profile", choices=PROFILES, default=PROFILES[0], help="the truck driven")
    parser.add_argument("--long", action="store_true", help="let it happen at full speed instead of in a bend")
    parser.add_argument("--direct", metavar="INTERFACE",
                        help="on this machine's kernel: a vcan interface, or unix:PATH")
    parser.add_argument("scenario", nargs="*", help=' '.join([*APART, *SCENARIOS]))
    options = parser.parse_args()
    is_first = options.profile == PROFILES[0]
    # The straight ends in a zone with a cap, so nothing can be driven through there.
    through = [name for name, limits in SCENARIOS.items() if limits and "deceleration" not in limits]
    left_out = (*SLOW, *(OTHER_TRUCKS_ONLY if is_first else FIRST_TRUCK_ONLY),
                *(NEEDS_MACHINE if options.direct else ()),
                *(through if options.long else ()))
    everything = [name for name in [*(APART if is_first and not options.long else ()), *SCENARIOS]
                  if name not in left_out]
    wanted = options.scenario or everything
    for name in wanted:
        if name not in APART and name not in SCENARIOS:
            parser.error(f"unknown scenario {name}; known are {' '.join([*APART, *SCENARIOS])}")
        if name in (*NEEDS_MACHINE, *SLOW) and options.direct:
            parser.error(f"{name} needs the rig's machine and time")
        if name in (OTHER_TRUCKS_ONLY if is_first else FIRST_TRUCK_ONLY):
            parser.error(f"{name} is not for {options.profile}")
    scratch = ROOT / ".build-rig" / (options.profile + ("-long" if options.long else ""))
    scale = DIRECT_SCALE if options.direct else 1
    prepare(scratch, wanted, options, STRAIGHT if options.long else {}, scale)
    results = scratch / "results"
    if options.direct:
        subprocess.run([sys.executable, HERE / "scenarios.py", scratch / "plan.json", results])
    else:
        boot(scratch, 900 + 240 * len(wanted))
    passed, failed = judge_all(wanted, results, FURTHER_AHEAD.get(options.profile, 0.0))
    say(f"rig: logs are in {results}")
    print(f"{passed} passed, {failed} failed", flush=True)
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
