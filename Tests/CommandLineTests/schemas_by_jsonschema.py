"""Holds the files that users write against their schemas with the reference package (pip: jsonschema).

usage: schemas_by_jsonschema.py PROJECT

Prints one line for each file that is accepted, and for each broken copy that is refused.
"""

import copy
import json
import pathlib
import sys

import jsonschema
import yaml

project = pathlib.Path(sys.argv[1])
kinds = [
    ("hw-profiles/profile.schema.json", "hw-profiles/*/profile.yaml"),
    ("missions/mission.schema.json", "missions/*/mission.yaml"),
    ("missions/trailer.schema.json", "missions/*/trailer.yaml"),
    ("missions/route.schema.json", "missions/*/route.geojson"),
    ("missions/zones.schema.json", "missions/*/zones.geojson"),
    ("missions/scenario.schema.json", "missions/scenarios/*.yaml"),
    ("systemd/tulpar.conf.schema.json", "systemd/tulpar.conf"),
]


def read(path):
    """YAML, of which JSON is a part, or lines KEY=VALUE."""
    text = path.read_text()
    if path.suffix == ".geojson":
        return json.loads(text)
    if path.suffix != ".conf":
        return yaml.safe_load(text)
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def broken_maps(document):
    """Copies of a map, each with one fault in its first feature."""
    def change(name, action):
        other = copy.deepcopy(document)
        action(other["features"][0])
        return name, other

    yield change("unknown property", lambda f: f["properties"].update(a_key_that_nobody_reads=1))
    yield change("unknown kind", lambda f: f["properties"].update(kind="lake"))
    yield change("number as name", lambda f: f["properties"].update(name=1e99))
    yield change("unknown member", lambda f: f.update(colour="red"))
    yield change("without geometry", lambda f: f.pop("geometry"))
    yield change("other geometry", lambda f: f["geometry"].update(type="Point"))
    yield change("unknown in geometry", lambda f: f["geometry"].update(colour="red"))
    yield change("no positions", lambda f: f["geometry"].update(coordinates=[]))
    yield change("a position beyond", lambda f: first_line(f).insert(0, [182.7, 46.6]))
    yield change("a position of one", lambda f: first_line(f).insert(0, [82.7]))
    yield change("a position in words", lambda f: first_line(f).insert(0, ["82.7", "46.6"]))


def maps_within(value, place=""):
    """Every map of a document and where it stands."""
    if isinstance(value, dict):
        yield place, value
        for key, member in value.items():
            yield from maps_within(member, f"{place}.{key}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from maps_within(member, f"{place}[{index}]")


def first_line(feature):
    coordinates = feature["geometry"]["coordinates"]
    return coordinates[0] if feature["geometry"]["type"] == "Polygon" else coordinates


def broken(document):
    """Copies that nobody should accept, each with one fault."""
    unknown = copy.deepcopy(document)
    unknown["a_key_that_nobody_reads"] = 1
    yield "unknown key", unknown
    for key in document:
        missing = copy.deepcopy(document)
        del missing[key]
        yield f"without {key}", missing
    for key in document:
        other = copy.deepcopy(document)
        other[key] = 1e99
        yield f"number as {key}", other
    if "features" in document:
        yield from broken_maps(document)


for schema_path, pattern in kinds:
    schema = json.loads((project / schema_path).read_text())
    validator_class = jsonschema.validators.validator_for(schema)
    validator_class.check_schema(schema)
    validator = validator_class(schema)
    required = set(schema.get("required", []))
    paths = sorted(project.glob(pattern))
    assert paths, pattern
    for path in paths:
        document = read(path)
        errors = [f"{list(e.path)}: {e.message[:200]}" for e in validator.iter_errors(document)]
        assert not errors, f"{path}: {errors}"
        print("accepted", path.relative_to(project))
        for name, bad in broken(document):
            if name.startswith("without ") and name[8:] not in required:
                continue
            assert not validator.is_valid(bad), f"{path}: {name} is accepted"
            print("refused", path.relative_to(project), name)
        # Where names are the user's own, the value is what none of them has.
        for place, inner in list(maps_within(document)):
            inner["a_key_that_nobody_reads"] = [[{}]]
            assert not validator.is_valid(document), f"{path}: unknown key at {place} is accepted"
            del inner["a_key_that_nobody_reads"]
