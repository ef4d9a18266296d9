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
]


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


for schema_path, pattern in kinds:
    schema = json.loads((project / schema_path).read_text())
    validator_class = jsonschema.validators.validator_for(schema)
    validator_class.check_schema(schema)
    validator = validator_class(schema)
    required = set(schema.get("required", []))
    paths = sorted(project.glob(pattern))
    assert paths, pattern
    for path in paths:
        document = yaml.safe_load(path.read_text())
        errors = [f"{list(e.path)}: {e.message[:200]}" for e in validator.iter_errors(document)]
        assert not errors, f"{path}: {errors}"
        print("accepted", path.relative_to(project))
        for name, bad in broken(document):
            if name.startswith("without ") and name[8:] not in required:
                continue
            assert not validator.is_valid(bad), f"{path}: {name} is accepted"
            print("refused", path.relative_to(project), name)
