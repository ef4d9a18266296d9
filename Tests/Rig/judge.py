"""Judges what the simulated truck did, from its own log: one JSON object every 10 ms.

The log is the truth of the plant, not what the stack believed. A log that is broken, has holes or
lacks what a verdict needs is a failure, never a pass.
"""

import bisect
import json
import math

NUMBERS = ("t", "mono", "x", "y", "speed", "accel", "frontStation", "lateral", "trailerLateral",
           "demandBrake")
FLAGS = ("parkTractor", "independentTripped")
REJECTS = ("counter", "checksum", "length", "timeouts")
STANDSTILL = 0.05  # m/s
LONGEST_HOLE = 0.1  # s without a line: ten are due
CREEP = 0.10  # m that a held truck may settle


class BadLog(Exception):
    """The log cannot carry a verdict."""


def load(lines):
    """The rows of a log; any line that is not whole and in order is an error."""
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise BadLog(f"line {number}: {error}") from None
        for key in NUMBERS:
            value = row.get(key)
            if isinstance(value, bool) or not isinstance(value, (int, float)) \
                    or not math.isfinite(value):
                raise BadLog(f"line {number}: {key} is {value!r}, a number is due")
        for key in FLAGS:
            if row.get(key) not in (True, False, 0, 1):
                raise BadLog(f"line {number}: {key} is {row.get(key)!r}, true or false is due")
        for group, keys in (("rejects", REJECTS), ("age", ("engine", "brake", "steering", "body"))):
            for key in keys:
                if key not in row.get(group, {}):
                    raise BadLog(f"line {number}: {group}.{key} is missing")
        if rows and not 0 < row["mono"] - rows[-1]["mono"] <= LONGEST_HOLE:
            raise BadLog(f"line {number}: {row['mono'] - rows[-1]['mono']:.3f} s after the line "
                         f"before, more than 0 and at most {LONGEST_HOLE} is due")
        rows.append(row)
    if not rows:
        raise BadLog("the log is empty")
    return rows


def at(rows, mono):
    """The index of the first row at or after a moment."""
    index = bisect.bisect_left(rows, mono, key=lambda row: row["mono"])
    if index == len(rows):
        raise BadLog(f"the log ends at {rows[-1]['mono']:.2f} s, before the event at {mono:.2f} s")
    return index


def travelled(rows):
    return sum(math.hypot(b["x"] - a["x"], b["y"] - a["y"]) for a, b in zip(rows, rows[1:]))


def rejected(rows, keys=("counter", "checksum", "length")):
    return {key: rows[-1]["rejects"][key] - rows[0]["rejects"][key] for key in keys}


def longest_gap(rows, ecus=("brake", "steering")):
    """ms without an accepted frame, at the worst of the ECUs that keep the truck on its path."""
    return max((row["age"][ecu] for row in rows for ecu in ecus
                if row["age"][ecu] is not None), default=math.inf)


def trailer_swing(rows, reference):
    """How much further out the trailer was than on the undisturbed drive at the same place.

    In a bend a trailer runs inside the tractor's path; that is no deviation. None without that drive.
    """
    if not reference:
        return None
    stations = [row["frontStation"] for row in reference]
    worst = 0.0
    for row in rows:
        index = min(bisect.bisect_left(stations, row["frontStation"]), len(stations) - 1)
        worst = max(worst, abs(row["trailerLateral"] - reference[index]["trailerLateral"]))
    return worst


def rising(rows):
    """Rows of a drive whose station grows, so that a place is found by bisection."""
    result = []
    for row in rows:
        if not result or row["frontStation"] > result[-1]["frontStation"]:
            result.append(row)
    return result


INDEPENDENT = 3.0  # m/s2, of its own circuit; the brake ECU is told nothing of it


def time_to_deceleration(rows, cause):
    """(demand, seconds until 90 % of the demand of that moment was reached), (0, inf) for never.

    Demands ramp, so the first weak one of a ramp does not count: it must be a stop's.
    """
    for row in rows:
        demand = max(row["demandBrake"], INDEPENDENT if row["independentTripped"] else 0.0)
        if demand >= 0.7 and row["speed"] > STANDSTILL and -row["accel"] >= 0.9 * demand:
            return demand, row["mono"] - cause
    return 0.0, math.inf


