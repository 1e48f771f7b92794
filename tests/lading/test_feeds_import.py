"""`feeds import` as a user runs it: everything lost is told, also as JSON, and odd dates are."""

import json
from pathlib import Path

import jsonschema
import pytest

from lading.main import main

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
NOW = "1767268800"
"""2026-01-01T12:00:00Z."""


def record(id_, *events, modified="2025-12-31T00:00:00Z"):
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}]
    package = {"ecosystem": "Bitnami", "name": "lib"}
    affected = [{"package": package, "ranges": ranges}]
    return {"id": id_, "modified": modified, "affected": affected}


GOOD = record("BIT-lib-2025-1", {"introduced": "0"}, {"fixed": "2.0.0"})
EMPTY = record("BIT-lib-2025-2", {"introduced": "2.0.0"}, {"fixed": "2.0.0"})


@pytest.fixture
def imports(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", NOW)
    Path("in").mkdir()

    def call(*words, records=(GOOD,), code=0):
        for each in records:
            text = each if isinstance(each, str) else json.dumps(each)
            name = each["id"] if isinstance(each, dict) else "broken"
            Path(f"in/{name}.json").write_text(text)
        assert main(["feeds", "import", *(words or ("in",)), "--db", "l.db"]) == code
        shown = capfd.readouterr()
        return shown.err if code else shown.out

    return call


def document(text, schema="import"):
    found = json.loads(text)
    jsonschema.validate(found, json.loads((SCHEMAS / f"{schema}.schema.json").read_text()))
    return found


def test_every_problem_that_is_counted_is_told(imports):
    found = document(
        imports("in", "-o", "json", records=(GOOD, EMPTY, '{"id": "X-1", "affected": '))
    )
    assert sum(feed["problems"] for feed in found["feeds"]) == len(found["problems"]) == 2
    assert {each["effect"] for each in found["problems"]} == {"record_lost", "field_lost"}
    assert "BIT-lib-2025-2: lib: the range" in imports("in")


def test_the_json_says_what_the_table_says(imports):
    Path("in/README.md").write_text("no advisory")
    found = document(imports("in", "-o", "json"))
    assert found["unknown"] == [{"file": "in/README.md", "why": "no feed has files of this form"}]
    (feed,) = found["feeds"]
    assert (feed["feed"], feed["records"], feed["added"]) == ("osv:BIT", 1, 1)
    assert found["digest"][:19] in imports("in")


def test_an_exported_set_is_told_as_json_too(imports, capfd):
    imports("in")
    assert main(["feeds", "export", "x.set", "--db", "l.db"]) == 0
    capfd.readouterr()
    found = document(imports("x.set", "-o", "json"))
    assert found["carried"] == {"new": 0, "signed": False, "signed_by": [], "states": 1}


def test_the_feeds_that_can_be_imported_are_listed(capfd):
    assert main(["feeds", "list", "-o", "json"]) == 0
    found = document(capfd.readouterr().out, "feeds-list")
    assert [feed["name"] for feed in found["feeds"]][-1] == "osv"
    assert main(["feeds", "list", "--urls"]) == 0
    assert found["feeds"][0]["url"] in capfd.readouterr().out


def test_old_records_ask_when_they_were_fetched(imports):
    old = record("BIT-lib-2025-3", {"introduced": "0"}, modified="2025-11-01T00:00:00Z")
    assert "61 days old" in imports(records=(old,))
    assert "days old" not in imports("in", "--learned", "2026-01-01T12:00:00Z", records=(old,))
    assert "days old" not in imports()


def test_a_date_that_is_to_come_is_told(imports):
    assert "later than now" in imports("in", "--learned", "2027-01-01")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("in", "--learned", "yesterday"), "lading: --learned yesterday: not a time"),
        (("in", "--key", "k"), "lading: in: --key is about exported sets, which this is not"),
        (("broken.json",), "lading: broken.json: no advisory in it: it is no OSV record: "),
        (("in", "-o", "xml"), "lading: -o xml: unknown format xml"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_it_once(imports, words, told):
    Path("broken.json").write_text('{"id": "X-1", "affected": ')
    text = imports(*words, code=2)
    assert text.startswith(told)
    assert text.count("\n") == 1
    assert text.count("broken.json") <= 1
