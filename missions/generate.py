#!/usr/bin/env python3
"""Writes the maps of the two synthetic missions.

The sites are invented: no survey stands behind them and nobody may drive there by them. The
GeoJSON files are what the stack reads; this script only says how they were made.
Needs nothing but Python: python3 missions/generate.py
"""
import json
import math
import os

LATITUDE, LONGITUDE, HEIGHT = 46.6833, 82.79, 450.0
A, F = 6378137.0, 1 / 298.257223563
E2 = F * (2 - F)


def geodetic(east, north):
    """Longitude and latitude of a point of the site's tangent plane, on the origin's height."""
    la, lo = math.radians(LATITUDE), math.radians(LONGITUDE)
    def earth(la, lo, h):
        n = A / math.sqrt(1 - E2 * math.sin(la) ** 2)
        return ((n + h) * math.cos(la) * math.cos(lo), (n + h) * math.cos(la) * math.sin(lo),
                (n * (1 - E2) + h) * math.sin(la))
    x0, y0, z0 = earth(la, lo, HEIGHT)
    latitude, longitude = la, lo
    for _ in range(20):  # Newton on the plane coordinates of a point at the origin's height
        x, y, z = earth(latitude, longitude, HEIGHT)
        dx, dy, dz = x - x0, y - y0, z - z0
        e = -math.sin(lo) * dx + math.cos(lo) * dy
        outward = math.cos(lo) * dx + math.sin(lo) * dy
        n = -math.sin(la) * outward + math.cos(la) * dz
        longitude += (east - e) / (A * math.cos(la))
        latitude += (north - n) / A
    return [round(math.degrees(longitude), 9), round(math.degrees(latitude), 9)]


def drive(elements, start, step=1.0):
    """Points (station, x, y, heading) of straights and of bends with clothoid ends."""
    kappa = [(0.0, 0.0)]
    for kind, *values in elements:
        s = kappa[-1][0]
        if kind == 'straight':
            kappa.append((s + values[0], 0.0))
        else:  # bend: degrees (left positive), radius, clothoid length
            degrees, radius, transition = values
            k = math.copysign(1 / radius, degrees)
            arc = math.radians(abs(degrees)) * radius - transition
            assert arc > 0, values
            kappa += [(s + transition, k), (s + transition + arc, k), (s + 2 * transition + arc, 0.0)]
    length = kappa[-1][0]
    def curvature(s):
        for (s0, k0), (s1, k1) in zip(kappa, kappa[1:]):
            if s <= s1:
                return k0 if s1 == s0 else k0 + (k1 - k0) * (s - s0) / (s1 - s0)
        return 0.0
    fine, x, y, heading = 0.01, *start
    points, s, index = [(0.0, x, y, heading)], 0.0, 1
    while s < length - 1e-9:
        ds = min(fine, length - s)
        k = curvature(s + ds / 2)
        x += ds * math.cos(heading + k * ds / 2)
        y += ds * math.sin(heading + k * ds / 2)
        heading += k * ds
        s += ds
        if s >= index * step - 1e-9 or s >= length - 1e-9:
            points.append((s, x, y, heading))
            index += 1
    return points


def at(points, s):
    low = max(0, min(len(points) - 2, int(s)))
    (s0, x0, y0, h0), (s1, x1, y1, h1) = points[low], points[low + 1]
    t = (s - s0) / (s1 - s0)
    return x0 + t * (x1 - x0), y0 + t * (y1 - y0), h0 + t * (h1 - h0)


def side(points, s, left):
    x, y, h = at(points, s)
    return geodetic(x - left * math.sin(h), y + left * math.cos(h))


def zone(points, name, kind, start, end, cap, width=9.0, **more):
    stations = [start]
    while stations[-1] < end - 1e-6:
        stations.append(min(end, 5 * math.floor(stations[-1] / 5) + 5))
    right = [side(points, s, -width) for s in stations]
    left = [side(points, s, width) for s in reversed(stations)]
    ring = right + left + right[:1]
    return {'type': 'Feature', 'properties': {'kind': 'zone', 'name': name, 'zone': kind,
            'speed_cap': cap, 'persons': 'excluded', **more},
            'geometry': {'type': 'Polygon', 'coordinates': [ring]}}


def corridor(points, name, width):
    """The drivable ground: as wide as a steering runaway at 25 km/h needs (S-18)."""
    ground = zone(points, name, '', 0, points[-1][0], '', width)
    ground['properties'] = {'kind': 'corridor', 'name': name}
    return ground


def line(points, name, station, beyond, **more):
    return {'type': 'Feature', 'properties': {'kind': 'hold_line', 'name': name,
            'limit_beyond': beyond, **more},
            'geometry': {'type': 'LineString',
                         'coordinates': [side(points, station, -6), side(points, station, 6)]}}


