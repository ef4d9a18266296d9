"""A page of plots: the simulated truck beside references, from the truck's own logs.

    python3 Tests/Plots/plant_page.py .build/release/tulpar out/plant.html

Closed forms are computed here; the lane change is held against the reference plant of
path_tracking where $TULPAR_SHARED (else ../shared) has it.
"""
import json
import math
import os
import subprocess
import sys
from pathlib import Path

G = 9.81
COLOURS = ["#1b6ca8", "#c1440e", "#3d8b37", "#7b4fa3", "#8a6d00"]


def drive(tool, name):
    text = subprocess.run([tool, "manoeuvre", name], check=True, capture_output=True, text=True)
    rows = [json.loads(line) for line in text.stdout.splitlines()]
    return {key: [row[key] for row in rows] for key in rows[0] if key not in ("age", "rejects")}


def ticks(low, high):
    step = 10 ** math.floor(math.log10(max(high - low, 1e-9)))
    step = next(s for s in (step / 5, step / 2, step, 2 * step) if (high - low) / s <= 6)
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


def panel(title, x_name, y_name, series, note):
    """One chart; a series is (name, xs, ys, is_reference)."""
    width, height, left, top, right, bottom = 560, 330, 58, 34, 12, 44
    xs = [x for _, points, _, _ in series for x in points]
    ys = [y for _, _, points, _ in series for y in points]
    x0, x1, y0, y1 = min(xs), max(xs), min(ys), max(ys)
    pad = 0.05 * (y1 - y0 or 1)
    y0, y1 = y0 - pad, y1 + pad

    def place(x, y):
        return (left + (x - x0) / (x1 - x0) * (width - left - right),
                height - bottom - (y - y0) / (y1 - y0) * (height - top - bottom))

    out = [f'<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">',
           f'<title>{title}</title><text x="{left}" y="18" class="t">{title}</text>']
    for x in ticks(x0, x1):
        px, _ = place(x, y0)
        out.append(f'<path d="M{px:.1f} {top}V{height - bottom}" class="g"/>'
                   f'<text x="{px:.1f}" y="{height - bottom + 15}" text-anchor="middle">{x:g}</text>')
    for y in ticks(y0, y1):
        _, py = place(x0, y)
        out.append(f'<path d="M{left} {py:.1f}H{width - right}" class="g"/>'
                   f'<text x="{left - 5}" y="{py + 4:.1f}" text-anchor="end">{y:g}</text>')
    out.append(f'<text x="{width - right}" y="{height - 8}" text-anchor="end">{x_name}</text>'
               f'<text x="{left}" y="{top - 4}">{y_name}</text>')
    for index, (name, px, py, is_reference) in enumerate(series):
        points = [place(x, y) for x, y in zip(px, py)][::1 if len(px) < 900 else 2]
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        colour = "#222" if is_reference else COLOURS[index % len(COLOURS)]
        dash = ' stroke-dasharray="5 4"' if is_reference else ""
        out.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.6"{dash}/>')
        if not name:
            continue
        x, y = left + 250, top + 14 + 15 * index
        out.append(f'<path d="M{x - 26} {y - 4}h20" stroke="{colour}" stroke-width="2"{dash}/>'
                   f'<text x="{x}" y="{y}">{name}</text>')
    return "\n".join(out) + f"</svg><p>{note}</p>"


def stop(speed, demand, limit, seconds, delay=0.15, lag=0.35):
    """A point mass whose brake builds up after a dead time and that friction limits."""
    t, v, x, brake, h = 0.0, speed, 0.0, 0.0, 0.001
    xs, vs = [0.0], [speed]
    while v > 0 and t < seconds:
        brake += h * ((demand if t >= delay else 0) - brake) / lag
        v = max(v - h * min(brake + 0.006 * G, limit), 0)
        x += h * v
        t += h
        xs.append(x)
        vs.append(v)
    return xs[::20] + [xs[-1]], vs[::20] + [vs[-1]]


