"""Bundles: the same facts give the same bytes, every change is told, and other tools read them."""

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import jsonschema_rs
import msgspec
import pytest
from conftest import skip_or_fail
from evidence_facts import facts, flawed, image, unseen
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gate.evidence.assess import assess
from gate.evidence.bundle import MANIFEST, REPORT, SIGNATURE, files, manifest, seal
from gate.evidence.document import Images, Manifest, Measures
from gate.evidence.verify import Found, Verified, verify
from sbom.errors import InputError
from sbom.signing import dsse
from sbom.signing.keys import generate
from sbom.signing.trust import Trusted

ROOT = Path(__file__).resolve().parents[2]
AT = "2026-10-02T00:00:00Z"
KEY, OTHER = generate(), generate()
TRUSTED = (Trusted(name="auditor", verifier=KEY.public()),)
SCHEMAS = {
    "evidence-manifest": (Manifest, "The manifest of an evidence bundle"),
    "evidence-measures": (Measures, "The numbers of an evidence bundle"),
    "evidence-images": (Images, "The images of an evidence bundle"),
    "evidence-verification": (Verified, "What `lading evidence verify` found"),
}


def bundle(*images, key=KEY, **more):
    of = facts(*(images or (image(), flawed(), unseen())), **more)
    contents = files(of, assess(of), version="1.0")
    listing = manifest(contents, of, created=AT, version="1.0")
    return {**contents, MANIFEST: listing, SIGNATURE: seal(listing, key)}


BUNDLE = bundle()


def verified(contents, trusted=TRUSTED):
    found = [Found(path, len(data)) for path, data in contents.items()]
    return verify(found, contents.__getitem__, trusted)


def schema(name):
    kind, title = SCHEMAS[name]
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:lading:schema:{name}",
        "title": title,
    }
    made = msgspec.json.encode(head | msgspec.json.schema(kind), order="deterministic")
    return msgspec.json.format(made, indent=1) + b"\n"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_is_the_one_of_the_types(name):
    assert (ROOT / f"schemas/{name}.schema.json").read_bytes() == schema(name)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (MANIFEST, "evidence-manifest"),
        ("measures.json", "evidence-measures"),
        ("records/images.json", "evidence-images"),
    ],
)
def test_the_documents_are_valid_by_their_schemas(path, name):
    validator = jsonschema_rs.Draft202012Validator(json.loads(schema(name)))
    for contents in (BUNDLE, bundle(inventories=()), bundle(learned=())):
        validator.validate(json.loads(contents[path]))


def test_the_same_facts_give_the_same_bytes():
    again = bundle()
    assert {path: data for path, data in again.items() if path != SIGNATURE} == {
        path: data for path, data in BUNDLE.items() if path != SIGNATURE
    }
    assert again[SIGNATURE] == BUNDLE[SIGNATURE]  # ECDSA by RFC 6979 has no chance in it.


def test_a_small_bundle_is_what_it_was():
    """The numbers of one good, one flawed and one unscanned image, sentence by sentence."""
    found = json.loads(BUNDLE["measures.json"])
    told = {
        row["id"]: (
            row["status"],
            row["number"] and [row["number"]["counted"], row["number"]["of"]],
        )
        for standard in found["frameworks"]
        for row in standard["controls"]
    }
    golden = Path(__file__).parent / "golden/evidence.json"
    assert told == {key: tuple(value) for key, value in json.loads(golden.read_text()).items()}
    assert found["denominator"]["images"] == 3
    assert found["denominator"]["never_scanned"] == [f"registry.example/unseen:1 sha256:{'9' * 64}"]


def test_it_verifies():
    found = verified(BUNDLE)
    assert (found.passes, found.signature, found.keys) == (True, "valid", ("auditor",))
    assert found.files == len(BUNDLE) - 2
    jsonschema_rs.validate(
        json.loads(schema("evidence-verification")), json.loads(msgspec.json.encode(found))
    )
    assert verified(BUNDLE, None).signature == "none"


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_every_changed_byte_is_told(data):
    path = data.draw(st.sampled_from(sorted(BUNDLE.keys() - {SIGNATURE})))
    content = BUNDLE[path]
    at = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != content[at]))
    changed = {**BUNDLE, path: content[:at] + bytes([byte]) + content[at + 1 :]}
    try:
        found = verified(changed)
    except InputError:
        assert path == MANIFEST  # It cannot be read any more: exit 2.
        return
    assert not found.passes
    assert {path, SIGNATURE} & {each.place for each in found.faults}
    if path != MANIFEST:
        assert not verified(changed, None).passes


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_changed_signature_never_lets_another_manifest_pass(data):
    content = BUNDLE[SIGNATURE]
    at = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != content[at]))
    changed = content[:at] + bytes([byte]) + content[at + 1 :]
    found = verified({**BUNDLE, SIGNATURE: changed})
    # The hint of the key and unknown members are not signed: then it is still the same manifest.
    assert not found.passes or found.keys == ("auditor",)


