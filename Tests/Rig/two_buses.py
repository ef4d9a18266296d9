"""A profile whose controllers hang on two buses, made of one whose all hang on one.

Body, load and the protection of persons move to a second bus, as makers wire them; steering, brakes
and engine stay.
"""

import pathlib
import re
import shutil

MOVED = {
    "j1939-tractor-semitrailer": {"weight", "body", "protection", "emergency_braking"},
    "yard-tractor-dbw": {"chassis", "load"},
}


def derive(source, target):
    """Writes the two-bus profile of the one in folder `source` to folder `target`."""
    source, target = pathlib.Path(source), pathlib.Path(target)
    shutil.copytree(source, target)
    moved, section, message, rate, lines = MOVED[source.name], "", "", "", []
    seen = set()
    for line in (source / "profile.yaml").read_text().splitlines():
        if head := re.match(r"([a-z_]+):", line):
            section = head[1]
        if head := re.match(r"  ([a-z_]+):$", line):
            message = head[1]
        if section == "buses" and (value := re.match(r"    bit_rate: (.*)", line)):
            rate = value[1]
        if section in ("receive", "transmit") and message in moved and line.startswith("    bus: "):
            line = "    bus: second"
            seen.add(message)
        if not line and section == "buses":
            lines += ["  second:", "    interface: can1", f"    bit_rate: {rate}"]
        lines.append(line)
    if seen != moved or not rate:
        raise ValueError(f"{source}: {moved - seen} are not there, or no bit_rate")
    (target / "profile.yaml").write_text("\n".join(lines) + "\n")
