"""The judge must fail what is bad: each test breaks one thing of a log that passes."""

import copy
import json
import unittest

import judge
import recorded

LIMITS = {"speed": 3.0, "dead_time": 1.0, "deceleration": 1.0, "tractor": 0.3, "trailer": 0.5,
          "gap": 100}
CAUSE = 2.0
EVENTS = {"cause": CAUSE}
SITE = {"hold_line": 40.0, "zone": (10.0, 20.0, 4.0), "length": 60, "beyond": 15, "tractor": 0.3}


def row(mono, station, speed, accel=0.0, demand=0.0):
    return {
        "t": mono, "mono": mono, "x": station, "y": 0.0, "heading": 0.0, "speed": speed,
        "accel": accel, "frontStation": station, "lateral": 0.02, "trailerLateral": 0.03,
        "demandBrake": demand, "parkTractor": speed == 0.0, "parkTrailer": speed == 0.0,
        "independentTripped": False,
        "age": {"engine": 8, "brake": 12, "steering": 15, "body": 10, "retarder": 10},
        "rejects": {"counter": 0, "checksum": 0, "length": 0, "timeouts": 0}}


def stop_log():
    """4 m/s, then 1.5 m/s2 from 0.3 s after the cause, then 4 s of rest."""
    rows, station, speed = [], 0.0, 4.0
    for tick in range(1000):
        mono = tick / 100
        braking = mono >= CAUSE + 0.3 and speed > 0
        speed = max(0.0, speed - 0.015) if braking else speed
        station += speed / 100
        rows.append(row(mono, station, speed, -1.5 if braking else 0.0, 1.5 if braking else 0.0))
    return rows


def drive_log():
    """20 s at 3 m/s through a zone to the hold line less 0.2 m, 5 s there, then on."""
    rows, station = [], 0.0
    for tick in range(4500):
        mono = tick / 100
        speed = 0.0 if 39.8 <= station < 39.9 and mono < 20 else 3.0
        station = min(station + speed / 100, 39.8) if mono < 20 else station + speed / 100
        rows.append(row(mono, station, speed))
    return rows


class Stop(unittest.TestCase):
    def failures(self, rows, limits=LIMITS, events=EVENTS, reference=None):
        return judge.judge_stop("x", rows, events, limits, reference).failures

    def only(self, rows, text, **more):
        failures = self.failures(rows, **more)
        self.assertEqual(len(failures), 1, failures)
        self.assertIn(text, failures[0])

    def test_good_log_passes(self):
        self.assertEqual(self.failures(stop_log()), [])

    def test_figures(self):
        figures = judge.judge_stop("x", stop_log(), EVENTS, LIMITS).figures
        self.assertEqual(figures["90 % of"], "1.50 m/s2 after 0.30 s")
        self.assertEqual(figures["distance"], "6.5 m")
        self.assertEqual(figures["gap"], "15 ms")

    def test_no_standstill(self):
        self.only(stop_log()[:300], "standstill")

    def test_too_far(self):
        self.only(stop_log(), "stops within", limits=dict(LIMITS, dead_time=0.0, deceleration=1.4))

    def test_deceleration_never_reached(self):
        rows = stop_log()
        for one in rows:
            one["accel"] = max(one["accel"], -1.2)
        self.only(rows, "90 %")

    def test_off_path(self):
        rows = stop_log()
        rows[300]["lateral"] = -0.31
        self.only(rows, "tractor")

    def test_trailer_off_the_reference(self):
        reference = judge.rising(copy.deepcopy(stop_log()))
        rows = stop_log()
        for one in rows:
            one["trailerLateral"] = 0.9
        self.assertEqual(self.failures(rows), [])
        self.only(rows, "trailer", reference=reference)
        for one in reference:
            one["trailerLateral"] = 0.9
        self.assertEqual(self.failures(rows, reference=reference), [])

    def test_gap(self):
        rows = stop_log()
        rows[250]["age"]["steering"] = 101
        self.only(rows, "between frames")

    def test_rejects(self):
        for key in ("counter", "checksum", "length"):
            rows = stop_log()
            for one in rows[700:]:
                one["rejects"][key] = 1
            self.only(rows, "no frame with")

    def test_rejects_after_the_cause_is_undone_are_the_outage(self):
        rows = stop_log()
        for one in rows[800:]:
            one["rejects"]["counter"] = 1
        self.assertEqual(self.failures(rows, events={"cause": CAUSE, "undone": 7.5}), [])
        self.only(rows, "bad counter", events={"cause": CAUSE, "undone": 9.0})

    def test_move_off(self):
        rows = stop_log()
        rows[-1]["x"] += 0.2
        self.only(rows, "move-off")
        self.assertEqual(self.failures(rows, events=dict(EVENTS, acknowledged=9.5)), [])

    def test_watched_too_shortly(self):
        self.only(stop_log()[:700], "watched")

    def test_parking_brake_open(self):
        rows = stop_log()
        rows[-1]["parkTractor"] = False
        self.only(rows, "parking brake")

    def test_was_not_driving(self):
        self.only(stop_log(), "driving at", limits=dict(LIMITS, speed=5.0))

    def test_event_after_the_end(self):
        with self.assertRaises(judge.BadLog):
            self.failures(stop_log(), events={"cause": 99.0})