@pytest.mark.parametrize("path", sorted(BUNDLE.keys() - {MANIFEST, SIGNATURE}))
def test_every_missing_file_is_told(path):
    found = verified({name: data for name, data in BUNDLE.items() if name != path})
    assert [(each.place, each.what) for each in found.faults] == [(path, "is missing")]


def faults(contents, trusted=TRUSTED):
    return [(each.place, each.what) for each in verified(contents, trusted).faults]


def test_what_else_is_wrong_is_told():
    more = {**BUNDLE, "notes.txt": b"x", "records/extra.csv": b"y"}
    told = [("notes.txt", "is in no manifest"), ("records/extra.csv", "is in no manifest")]
    assert faults(more) == told
    unsigned = {path: data for path, data in BUNDLE.items() if path != SIGNATURE}
    assert faults(unsigned) == [(SIGNATURE, "there is no signature")]
    assert faults(unsigned, None) == []
    assert faults(bundle(key=OTHER)) == [(SIGNATURE, "no trusted key signed it")]
    swapped = {**BUNDLE, SIGNATURE: bundle(image())[SIGNATURE]}
    assert faults(swapped) == [(SIGNATURE, f"it signs another {MANIFEST}")]
    assert faults({**BUNDLE, SIGNATURE: b"{}"})[0][1].startswith("no DSSE envelope")
    other = dsse.seal(BUNDLE[MANIFEST], "application/vnd.in-toto+json", [KEY])
    assert "not application/vnd.lading.evidence+json" in faults({**BUNDLE, SIGNATURE: other})[0][1]


def test_a_key_counts_for_evidence_and_in_its_time():
    (key,) = TRUSTED
    for change, told in (
        ({"uses": ("verdict",)}, "not for evidence"),
        ({"until_day": "2026-09-30"}, "it counted until 2026-09-30"),
        ({"revoked": "2026-12-01"}, "it was revoked"),
    ):
        (fault,) = verified(BUNDLE, (replace(key, **change),)).faults
        assert told in fault.what


def test_links_and_lists_that_lie_are_told():
    found = [Found(path, len(data)) for path, data in BUNDLE.items() if path != REPORT]
    linked = verify([*found, Found(REPORT, None)], BUNDLE.__getitem__, TRUSTED)
    assert [(each.place, each.what) for each in linked.faults] == [(REPORT, "is no plain file")]
    listing = json.loads(BUNDLE[MANIFEST])
    listing["files"].append(listing["files"][0])
    twice = json.dumps(listing).encode()
    told = faults({**BUNDLE, MANIFEST: twice, SIGNATURE: seal(twice, KEY)})
    assert told == [(listing["files"][0]["path"], "is listed twice")]
    listing["files"] = [{"path": "../../etc/passwd", "sha256": "0" * 64, "bytes": 1}]
    outside = json.dumps(listing).encode()
    told = faults({MANIFEST: outside, SIGNATURE: seal(outside, KEY)})
    assert told == [("../../etc/passwd", "is missing")]  # Only what lies in the folder is opened.


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"schema": "x"}']
)
def test_what_is_no_bundle_is_an_error(content):
    with pytest.raises(InputError, match=r"manifest\.json"):
        verified({**BUNDLE, MANIFEST: content})
    with pytest.raises(InputError, match=r"no manifest\.json"):
        verified({})


def test_every_number_has_its_records():
    numbers = json.loads(BUNDLE["measures.json"])
    listed = {each["path"]: each for each in json.loads(BUNDLE[MANIFEST])["files"]}
    for standard in numbers["frameworks"]:
        for row in standard["controls"]:
            number = row["number"]
            if number is None:
                continue
            data = BUNDLE[number["records"]]
            assert listed[number["records"]]["sha256"] == sha256(data).hexdigest()
            rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
            assert len(rows) == number["of"]
            assert sum(each["counts"] == "yes" for each in rows) == number["counted"]
            assert all((each["lacks"] == "") == (each["counts"] == "yes") for each in rows)
    table = list(csv.DictReader(io.StringIO(BUNDLE["measures.csv"].decode(), newline="")))
    assert len(table) == sum(len(each["controls"]) for each in numbers["frameworks"])


def test_names_are_no_formulas_in_tables():
    contents = bundle(replace(image(), names=("=cmd|' /C calc'!A0",)))
    rows = list(csv.reader(io.StringIO(contents["records/judged.csv"].decode(), newline="")))
    assert rows[1][0].startswith("'=")


