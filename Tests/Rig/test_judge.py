"""The judge must fail what is bad: each test breaks one thing of a log that passes."""

import copy
import json
import unittest

import judge

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


if __name__ == "__main__":
    unittest.main()