class Through(unittest.TestCase):
    LIMITS = {"speed": 2.5, "tractor": 0.3, "gap": 40}
    EVENTS = {"cause": 2.0, "through": 8.0}

    def test_good_log_passes(self):
        self.assertEqual(
            judge.judge_through("x", drive_log(), self.EVENTS, self.LIMITS).failures, [])

    def test_each_demand(self):
        def broken(change):
            rows = drive_log()
            for one in rows[400:]:
                change(one)
            failures = judge.judge_through("x", rows, self.EVENTS, self.LIMITS).failures
            self.assertEqual(len(failures), 1, failures)
            return failures[0]

        self.assertIn("at its speed", broken(lambda one: one.update(speed=2.8)))
        self.assertIn("of the path", broken(lambda one: one.update(lateral=0.31)))
        self.assertIn("between frames", broken(lambda one: one["age"].update(brake=41)))
        self.assertIn("timed out", broken(lambda one: one["rejects"].update(timeouts=1)))

    def test_was_not_driving(self):
        limits = dict(self.LIMITS, speed=3.5)
        failures = judge.judge_through("x", drive_log(), self.EVENTS, limits).failures
        self.assertIn("driving at 3.5", failures[0])


class Drive(unittest.TestCase):
    events = {"waiting": 15.0, "released": 20.0}

    def failures(self, rows):
        return judge.judge_drive("x", rows, self.events, SITE).failures

    def test_good_log_passes(self):
        self.assertEqual(self.failures(drive_log()), [])

    def test_each_demand(self):
        def fast(rows):
            rows[500]["speed"] = 4.2

        def wide(rows):
            rows[500]["lateral"] = 0.4

        def beyond_line(rows):
            for one in rows:
                one["frontStation"] += 1.0

        def timed_out(rows):
            rows[-1]["rejects"]["timeouts"] = 1

        for breaks, text in ((fast, "cap"), (wide, "path"), (beyond_line, "hold line"),
                             (timed_out, "refused"), (lambda rows: rows.__delitem__(
                                 slice(2100, None)), "drives")):
            rows = drive_log()
            breaks(rows)
            self.assertIn(text, " ".join(self.failures(rows)))


class Loading(unittest.TestCase):
    def refuse(self, change, text):
        rows = stop_log()[:5]
        lines = change([json.dumps(one) for one in rows], rows)
        with self.assertRaises(judge.BadLog) as caught:
            judge.load(lines)
        self.assertIn(text, str(caught.exception))

    def test_bad_logs(self):
        def without(key):
            return lambda lines, rows: [json.dumps({k: v for k, v in rows[0].items() if k != key})]
        self.refuse(lambda lines, rows: [], "empty")
        self.refuse(lambda lines, rows: lines[:2] + [lines[2][:-9]], "line 3")
        self.refuse(lambda lines, rows: lines[:2] + lines[1:], "line 3")
        self.refuse(lambda lines, rows: [lines[0], json.dumps(row(5.0, 0, 0))], "line 2")
        self.refuse(without("speed"), "speed")
        self.refuse(without("independentTripped"), "independentTripped")
        self.refuse(without("rejects"), "rejects")
        self.refuse(without("age"), "age")
        self.refuse(lambda lines, rows: [lines[0].replace('"speed": 4.0', '"speed": NaN')], "speed")

    def test_good_log(self):
        self.assertEqual(len(judge.load(json.dumps(one) for one in stop_log())), 1000)

    def test_own_frames(self):
        """A frame to our address is the steering controller's; only a sender's address is its last byte."""
        lines = ["(1.0) vcan0 18FE6E0B#00", "(1.0) vcan0 0CAD2713#00", "(1.1) vcan1 0C002703#00"]
        self.assertEqual(judge.own_frames("\n".join(lines)), (3, 0))
        self.assertEqual(judge.own_frames("\n".join([*lines, "(1.2) vcan1 18FF1127#00"])), (4, 1))
        self.assertEqual(judge.own_frames(""), (0, 0))


