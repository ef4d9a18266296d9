"""Judges what the daemon recorded: the files are pulled out of the machine and run again here.

Every file, whole or broken off by a kill, must replay bit for bit, and together they must be the
drive: no cycle was dropped, and none is missing but where the disk took none.
"""

import json
import pathlib
import re
import subprocess


def replay(tulpar, path):
    """What `tulpar replay` says of a file, a broken one after `tulpar recover`: (report, error)."""
    if path.suffix == ".part":
        whole = path.with_suffix(".whole.mcap")
        done = subprocess.run([tulpar, "recover", path, "--out", whole], capture_output=True, text=True)
        if done.returncode != 0:
            return None, f"recover: {done.stderr.strip()}"
        path = whole
    done = subprocess.run([tulpar, "replay", path, "--json"], capture_output=True, text=True)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return None, done.stderr.strip()
    return report, None if done.returncode == 0 else done.stderr.strip()


def check(verdict, name, status, reports):
    """`status` is the daemon's own at the end, `reports` are those of its files, in order."""
    recording = (status or {}).get("recording") or {}
    verdict.demand(recording.get("drops") == 0, f"drops are {recording.get('drops')}, 0 is due")
    wanted = ("kept",) if name == "nominal" else ("kept", "short")
    verdict.demand(recording.get("state") in wanted, f"the recording is {recording.get('summary')}")
    if name != "disk-full":
        verdict.demand(recording.get("lost") == 0, f"{recording.get('lost')} cycles were not written")
    else:
        verdict.demand((recording.get("lost") or 0) > 0, "a full disk takes no cycle")
    verdict.demand(reports, "a recorded drive")
    for path, report, error in reports:
        verdict.demand(error is None, f"{path}: {error}")
    whole = [report for _, report, error in reports if error is None]
    verdict.demand(all(report["identical"] for report in whole), "every file replays bit for bit")
    cycles = sum(report["cycles"] for report in whole)
    verdict.demand(cycles >= 1000, f"{cycles} cycles are recorded, 1000 are due")
    verdict.figures["recorded"] = f"{cycles} cycles in {len(reports)} files, replayed bit for bit"


def judge_recording(verdict, name, results, tulpar):
    with open(results / f"{name}.events.json") as file:
        status = json.load(file).get("status")
    folder = pathlib.Path(results) / f"{name}.drives"
    files = sorted(path for path in folder.glob("drive-*")
                   if re.fullmatch(r"drive-\d+-\w+\.mcap(\.part)?", path.name))
    sizes = sum(path.stat().st_size for path in files)
    check(verdict, name, status, [(path.name, *replay(tulpar, path)) for path in files])
    verdict.figures["bytes"] = sizes