def test_the_page_escapes_what_images_are_called():
    page = BUNDLE[REPORT].decode()
    assert "&lt;b&gt;shop&lt;/b&gt;" in page
    assert "<b>shop</b>" not in page
    assert "<script" not in page
    assert not re.findall(r"(?:src|href)=\"(?!#)", page)
    hostile = replace(image(), names=("x\u202egpj\x1b[31m<img src=x onerror=1>",))
    shown = bundle(hostile)[REPORT].decode()
    assert "<img" not in shown
    assert "\u202e" not in shown
    assert "\x1b" not in shown


def test_the_page_states_the_denominator():
    assert "never scanned" in BUNDLE[REPORT].decode()
    alone = bundle(image(known=()), inventories=())[REPORT].decode()
    assert "the denominator is only what was scanned" in alone


TRESTLE = """
import sys
from pathlib import Path
from trestle.oscal.assessment_results import AssessmentResults
from trestle.oscal.catalog import Catalog
from trestle.oscal.component import ComponentDefinition
kinds = {"catalog": Catalog, "component": ComponentDefinition, "assessment": AssessmentResults}
for path in sorted(Path(sys.argv[1]).glob("*.json")):
    kinds[path.name.partition("-")[0]].oscal_read(path)
    print(path.name)
"""


@pytest.mark.parametrize("images", [(image(), flawed(), unseen()), (), (unseen(),)])
def test_the_oscal_documents_are_valid(tmp_path, images):
    """compliance-trestle's models are generated from the official schemas of OSCAL 1.1.3."""
    if not find_spec("trestle"):
        skip_or_fail("no compliance-trestle")
    of = facts(*images)
    contents = files(of, assess(of), version="1.0")
    for path, data in contents.items():
        if path.startswith("oscal/"):
            (tmp_path / Path(path).name).write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TRESTLE, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(done.stdout.split()) == 6


def test_the_oscal_documents_refer_to_what_is_there():
    documents = {
        path: json.loads(data) for path, data in BUNDLE.items() if path.startswith("oscal/")
    }
    controls = {
        control["id"]: {part["id"] for part in control["parts"]}
        for path, document in documents.items()
        if "catalog" in path
        for group in document["catalog"]["groups"]
        for control in group["controls"]
    }
    results = documents["oscal/assessment-results.json"]["assessment-results"]
    resources = {f"#{each['uuid']}" for each in results["back-matter"]["resources"]}
    assert results["import-ap"]["href"] in resources
    for result in results["results"]:
        observed = {each["uuid"]: each for each in result["observations"]}
        for each in observed.values():
            href = each["relevant-evidence"][0]["href"]
            assert href.removeprefix("../") in BUNDLE
        (selection,) = result["reviewed-controls"]["control-selections"]
        reviewed = {each["control-id"] for each in selection["include-controls"]}
        assert len(reviewed) == len(result["findings"])
        for finding in result["findings"]:
            of = finding["target"]["target-id"].removesuffix("_smt")
            assert of in reviewed
            assert finding["target"]["target-id"] in controls[of]
            status = finding["props"][0]["value"]
            met = finding["target"]["status"]["state"] == "satisfied"
            assert met == (status == "met")
            assert finding["related-observations"][0]["observation-uuid"] in observed
    definition = documents["oscal/component-definition.json"]["component-definition"]
    for each in definition["components"][0]["control-implementations"]:
        assert f"oscal/{each['source']}" in documents
        assert {r["control-id"] for r in each["implemented-requirements"]} <= set(controls)
    uuids = re.findall(r'"uuid": ?"([^"]+)"', json.dumps(results))
    assert len(uuids) == len(set(uuids))


def test_without_a_browser_there_is_no_pdf(monkeypatch, tmp_path):
    from lading.printing import pdf

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="no Chromium"):
        pdf(BUNDLE[REPORT], AT)
    (tmp_path / "chromium").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "chromium").chmod(0o755)
    with pytest.raises(InputError, match="printed nothing"):
        pdf(BUNDLE[REPORT], AT)


def test_the_page_prints_to_the_same_pdf():
    if not shutil.which("chromium"):
        skip_or_fail("no chromium")
    from lading.printing import pdf

    first, second = (pdf(BUNDLE[REPORT], AT) for _ in range(2))
    assert first.startswith(b"%PDF-")
    # Chromium was once seen to write another offset into its table at the end, on a busy machine.
    table = b"\nxref\n"
    assert first.partition(table)[0] == second.partition(table)[0]
    assert b"/CreationDate (D:20261002000000+00'00')" in first