def braking(tool):
    series = []
    for name, text in (("brake-dry", "dry"), ("brake-wet", "wet"), ("brake-ice", "ice, anti-lock"),
                       ("brake-ice-locked", "ice, locked")):
        log = drive(tool, name)
        series.append((text, log["x"], log["speed"], False))
    for name, limit in (("point mass, at most 0.75 mu g", 1e9), ("", 0.75 * 0.5 * G),
                        ("", 0.75 * 0.1 * G)):
        xs, vs = stop(15, 6, limit, 20)
        series.append((name, xs, vs, True))
    return panel("Braking from 15 m/s, 6 m/s2 demanded", "distance, m", "speed, m/s", series,
                 "Dashed: a point mass with dead time and build-up, limited by the friction of "
                 "sliding wheels. Anti-lock control works near the peak and ends at 7 km/h.")


def wheels(tool):
    log = drive(tool, "brake-ice")
    return panel("Anti-lock control on ice", "time, s", "speed, m/s",
                 [("over ground", log["t"], log["speed"], True),
                  ("drive wheels", log["t"], log["rimDrive"], False),
                  ("trailer wheels", log["t"], log["rimTrailer"], False)],
                 "Speeds of the treads against the truck's; below 7 km/h the wheels may lock.")


def wheel_lock(tool):
    series = []
    for name, text in (("brake-wet", "anti-lock"), ("brake-wet-tractor-locked", "tractor's failed"),
                       ("brake-wet-locked", "both failed")):
        log = drive(tool, name)
        series.append((f"drive wheels, {text}", log["t"], log["rimDrive"], False))
        if name == "brake-wet-tractor-locked":
            series.append(("trailer wheels then", log["t"], log["rimTrailer"], False))
    ts = [t / 10 for t in range(60)]
    series.append(("truck at 0.75 of mu g", ts,
                   [max(15 - max(t - 0.15, 0) * 0.75 * 0.5 * G, 0) for t in ts], True))
    return panel("Wheel lock on a wet road, by unit", "time, s", "speed, m/s", series,
                 "UN R13 demands 0.75 of the adhesion with anti-lock control.")


def friction_circle(tool):
    log = drive(tool, "braked-bend")
    along = [(a - v * r) / (0.5 * G) for a, v, r, u in
             zip(log["accel"], log["vLateral"], log["yawRate"], log["speed"]) if u > 2]
    across = [a / (0.5 * G) for a, u in zip(log["aLateral"], log["speed"]) if u > 2]
    turn = [math.radians(d) for d in range(0, 361, 5)]
    return panel("Friction circle: a wet bend, braked harder and harder", "across, mu g",
                 "along, mu g", [("drive axle's centre", across, along, False),
                                 ("mu g", [math.sin(a) for a in turn],
                                  [math.cos(a) for a in turn], True)],
                 "What braking takes, the bend loses. Above 7 km/h.")


def trailer_swing(tool):
    log = drive(tool, "trailer-swing")
    angle = [math.degrees(a - b) for a, b in zip(log["heading"], log["trailerHeading"])]
    return panel("Trailer slide: only the trailer's wheels lock on ice", "time, s", "",
                 [("articulation, degrees", log["t"], angle, False),
                  ("trailer wheels, m/s", log["t"], log["rimTrailer"], False),
                  ("speed, m/s", log["t"], log["speed"], False)],
                 "The tractor goes on as it is steered.")


def fade(tool):
    hot = drive(tool, "brake-faded")
    share = [-(b - a) / 0.01 / 3 for a, b in zip(hot["speed"], hot["speed"][1:])]
    keep = [k for k, (t, v) in enumerate(zip(hot["t"], hot["speed"][1:])) if t > 1.5 and v > 0.5]
    temperatures = [hot["brakeTemperature"][k] for k in keep]
    expected = [1 - (t - 300) / 600 + 0.006 * G / 3 for t in temperatures]
    return panel("Brake fade: 3 m/s2 demanded at 450 degrees", "hottest brakes, degrees Celsius",
                 "share of the demand", [("truck", temperatures, [share[k] for k in keep], False),
                                         ("1 - (T - 300) / 600, and rolling", temperatures,
                                          expected, True)],
                 "The trailer's brakes are the hottest: the truck keeps a little more.")


