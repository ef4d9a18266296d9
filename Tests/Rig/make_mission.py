#!/usr/bin/env python3
"""Writes the rig's mission: 900 m with three bends, a slow zone and two hold lines.

usage: make_mission.py FOLDER      (the written files are part of the project)
"""

import json
import math
import pathlib
import sys

LATITUDE, LONGITUDE = 44.2, 80.4
STEP = 0.5
TRANSITION, RADIUS = 14.0, 30.0
START = 30.0  # rear axle; the trailer stands behind it
# (metres, curvature at the end): linear in between, so bends begin and end gently.
STRAIGHT_1, STRAIGHT_2, STRAIGHT_3 = 90.0, 170.0, 190.0
HOLD = ("gate", 560.0)
END = ("exit", 868.0)
SLOW = (250.0, 330.0, 10.0)  # m, m, km/h
LENGTH = 900.0


def bend(degrees):
    """Transition, arc, transition that together turn by so much."""
    turn = math.radians(abs(degrees))
    curvature = math.copysign(1 / RADIUS, degrees)
    return [(TRANSITION, curvature), (turn * RADIUS - TRANSITION, curvature), (TRANSITION, 0.0)]


def curvatures():
    pieces = [(STRAIGHT_1, 0.0), *bend(80), (STRAIGHT_2, 0.0), *bend(-90), (STRAIGHT_3, 0.0),
              *bend(70), (LENGTH, 0.0)]
    begin, before = 0.0, 0.0
    for length, after in pieces:
        yield begin, begin + length, before, after
        begin, before = begin + length, after


def curvature(station):
    for begin, end, before, after in curvatures():
        if begin <= station < end:
            return before + (after - before) * (station - begin) / (end - begin)
    return 0.0


def walk():
    """(station, east, north, heading) every half metre."""
    station = east = north = heading = 0.0
    while station <= LENGTH + 1e-9:
        yield station, east, north, heading
        for _ in range(20):
            middle = heading + curvature(station + STEP / 40) * STEP / 40
            east += math.cos(middle) * STEP / 20
            north += math.sin(middle) * STEP / 20
            heading += curvature(station + STEP / 40) * STEP / 20
            station += STEP / 20
        station = round(station, 6)


def position(east, north):
    """Degrees, on the ellipsoid's own radii at the origin."""
    a, e2 = 6378137.0, 6.69437999014e-3
    sine = math.sin(math.radians(LATITUDE))
    w = 1 - e2 * sine * sine
    meridian, normal = a * (1 - e2) / w ** 1.5, a / math.sqrt(w)
    return [round(LONGITUDE + math.degrees(east / (normal * math.cos(math.radians(LATITUDE)))), 9),
            round(LATITUDE + math.degrees(north / meridian), 9)]


def beside(pose, left):
    _, east, north, heading = pose
    return position(east - left * math.sin(heading), north + left * math.cos(heading))


def feature(kind, coordinates, properties):
    return {"type": "Feature", "properties": properties,
            "geometry": {"type": kind, "coordinates": coordinates}}


def zone(poses, name, begin, end, cap):
    inside = [pose for pose in poses if begin - 1e-6 <= pose[0] <= end + 1e-6][::8]
    inside.append(next(pose for pose in poses if abs(pose[0] - end) < 1e-6))
    ring = [beside(pose, -8) for pose in inside] + [beside(pose, 8) for pose in reversed(inside)]
    return feature("Polygon", [ring + ring[:1]],
                   {"kind": "zone", "name": name, "zone": "yard", "speed_cap": f"{cap:g} km/h",
                    "persons": "excluded"})


def line(poses, name, station):
    pose = next(pose for pose in poses if abs(pose[0] - station) < 1e-6)
    return feature("LineString", [beside(pose, 6), beside(pose, -6)],
                   {"kind": "hold_line", "name": name, "limit_beyond": "8 m"})


def collection(features):
    return json.dumps({"type": "FeatureCollection", "features": features}, indent=1) + "\n"


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    poses = list(walk())
    route = feature("LineString", [position(east, north) for _, east, north, _ in poses[::4]],
                    {"kind": "route", "name": "rig"})
    (folder / "route.geojson").write_text(collection([route]))
    (folder / "zones.geojson").write_text(collection([
        zone(poses, "arrival", 0.0, SLOW[0], 25), zone(poses, "slow", SLOW[0], SLOW[1], SLOW[2]),
        zone(poses, "yard", SLOW[1], LENGTH, 25),
        line(poses, *HOLD), line(poses, *END)]))
    (folder / "mission.yaml").write_text(f"""\
# The rig's mission, written by make_mission.py.
format: 1
name: {folder.name}
description: An invented yard, 900 m with three bends, a slow zone and two hold lines.
synthetic: true
crs: EPSG:4326
epoch: 2026.0
origin:
  latitude: {LATITUDE} deg
  longitude: {LONGITUDE} deg
  height: 700 m
route: route.geojson
zones: zones.geojson
start: {START:g} m
limits:
  cruise_speed: 25 km/h
  comfort_deceleration: 1.0 m/s2
  acceleration: 0.6 m/s2
  jerk: 1.0 m/s3
  lateral_acceleration: 1.0 m/s2
  authority_margin: 4 m
""")
    (folder / "site.json").write_text(json.dumps({
        "hold_line": {"name": HOLD[0], "station": HOLD[1]}, "end_station": END[1],
        "cause_station": STRAIGHT_1 + TRANSITION + 2,
        "judge": {"hold_line": HOLD[1], "zone": [SLOW[0], SLOW[1], round(SLOW[2] / 3.6, 3)],
                  "length": 800, "beyond": 280, "tractor": 0.3}}, indent=1) + "\n")


if __name__ == "__main__":
    main()
