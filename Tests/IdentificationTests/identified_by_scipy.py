"""Fits the models of target Identification with scipy: one JSON object with the series and a kind."""
import json
import sys

import numpy as np
from scipy.optimize import least_squares


def steering(series):
    """Forward Euler at 1 ms, nothing of the Swift code's closed forms."""
    time, commanded, measured = (np.array(series[k]) for k in ("time", "commanded", "measured"))
    step = 0.001
    fine = np.arange(time[0], time[-1] + step, step)

    def answer(p):
        delay, lag, rate = p[0], p[1], p[3] if len(p) > 3 else np.inf
        index = np.searchsorted(time, fine - delay + 1e-9, side="right") - 1
        command = np.where(index >= 0, commanded[np.maximum(index, 0)], measured[0])
        x = np.empty_like(fine)
        value = measured[0] - p[2]
        for i, wanted in enumerate(command):
            x[i] = value
            value += step * min(max((wanted - value) / lag, -rate), rate)
        return np.interp(time, fine, x)

    keep = time - time[0] > 1
    start = series["start"]
    fit = least_squares(
        lambda p: (measured - answer(p) - p[2])[keep], start, x_scale=np.abs(start) + 1e-3,
        diff_step=1e-2)
    return fit.x


def ground_speed(series):
    time, speed, fixes, fixed = (np.array(series[k]) for k in ("time", "speed", "fixes", "fixed"))
    keep = (fixes > time[0] + 1) & (fixes < time[-1] - 1)

    def residual(p):
        return fixed[keep] - np.interp(fixes[keep] - p[1], time, speed) / p[0]

    return least_squares(residual, [1.0, 0.1], diff_step=1e-3).x


print(json.dumps(list({"steering": steering, "ground_speed": ground_speed}[sys.argv[1]](
    json.load(open(sys.argv[2]))))))
