"""Every report is made again from a stored run, byte for byte. `python` on this file: the schemas."""

import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest
from msgspec import json
from test_reports import hostile_run, rich_run

from gate.attestation.check import Checked, CheckedPlatforms
from gate.exceptions.listing import Listing
from gate.fixing import Plan
from gate.model import View
from gate.reports import FORMATS, render
from gate.reports.run import Stored, read
from gate.trial import Trials
from gate.verdicts import Forgotten, Listed
from sbom.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = {
    "run": (Stored, "A stored run of Lading"),
    "fix": (Plan, "The upgrades of `lading fix`"),
    "trial": (Trials, "What `lading policy test` found"),
    "verification": (Checked, "What `lading verify` found"),
    "verification-platforms": (CheckedPlatforms, "What `lading verify --all-platforms` found"),
    "exception-list": (Listing, "What `lading exception list` lists"),
    "verdicts": (Listed, "What `lading verdict list` lists"),
    "verdicts-forgotten": (Forgotten, "What `lading verdict forget` removed"),
}
LADING = Path(sys.executable).with_name("lading")


def path(name):
    return ROOT / "schemas" / f"{name}.schema.json"


def schema(name):
    """The schema of a document that is a struct, as its types have it."""
    kind, title = SCHEMAS[name]
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:lading:schema:{name}",
        "title": title,
    }
    made = json.encode(head | json.schema(kind), order="deterministic")
    return json.format(made, indent=1) + b"\n"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_is_the_one_of_the_types(name):
    assert path(name).read_bytes() == schema(name)


@pytest.mark.parametrize("make", [rich_run, hostile_run])
def test_a_stored_run_is_valid_by_its_schema_and_read_back_whole(make):
    data = render("run", make())
    jsonschema_rs.validate(json.decode(path("run").read_bytes()), json.decode(data))
    assert read(data, "run.json") == make()


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("make", [rich_run, hostile_run])
@pytest.mark.parametrize("name", FORMATS)
def test_every_report_is_the_same_from_a_stored_run(name, make, everything):
    view = View(everything=everything, width=100)
    stored = read(render("run", make(), view), "run.json")
    assert render(name, stored, view) == render(name, make(), view)


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"\xff", b'{"schema":"lading-run/2","run":{}}', b"[" * 100_000]
    + [
        render("json", rich_run()),
        render("run", rich_run()).replace(b'"stage":"build"', b'"stage":1'),
    ],
)
def test_what_is_no_stored_run_is_refused_with_its_place(data):
    with pytest.raises(InputError, match=r"run.json: no stored run: .+`-o run=FILE`") as caught:
        read(data, "run.json")
    assert "\n" not in str(caught.value)


def lading(*words):
    done = subprocess.run([LADING, *words], capture_output=True, text=True, check=False)
    assert not done.stderr
    return done


def test_the_command_makes_every_report_again(tmp_path):
    image, direct, again = (tmp_path / name for name in ("image", "direct", "again"))
    subprocess.run([sys.executable, ROOT / "examples/make_image.py", image], check=True)
    direct.mkdir()
    again.mkdir()

    def outputs(folder):
        return [word for name in FORMATS for word in ("-o", f"{name}={folder / name}")]

    done = lading(
        *("scan", f"oci:{image}", "--no-keep", "--advisories", ROOT / "examples/advisories"),
        *("--policy", "default", "--now", "2024-02-01", *outputs(direct)),
    )
    assert done.returncode == 1
    assert lading("report", direct / "run", *outputs(again)).returncode == 0
    for name in FORMATS:
        assert (again / name).read_bytes() == (direct / name).read_bytes(), name
    shown = lading("report", direct / "run")
    assert shown.stdout.encode() == (direct / "table").read_bytes()
    assert "Looked at and dismissed" in lading("report", direct / "run", "--all").stdout


if __name__ == "__main__":
    for each in SCHEMAS:
        path(each).write_bytes(schema(each))