CAPTURED = "\n".join("(1.0) vcan0 18FE6E0B#00" for _ in range(1000))
OURS = CAPTURED + "\n(1.1) vcan1 0C0B2A27#00"


class Text(str):
    """In place of a file."""

    def read_text(self):
        return self


class Apart(unittest.TestCase):
    """What is judged by more than the truck's log."""

    def breaks(self, judged, outcome, change, text, captured=CAPTURED):
        broken = copy.deepcopy(outcome)
        change(broken)
        failures = judged(broken, captured)
        self.assertEqual(len(failures), 1, failures)
        self.assertIn(text, failures[0])

    def test_exchanged(self):
        limits = {"buses": (("can0", "vcan0", "vcan1"),)}
        outcome = {"events": {"refused": 1.0, "armed": 2.0}, "seen": {"exchanged": {
            "status": 1, "text": "needs: bus can0 is expected on vcan0 and seen on vcan1"}}}
        still = [row(tick / 100, 5.0, 0.0) for tick in range(500)]

        def judged(outcome, captured, rows=still):
            return judge.judge_exchanged("x", rows, outcome, Text(captured), limits).failures
        self.assertEqual(judged(outcome, CAPTURED), [])
        seen = "exchanged"
        self.breaks(judged, outcome, lambda o: o["seen"][seen].update(status=0), "refused")
        self.breaks(judged, outcome, lambda o: o["seen"][seen].update(text="bus exchanged"), "seen on")
        self.breaks(judged, outcome, lambda o: o["events"].pop("armed"), "arms")
        self.breaks(judged, outcome, lambda o: None, "not a frame of ours", OURS)
        self.breaks(judged, outcome, lambda o: None, "are seen", CAPTURED[:900])
        self.assertIn("stays", judged(outcome, CAPTURED, drive_log())[0])

    def test_shadow(self):
        rows = [row(tick / 100, tick / 20, 5.0) for tick in range(3000)]
        rows += [row(30 + tick / 100, 150.0, 0.0) for tick in range(300)]
        outcome = {"events": {}, "seen": {
            "armed": {"status": 1, "text": "shadow: 0.008 h driven, 7.992 h missing"},
            "report": {"hours": 0.008, "distance_m": 150, "curvature": {"rms": 2.0, "p95": 5.0},
                       "deceleration": {"rms": 0.5, "p50": 0.05}, "stopsOfOursAlone": 0,
                       "stopsOfDriverAlone": 1, "vehicleKnown": True}}}

        def judged(outcome, captured):
            return judge.judge_shadow("x", rows, outcome, Text(captured), {}).failures
        self.assertEqual(judged(outcome, CAPTURED), [])
        self.breaks(judged, outcome, lambda o: None, "not a frame of ours", OURS)
        for key, value, text in (
                ("distance_m", 100, "metres"), ("stopsOfOursAlone", 1, "did not make"),
                ("stopsOfDriverAlone", 0, "driver's stop"), ("vehicleKnown", False, "number"),
                ("curvature", {"rms": 2.0, "p95": 20.0}, "steers"),
                ("deceleration", {"rms": 0.5, "p50": 0.3}, "brakes"),
                ("deceleration", {"rms": 0.9, "p50": 0.05}, "brakes")):
            self.breaks(judged, outcome, lambda o: o["seen"]["report"].update({key: value}), text)

        def fewer_hours(outcome):
            outcome["seen"]["report"]["hours"] = 0.004
            outcome["seen"]["armed"]["text"] = "0.004 h driven, 7.996 h missing"
        self.breaks(judged, outcome, fewer_hours, "seconds")
        self.breaks(judged, outcome, lambda o: o["seen"]["armed"].update(status=0), "refused")
        self.breaks(judged, outcome, lambda o: o["seen"]["armed"].update(text="no"), "missing")

    def test_identity(self):
        def answer(row):
            return {"status": 1, "text": f"not ready: {row} as commissioned (S-25): needs the parts"}
        number, parts = "vehicle identification number", "controllers and their software"
        outcome = {"events": {"armed": 9.0}, "seen": {"others": {
            number: answer(number), parts: answer(parts)}}}
        still = [row(tick / 100, 5.0, 0.0) for tick in range(500)]

        def judged(outcome, captured):
            return judge.judge_identity("x", still, outcome, None, {}).failures
        self.assertEqual(judged(outcome, ""), [])
        others = "others"
        self.breaks(judged, outcome, lambda o: o["seen"][others].pop(parts), "both")
        self.breaks(judged, outcome, lambda o: o["seen"][others][parts].update(status=0), "refused")
        self.breaks(judged, outcome, lambda o: o["seen"][others][parts].update(text="key on"), "named")
        two = answer(parts)["text"] + "; key on (S-23): needs the key"
        self.breaks(judged, outcome, lambda o: o["seen"][others][parts].update(text=two), "alone")
        self.breaks(judged, outcome, lambda o: o["events"].pop("armed"), "is armed")

    def test_link(self):
        def change(at, phase, controller, restarts):
            return {"at": at, "phase": phase, "controller": controller, "restarts": restarts}
        outcome = {"events": {"cause": 1.0, "standstill": 3.0}, "seen": {
            "kernel": {"linkinfo": {"info_data": {"state": "BUS-OFF"}}},
            "doctor": "FAIL can0: controller busOff", "link": [
                change(0.5, "up", "active", 0), change(1.2, "pausing", "busOff", 0),
                change(1.4, "waitingForStandstill", "busOff", 0), change(3.5, "pausing", "busOff", 1),
                change(4.0, "up", "active", 1)]}}

        def judged(outcome, captured):
            verdict = judge.Verdict("x")
            judge.judge_link(verdict, outcome)
            return verdict.failures
        self.assertEqual(judged(outcome, ""), [])
        self.breaks(judged, outcome, lambda o: o["seen"].update(kernel={}), "kernel's driver")
        self.breaks(judged, outcome, lambda o: o["seen"].update(doctor="ok"), "doctor")
        self.breaks(judged, outcome, lambda o: o["seen"]["link"].pop(), "back on the bus")
        self.breaks(judged, outcome, lambda o: o["seen"]["link"].pop(2), "waits for standstill")
        self.breaks(judged, outcome, lambda o: o["events"].update(standstill=3.6), "no restart in motion")
        self.breaks(judged, outcome, lambda o: o["seen"]["link"][3].update(restarts=0) or
                    o["seen"]["link"][4].update(restarts=0), "one at rest")