class Verdict:
    def __init__(self, name):
        self.name, self.figures, self.failures = name, {}, []

    def demand(self, holds, text):
        if not holds:
            self.failures.append(text)

    def line(self):
        figures = ", ".join(f"{key} {value}" for key, value in self.figures.items())
        state = "failed" if self.failures else "passed"
        return f"rig {self.name}: {state}  {figures}" + "".join(
            f"\n    not met: {text}" for text in self.failures)


def judge_stop(name, rows, events, limits, reference=None):
    """A drive in which something died. `events` maps names to moments, `limits` is explained below.

    dead_time, deceleration: the distance allowed is v * dead_time + v^2 / (2 * deceleration)
    tractor, trailer: metres off the path while stopping; gap: ms between accepted frames, or None
    """
    verdict = Verdict(name)
    cause = events["cause"]
    begin = at(rows, cause)
    v = rows[begin]["speed"]
    verdict.demand(v >= limits["speed"], f"driving at {limits['speed']} m/s when it happens")
    stop = next((i for i in range(begin, len(rows)) if rows[i]["speed"] <= STANDSTILL), None)
    if stop is None:
        verdict.figures["speed at the end"] = f"{rows[-1]['speed']:.2f} m/s"
        verdict.demand(False, "comes to a standstill")
        return verdict
    stopping = rows[begin:stop + 1]
    distance = travelled(stopping)
    allowed = v * limits["dead_time"] + v * v / (2 * limits["deceleration"])
    wanted, seconds = time_to_deceleration(stopping, cause)
    gap = longest_gap(stopping)
    tractor = max(abs(row["lateral"]) for row in stopping)
    trailer = trailer_swing(stopping, reference)
    # A node that comes back cannot know where the counters are by now.
    bad = rejected([row for row in rows if row["mono"] < events.get("undone", math.inf)])
    verdict.figures = {
        "from": f"{v:.2f} m/s", "gap": f"{gap:.0f} ms",
        "90 % of": f"{wanted:.2f} m/s2 after {seconds:.2f} s",
        "distance": f"{distance:.1f} m", "time": f"{stopping[-1]['mono'] - cause:.1f} s",
        "off path": f"{tractor:.2f} m tractor, "
        + ("trailer unknown" if trailer is None else f"{trailer:.2f} m trailer"),
        "rejects": "/".join(str(bad[key]) for key in bad)
        + f", time-outs {rejected(rows, ['timeouts'])['timeouts']}",
        "independent brake": "yes" if rows[stop]["independentTripped"] else "no"}
    verdict.demand(distance <= allowed, f"stops within {allowed:.1f} m")
    verdict.demand(math.isfinite(seconds), "90 % of the demanded deceleration is reached")
    verdict.demand(tractor <= limits["tractor"], f"tractor within {limits['tractor']} m")
    verdict.demand(trailer is None or trailer <= limits["trailer"],
                   f"trailer within {limits['trailer']} m of where it runs undisturbed")
    if limits["gap"] is not None:
        verdict.demand(gap <= limits["gap"], f"no more than {limits['gap']} ms between frames")
    verdict.demand(not any(bad.values()), "no frame with a bad counter, checksum or length")
    judge_held(verdict, rows[stop:], events)
    return verdict


def judge_held(verdict, rows, events):
    """From standstill to the acknowledge, or to the end of the log."""
    until = events.get("acknowledged", math.inf)
    held = [row for row in rows if row["mono"] < until]
    verdict.demand(held[-1]["mono"] - held[0]["mono"] >= 3, "watched for 3 s after standstill")
    # A truck rocks back a little as the brakes settle; driving off is a distance.
    moved = max(math.hypot(row["x"] - held[0]["x"], row["y"] - held[0]["y"]) for row in held)
    verdict.figures["moved while held"] = f"{moved:.2f} m"
    verdict.demand(moved <= CREEP, f"no move-off without acknowledge (more than {CREEP} m)")
    verdict.demand(bool(held[-1]["parkTractor"]), "parking brake set in the end")


