"""Corners of a tractor-semitrailer along a path of linear curvature pieces, by scipy and shapely.

argv: JSON with pieces [[length, from, to]], pin, axle, outlines and half width. Prints JSON: the trailer's heading
minus the path's at asked stations, and the most that a rectangle leaves a polygon by (shapely).
"""
import json
import sys

import numpy as np
from scipy.integrate import solve_ivp
from shapely import prepare
from shapely.geometry import LineString, Point, Polygon

task = json.loads(sys.argv[1])
pieces = task["pieces"]
pin, length = task["pin"], task["axle"]


def curvature(s):
    for span, a, b in pieces:
        if s <= span:
            return a + (b - a) * s / span
        s -= span
    return pieces[-1][2]


def slope(s, y):
    # Place, heading and trailer heading over the path coordinate.
    k = curvature(s)
    pin_speed = np.array([np.cos(y[2]) - pin * k * np.sin(y[2]), np.sin(y[2]) + pin * k * np.cos(y[2])])
    turn = (np.cos(y[3]) * pin_speed[1] - np.sin(y[3]) * pin_speed[0]) / length
    return [np.cos(y[2]), np.sin(y[2]), k, turn]


total = sum(p[0] for p in pieces)
solution = solve_ivp(slope, (0, total), [0, 0, 0, 0], rtol=1e-10, atol=1e-12, max_step=0.25, dense_output=True)
answer = {"articulation": [float(solution.sol(s)[2] - solution.sol(s)[3]) for s in task["stations"]]}

if "corridor" in task:
    # The corridor is a band of the given half width; how far each corner gets out of it.
    stations = np.arange(0, total + 1e-9, 0.25)
    line = LineString([tuple(solution.sol(s)[:2]) for s in stations])
    band = line.buffer(task["corridor"], cap_style="flat", quad_segs=16)
    prepare(band)
    worst = {"tractor": [0, 0], "trailer": [0, 0]}
    for s in np.arange(task["begin"], task["end"], 0.25):
        x, y, heading, trailer = solution.sol(s)
        for part, at, angle in [("tractor", 0, heading), ("trailer", pin, trailer)]:
            front, rear, half = task[part]
            cx, cy = x + at * np.cos(heading), y + at * np.sin(heading)
            body = Polygon([(cx + a * np.cos(angle) - b * np.sin(angle), cy + a * np.sin(angle) + b * np.cos(angle))
                            for a, b in [(front, half), (-rear, half), (-rear, -half), (front, -half)]])
            if band.covers(body):
                continue
            # The farthest point may be in the middle of a side.
            outside = body.segmentize(0.25).difference(band)
            if outside.is_empty:
                continue
            points = [Point(p) for g in getattr(outside, "geoms", [outside]) for p in g.exterior.coords]
            far = max(points, key=lambda p: p.distance(band))
            if far.distance(band) > worst[part][0]:
                worst[part] = [float(far.distance(band)), float(line.project(far))]
    answer["worst"] = worst
print(json.dumps(answer))
