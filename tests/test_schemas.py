"""Every schema we publish is itself valid, says what it is, and is closed where we write it."""

import json
from pathlib import Path

import jsonschema
import pytest

SCHEMAS = sorted((Path(__file__).resolve().parent.parent / "schemas").glob("*.schema.json"))


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda p: p.name)
def test_the_schema_is_a_schema(path):
    schema = json.loads(path.read_text())
    assert schema["$schema"].startswith("https://json-schema.org/draft/")
    assert schema.get("title") or schema.get("description")
    jsonschema.validators.validator_for(schema).check_schema(schema)