def write(path, name, features):
    """One position a line, so that a message can name the line."""
    def geometry(g):
        def row(p):
            return '          ' + json.dumps(p)
        if g['type'] == 'LineString':
            return '[\n' + ',\n'.join(row(p) for p in g['coordinates']) + '\n        ]'
        return '[[\n' + ',\n'.join(row(p) for p in g['coordinates'][0]) + '\n        ]]'
    parts = []
    for f in features:
        parts.append('    {\n      "type": "Feature",\n      "properties": '
                     + json.dumps(f['properties']) + ',\n      "geometry": {\n        "type": "'
                     + f['geometry']['type'] + '",\n        "coordinates": '
                     + geometry(f['geometry']) + '\n      }\n    }')
    with open(path, 'w') as file:
        file.write('{\n  "type": "FeatureCollection",\n  "name": ' + json.dumps(name)
                   + ',\n  "features": [\n' + ',\n'.join(parts) + '\n  ]\n}\n')


def route(points, name):
    return [{'type': 'Feature', 'properties': {'kind': 'route', 'name': name, 'note': 'synthetic'},
             'geometry': {'type': 'LineString',
                          'coordinates': [geodetic(x, y) for _, x, y, _ in points]}}]


def crossing(folder):
    points = drive([
        ('straight', 150),            # yard
        ('bend', 60, 30, 15), ('straight', 90),
        ('bend', -60, 40, 20), ('straight', 260),     # approach
        ('bend', -35, 80, 30), ('straight', 180),     # A's gate
        ('bend', 35, 80, 30), ('straight', 150),      # hold before leaving A
        ('bend', 20, 150, 30), ('straight', 120),     # neutral strip
        ('bend', -20, 150, 30), ('straight', 180),    # the line, B's half
        ('straight', 170),                            # B's gate
        ('bend', -90, 30, 18), ('straight', 90),      # hold before entering B
        ('bend', 90, 25, 15), ('straight', 220),      # corridor
        ('bend', 45, 60, 25), ('straight', 250),
    ], (-20.0, 0.0, 0.0))
    length = points[-1][0]
    gate_a, exit_a, gate_b, entry_b = 735.0, 1085.0, 1640.0, 1860.0
    final = length - 60
    # Dead reckoning does not reach over the strip (S-13): the invented site has markers on it.
    markers = {'marker_spacing': '25 m'}
    features = [
        zone(points, 'YARD', 'yard', 0, 130, '10 km/h'),
        zone(points, 'APPROACH', 'approach', 130, 660, '25 km/h'),
        zone(points, 'A_GATE', 'gate', 660, 850, '15 km/h'),
        zone(points, 'A_EXIT_HOLD', 'exit_hold', 850, 1120, '15 km/h'),
        zone(points, 'NEUTRAL_A', 'neutral', 1120, 1320, '20 km/h', no_stop=True, **markers),
        zone(points, 'NEUTRAL_B', 'neutral', 1320, 1560, '20 km/h', no_stop=True, **markers),
        zone(points, 'B_GATE', 'gate', 1560, 1700, '15 km/h'),
        zone(points, 'B_ENTRY_HOLD', 'entry_hold', 1700, 1900, '15 km/h'),
        zone(points, 'CORRIDOR_B', 'corridor', 1900, length, '25 km/h'),
        corridor(points, 'GROUND', 16),
        line(points, 'A-GATE', gate_a, '5 m'),
        line(points, 'A-EXIT', exit_a, '30 m', note='the fork to the return loop lies between'),
        line(points, 'B-GATE', gate_b, '5 m'),
        line(points, 'B-ENTRY', entry_b, '30 m'),
        line(points, 'DESTINATION', final, '5 m'),
    ]
    write(folder + '/route.geojson', 'demo-crossing route (synthetic)',
          route(points, 'demo-crossing'))
    write(folder + '/zones.geojson', 'demo-crossing zones (synthetic)', features)
    return length


def course(folder):
    points = drive([
        ('straight', 130), ('bend', 90, 30, 15), ('straight', 110),
        ('bend', -90, 40, 20), ('straight', 200), ('bend', -60, 35, 15), ('straight', 300),
    ], (-20.0, 0.0, 0.0))
    points = [p for p in points if p[0] <= 860.0 + 1e-6]
    length = points[-1][0]
    features = [
        zone(points, 'START', 'yard', 0, 300, '25 km/h'),
        zone(points, 'SLOW', 'gate', 300, 420, '10 km/h'),
        zone(points, 'RUN', 'corridor', 420, length, '25 km/h'),
        corridor(points, 'GROUND', 16),
        line(points, 'MIDWAY', 520.0, '5 m'),
        line(points, 'END', 830.0, '5 m'),
    ]
    write(folder + '/route.geojson', 'rig-course route (synthetic)', route(points, 'rig-course'))
    write(folder + '/zones.geojson', 'rig-course zones (synthetic)', features)
    return length


if __name__ == '__main__':
    here = os.path.dirname(os.path.abspath(__file__))
    print('demo-crossing', crossing(here + '/demo-crossing'))
    print('rig-course', course(here + '/rig-course'))