def judge_through(name, rows, events, limits):
    """A drive with a disturbance that must not be felt: speed, path and frames stay what they were."""
    verdict = Verdict(name)
    begin, end = at(rows, events["cause"]), at(rows, events["through"])
    driven = rows[begin:end + 1]
    before = driven[0]["speed"]
    slowest = min(row["speed"] for row in driven)
    off = max(abs(row["lateral"]) for row in driven)
    gap, bad = longest_gap(driven), rejected(rows, REJECTS)
    verdict.figures = {
        "from": f"{before:.2f} m/s", "slowest": f"{slowest:.2f} m/s", "gap": f"{gap:.0f} ms",
        "distance": f"{travelled(driven):.1f} m", "off path": f"{off:.2f} m tractor",
        "rejects": "/".join(str(bad[key]) for key in REJECTS)}
    verdict.demand(before >= limits["speed"], f"driving at {limits['speed']} m/s when it happens")
    verdict.demand(slowest >= 0.95 * before, "drives on at its speed")
    verdict.demand(off <= limits["tractor"], f"stays within {limits['tractor']} m of the path")
    verdict.demand(gap <= limits["gap"], f"no more than {limits['gap']} ms between frames")
    verdict.demand(not any(bad.values()), "no frame refused, no actuator timed out")
    return verdict


def judge_drive(name, rows, events, site):
    """The undisturbed drive: hold line, zone and path, as `site` has them."""
    verdict = Verdict(name)
    distance = travelled(rows)
    bad = rejected(rows, REJECTS)
    off = max(abs(row["lateral"]) for row in rows)
    waiting = [row for row in rows[at(rows, events["waiting"]):]
               if row["mono"] < events["released"]]
    error = waiting[-1]["frontStation"] - site["hold_line"]
    begin, end, cap = site["zone"]
    fastest = max((row["speed"] for row in rows if begin <= row["frontStation"] <= end), default=0)
    after = rows[at(rows, events["released"]):]
    moving = [row for row in rows if row["speed"] > 0.5]
    verdict.figures = {
        "distance": f"{distance:.0f} m", "time": f"{rows[-1]['mono'] - rows[0]['mono']:.0f} s",
        "gap": f"{longest_gap(moving):.0f} ms", "fastest": f"{max(r['speed'] for r in rows):.2f} m/s",
        "in the zone": f"{fastest:.2f} of {cap:.2f} m/s", "from hold line": f"{error:+.2f} m",
        "off path": f"{off:.2f} m", "rejects": "/".join(str(bad[key]) for key in REJECTS)}
    verdict.demand(distance >= site["length"], f"drives {site['length']} m")
    verdict.demand(abs(error) <= 0.5, "stops within 0.5 m of the hold line")
    verdict.demand(max(row["speed"] for row in waiting) <= STANDSTILL, "waits at the hold line")
    verdict.demand(travelled(after) >= site["beyond"], f"goes on for {site['beyond']} m when released")
    verdict.demand(0 < fastest <= cap * 1.02 + 0.05, "keeps the zone's speed cap")
    verdict.demand(off <= site["tractor"], f"stays within {site['tractor']} m of the path")
    verdict.demand(not any(bad.values()), "no frame refused, no actuator timed out")
    return verdict


OWN_ADDRESS = 0x27  # of the J1939 profile


def own_frames(captured):
    """(frames, those of our address) of a candump log of the J1939 truck."""
    identifiers = [line.split()[2].split("#")[0] for line in captured.splitlines()
                   if len(line.split()) >= 3]
    extended = [int(text, 16) for text in identifiers if len(text) == 8]
    # The steering controller's frames name us as their destination; only the last byte is a sender.
    return len(identifiers), sum(1 for number in extended if number & 0xFF == OWN_ADDRESS
                                 and number < 0x20000000)


def judge_silence(verdict, capture):
    frames, ours = own_frames(capture.read_text())
    verdict.figures["frames seen"], verdict.figures["of ours"] = frames, ours
    verdict.demand(frames >= 1000, "the truck's own frames are seen")
    verdict.demand(ours == 0, "not a frame of ours")


def judge_exchanged(name, rows, outcome, capture, limits):
    """Plugs in each other's sockets: arming refused, each bus named, nothing sent; then it arms."""
    verdict = Verdict(name)
    seen, events = outcome["seen"]["exchanged"], outcome["events"]
    judge_silence(verdict, capture)
    verdict.figures["refused with"] = seen["status"]
    verdict.demand(seen["status"] == 1, "arming is refused")
    for bus, expected, found in limits["buses"]:
        text = f"bus {bus} is expected on {expected} and seen on {found}"
        verdict.demand(text in seen["text"], f"'{text}' (read {seen['text']!r})")
    verdict.demand(travelled(rows) <= CREEP, "the truck stays where it is")
    verdict.demand("armed" in events, "arms when each plug is where it belongs")
    return verdict