def wind_and_bank(tool):
    log = drive(tool, "wind-and-bank")
    force = 0.6125 * 1.1 * 25 ** 2 * 13.0 * 2.8
    lean = -force * 2 / (28_000 * G)
    tilt = lean + 2 * 2 / 2 * 0.04 * -1
    ts = log["t"]
    return panel("Side wind from 1 s, and a bank from 4 s", "time, s", "load transfer ratio",
                 [("trailer", ts, log["transferTrailer"], False),
                  ("quasi-static", ts, [0 if t < 1 else lean if t < 4 else tilt for t in ts], True)],
                 "25 m/s from the right on a trailer of 13 by 2.8 m; then 4 % down to the left. "
                 "Nobody steers against either.")


def lane_change(tool):
    log = drive(tool, "lane-change")
    series = [("tractor, 36 t on tyres", log["t"], [1000 * v for v in log["yawRate"]], False)]
    shared = Path(os.environ.get("TULPAR_SHARED", Path(__file__).parents[3] / "shared"))
    if (shared / "peers/path_tracking/plant.py").exists():
        sys.path.insert(0, str(shared / "peers/path_tracking"))
        import plant
        truck = plant.Plant(plant.Params(drag=0.0), 0, 0, 0, 50 / 3.6)
        ts, rates = [], []
        for k in range(800):
            t = k / 100
            ts.append(t)
            rates.append(1000 * truck.r)
            truck.step(0 if t < 1 else 0.02 if t < 2.5 else -0.02 if t < 4 else 0, 0)
        series.append(("reference plant (path_tracking)", ts, rates, True))
    return panel("Lane change at 50 km/h", "time, s", "yaw rate, mrad/s", series,
                 "The reference lags by one time constant where bodies have inertia and tyres.")


def jack_knife(tool):
    folded, kept = drive(tool, "jack-knife"), drive(tool, "jack-knife-prevented")

    def angle(log):
        return [math.degrees(a - b) for a, b in zip(log["heading"], log["trailerHeading"])]
    series = [("retarder, no anti-lock", folded["t"], angle(folded), False),
              ("anti-lock cuts the retarder", kept["t"], angle(kept), False)]
    grown = angle(folded)
    k = next(i for i, a in enumerate(grown) if abs(a) > 3)
    try:
        rate = growth(folded["speed"][k])
        ts = [t for t in folded["t"] if folded["t"][k] - 1 <= t <= folded["t"][k] + 0.8]
        series.append((f"linear theory, {rate:.2f}/s", ts,
                       [grown[k] * math.exp(rate * (t - folded["t"][k])) for t in ts], True))
    except ImportError:
        pass
    return panel("Jack-knife on ice: the retarder locks the drive axle", "time, s",
                 "articulation, degrees", series,
                 "The same nudge of the wheel. Theory: tractor with sliding rear wheels and a "
                 "pushing trailer, linearised; 90 degrees is where the cab meets the trailer.")