class Recording(unittest.TestCase):
    """A recorded drive passes only whole, without drops, and bit for bit."""

    STATUS = {"recording": {"drops": 0, "lost": 0, "state": "kept", "summary": "kept"}}
    REPORT = {"identical": True, "cycles": 2000}

    def failures(self, name="nominal", report=REPORT, error=None, files=1, **recording):
        verdict = judge.Verdict(name)
        status = {"recording": dict(self.STATUS["recording"], **recording)}
        recorded.check(verdict, name, status, [("drive-1", report, error)] * files)
        return verdict.failures

    def test_good_recording_passes(self):
        self.assertEqual(self.failures(), [])
        self.assertEqual(self.failures("disk-full", lost=50), [])

    def test_each_fault_is_seen(self):
        self.assertIn("drops are 1", self.failures(drops=1)[0])
        self.assertIn("3 cycles were not written", self.failures(lost=3)[0])
        self.assertIn("the recording is", self.failures(state="failed", summary="failed: x")[0])
        self.assertIn("a full disk", self.failures("disk-full")[0])
        self.assertIn("a recorded drive", self.failures(files=0)[0])
        self.assertIn("cycle 7", self.failures(report=None, error="cycle 7 at 0.1 s")[0])
        self.assertIn("bit for bit", self.failures(report=dict(self.REPORT, identical=False))[0])
        self.assertIn("1000 are due", self.failures(report=dict(self.REPORT, cycles=9))[0])


if __name__ == "__main__":
    unittest.main()