def judge_shadow(name, rows, outcome, capture, limits):
    """A person drove and we listened: silent, with figures that a person's drive can have."""
    verdict = Verdict(name)
    report, armed = outcome["seen"]["report"], outcome["seen"]["armed"]
    judge_silence(verdict, capture)
    moving = [row for row in rows if row["speed"] > 0.5]
    driven, metres = moving[-1]["mono"] - moving[0]["mono"], travelled(moving)
    hours, curvature, deceleration = report["hours"], report["curvature"], report["deceleration"]
    verdict.figures |= {
        "driven": f"{driven:.1f} s and {metres:.1f} m",
        "compared": f"{hours * 3600:.1f} s and {report['distance_m']:.1f} m",
        "steering rms": f"{curvature['rms']:.2f} 1/km", "deceleration rms":
        f"{deceleration['rms']:.2f} m/s2", "stops of ours alone": report["stopsOfOursAlone"],
        "of the driver alone": report["stopsOfDriverAlone"]}
    # Hours are told in thousandths.
    verdict.demand(abs(hours * 3600 - driven) <= 3.6, "the seconds in motion are counted")
    verdict.demand(abs(report["distance_m"] - metres) <= 0.03 * metres, "the metres are counted")
    # The bend has 35 1/km; what is commanded there leads what is measured by the steering's delay.
    verdict.demand(curvature["p95"] <= 15, "steers as the driver does, within 15 1/km (95 %)")
    # But for the driver's own stop at 1.5 m/s2, a tenth of the time.
    verdict.demand(deceleration["p50"] <= 0.1, "brakes as the driver does, within 0.1 m/s2 (50 %)")
    verdict.demand(deceleration["rms"] <= 0.8, "brakes as the driver does, within 0.8 m/s2 (rms)")
    verdict.demand(report["stopsOfOursAlone"] == 0, "no stop that the driver did not make")
    verdict.demand(report["stopsOfDriverAlone"] == 1, "the driver's stop is counted")
    verdict.demand(report["vehicleKnown"], "the vehicle's number is noted")
    verdict.demand(armed["status"] == 1, "arming is refused")
    missing = f"{report['hours']:g} h driven, {round(8 - report['hours'], 3):g} h missing"
    verdict.demand(missing in armed["text"], f"'{missing}' (read {armed['text']!r})")
    return verdict


def judge_identity(name, rows, outcome, capture, limits):
    """Commissioned is one truck with its parts: another number or part is refused by its name."""
    verdict = Verdict(name)
    others = outcome["seen"]["others"]
    for asked, answer in others.items():
        verdict.figures[f"another {asked}"] = answer["status"]
        verdict.demand(answer["status"] == 1, f"arming is refused with another {asked}")
        # A row ends with what would satisfy it.
        verdict.demand(asked in answer["text"] and answer["text"].count(": needs ") == 1,
                       f"'{asked}' is named alone (read {answer['text']!r})")
    verdict.demand(len(others) == 2, "vehicle and part are both tried")
    verdict.demand(travelled(rows) <= CREEP, "the truck stays where it is")
    verdict.demand("armed" in outcome["events"], "the commissioned truck is armed")
    return verdict


def judge_link(verdict, outcome):
    """What the kernel and the helper said of a controller that left its bus."""
    seen, events = outcome["seen"], outcome["events"]
    kernel = seen["kernel"].get("linkinfo", {}).get("info_data", {}).get("state")
    verdict.figures["kernel's state"] = kernel
    verdict.demand(kernel == "BUS-OFF", "the kernel's driver is off the bus")
    changes = [change for change in seen["link"] if change["at"] >= events["cause"]]
    restarts = [change["at"] for before, change in zip(changes, changes[1:])
                if change["restarts"] > before["restarts"]]
    verdict.figures["restarts"] = len(restarts)
    rest = events.get("standstill", math.inf)
    verdict.demand(any(change["controller"] == "busOff" for change in changes),
                   "the helper sees bus-off")
    verdict.demand(any(change["phase"] == "waitingForStandstill" for change in changes),
                   "a restart waits for standstill")
    verdict.demand(restarts and restarts[0] >= rest, "no restart in motion, and one at rest")
    verdict.demand(len(restarts) <= 5, "no more than five restarts")
    verdict.demand(changes[-1]["phase"] == "up" and changes[-1]["controller"] == "active",
                   "back on the bus in the end")
    verdict.demand("busOff" in seen["doctor"], "tulpar doctor names it")