def growth(speed):
    import numpy as np
    length, hook, l2, m1, m2 = 3.6, 0.6, 8.1, 8000.0, 28000.0
    b, c = 0.65 * length, 0.66 * l2
    a, d, e = length - b, b - hook, l2 - c
    zt = m2 * G * 0.66
    on = m2 * G - zt
    zf = (m1 * G * b + on * hook) / length
    zr = m1 * G + on - zf
    slide = 0.075 * zr
    push = m2 * slide / (m1 + m2)
    matrix = np.array([[m1, 0, 0, -1], [0, m1 * a * b, 0, d], [m2, -m2 * d, -m2 * c, 1],
                       [0, 0, m2 * (13.0 ** 2 + 2.55 ** 2) / 12, c]])
    jacobian = np.zeros((4, 4))
    for i in range(4):
        v, r, q, phi = np.eye(4)[i]
        yf = -zf / (G * 0.016) * (v + a * r) / speed
        yr = -slide * (v - b * r) / speed
        yt = -zt / (G * 0.012) * (v - d * r + speed * phi - l2 * q) / speed
        right = [yf + yr - push * phi - m1 * speed * r, a * yf - b * yr + d * push * phi,
                 yt - m2 * speed * r, -e * yt]
        jacobian[:3, i] = np.linalg.solve(matrix, right)[:3]
    jacobian[3] = [0, 1, -1, 0]
    return max(np.linalg.eigvals(jacobian).real)


def roll_over(tool):
    log = drive(tool, "roll-over")
    # The trailer's own: its axle follows the tractor's yaw with a delay.
    rates = [(b - a) / 0.01 for a, b in zip(log["trailerHeading"], log["trailerHeading"][1:])]
    across = [rate * speed for rate, speed in zip(rates, log["speed"])]
    return panel("Roll-over onset: wheel turned until the trailer lifts", "a of the trailer, m/s2",
                 "load transfer ratio",
                 [("trailer", across, log["transferTrailer"][:-1], False),
                  ("2 h a / (g t)", [0, 6], [0, 6 * 4 / (G * 2)], True),
                  ("one side lifts: a = g t / 2h", [G / 2, G / 2], [0, 1], True)],
                 "Quasi-static with a lag of 0.15 s; at 1 the inner wheels carry nothing.")


def roll_back(tool):
    log = drive(tool, "roll-back")
    ts = [t for t in log["t"] if 2.4 <= t <= 6.1]
    pull = G * (0.08 - 0.006) * 44_000 / 44_720
    return panel("44 t on 8 %: springs released at 2 s, braked at 6 s", "time, s", "speed, m/s",
                 [("truck", log["t"], log["speed"], False),
                  ("g (sin - rolling), turning wheels along", ts,
                   [-pull * (t - 2.44) if t > 2.44 else 0 for t in ts], True)],
                 "At rest brakes and friction hold exactly; nothing creeps.")


def spring_brakes(tool):
    log = drive(tool, "spring-brakes")
    slow = (140_000 + 0.006 * G * 36_000) / 36_720
    ts = [t for t in log["t"] if t >= 1.15]
    start = log["speed"][100]
    return panel("Spring brakes alone, set at 1 s", "time, s", "speed, m/s",
                 [("truck", log["t"], log["speed"], False),
                  ("140 kN and rolling resistance", ts,
                   [max(start - slow * (t - 1.15), 0) for t in ts], True)],
                 "Chambers vent in 0.3 s.")


def main():
    tool, target = sys.argv[1], Path(sys.argv[2])
    charts = [make(tool) for make in (braking, wheels, wheel_lock, friction_circle, lane_change,
                                      jack_knife, trailer_swing, roll_over, wind_and_bank, roll_back,
                                      spring_brakes, fade)]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(
        "<!doctype html><html lang=en><meta charset=utf-8><title>The simulated truck</title><style>"
        "body{font:14px sans-serif;margin:2em;max-width:1200px}main{display:grid;gap:1.5em;"
        "grid-template-columns:repeat(auto-fit,minmax(480px,1fr))}svg{width:100%;font-size:11px}"
        ".g{stroke:#ddd}.t{font-size:14px;font-weight:bold}p{margin:.2em 0;color:#444}</style>"
        "<h1>The simulated truck beside references</h1><p>Dashed lines were computed by something "
        "else: closed forms, or a plant that others wrote.</p><main>"
        + "".join(f"<section>{chart}</section>" for chart in charts) + "</main></html>\n")
    print(target)


if __name__ == "__main__":
    main()
