"""Documents that conform, documents that do not, and documents that mean harm."""

import json
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbom.documents.decoding import named_by_content
from sbom.errors import InputError
from sbom.formats import faults, read


def bom(spec="1.6", **members):
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": spec} | members).encode()


def places(data):
    return [fault.place for fault in faults(data)]


@pytest.mark.parametrize("version", ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"])
def test_cyclonedx_json_of_each_version(version):
    right = bom(version, version=1, components=[{"type": "library", "name": "a", "version": "1"}])
    wrong = bom(version, version=1, components=[{"type": "vegetable", "name": "a", "version": "1"}])
    assert faults(right) == []
    assert places(wrong) == ["components[0].type"]


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"])
def test_cyclonedx_xml_of_each_version(version):
    text = f'<bom xmlns="http://cyclonedx.org/schema/bom/{version}" version="1"><components>'
    text += '<component type="{}"><name>a</name><version>1</version>'
    text += "<modified>false</modified>" if version == "1.0" else ""
    text += "</component></components></bom>"
    assert faults(text.format("library").encode()) == []
    (fault, *_) = faults(text.format("vegetable").encode())
    assert fault.place == "line 1"
    assert "vegetable" in fault.what


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ({"serialNumber": "3e671687"}, "serialNumber"),
        ({"metadata": {"timestamp": "yesterday"}}, "metadata.timestamp"),
        ({"components": [{"type": "library"}]}, "components[0]"),
        ({"components": {}}, "components"),
        (
            {
                "components": [
                    {"type": "library", "name": "a", "bom-ref": "x"},
                    {
                        "type": "library",
                        "name": "b",
                        "components": [{"type": "library", "name": "c", "bom-ref": "x"}],
                    },
                ]
            },
            "bom-ref",
        ),
        ({"specVersion": "9.9"}, "specVersion"),
        ({"specVersion": 1.6}, "specVersion"),
    ],
)
def test_faults_name_their_place(members, place):
    assert places(bom(**({"version": 1} | members))) == [place]


def test_a_member_given_twice_is_a_fault():
    text = b'{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"version":1}'
    assert [(f.place, f.what) for f in faults(text)] == [("version", "is given twice")]


def test_a_bad_purl_is_no_fault_of_the_document():
    data = bom(components=[{"type": "library", "name": "a", "purl": "not a purl"}])
    assert faults(data) == []
    assert len(read(data, "a").problems) == 1


SPDX = {
    "spdxVersion": "SPDX-2.3",
    "dataLicense": "CC0-1.0",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": "x",
    "documentNamespace": "urn:x:y",
    "creationInfo": {"created": "2024-01-01T00:00:00Z", "creators": ["Tool: x"]},
    "packages": [
        {
            "SPDXID": "SPDXRef-a",
            "name": "a",
            "downloadLocation": "NOASSERTION",
            "externalRefs": [
                {
                    "referenceCategory": "PACKAGE-MANAGER",
                    "referenceType": "purl",
                    "referenceLocator": "pkg:npm/a@1",
                }
            ],
        }
    ],
    "relationships": [
        {
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relationshipType": "DESCRIBES",
            "relatedSpdxElement": "SPDXRef-a",
        }
    ],
}


def changed(path, value):
    document = json.loads(json.dumps(SPDX))
    *steps, last = path
    inner = document
    for step in steps:
        inner = inner[step]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return json.dumps(document).encode()


def test_spdx_that_conforms():
    assert faults(json.dumps(SPDX).encode()) == []


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("spdxVersion",), "SPDX-9.9", "spdxVersion"),
        (("dataLicense",), "MIT", "dataLicense"),
        (("SPDXID",), "SPDXRef-x", "SPDXID"),
        (("name",), None, "name"),
        (("documentNamespace",), "urn:x:y#z", "documentNamespace"),
        (("creationInfo",), None, "creationInfo"),
        (("creationInfo", "created"), "today", "creationInfo.created"),
        (("creationInfo", "creators"), [], "creationInfo.creators"),
        (("creationInfo", "creators"), ["me"], "creationInfo.creators[0]"),
        (("packages", 0, "SPDXID"), "a b", "packages[0].SPDXID"),
        (("packages", 0, "name"), None, "packages[0].name"),
        (("packages", 0, "name"), 7, "packages[0].name"),
        (("packages", 0, "downloadLocation"), None, "packages[0].downloadLocation"),
        (("packages", 0, "checksums"), [{"algorithm": "CRC"}], "packages[0].checksums[0]"),
        (
            ("packages", 0, "externalRefs", 0, "referenceCategory"),
            "SHOP",
            "packages[0].externalRefs[0].referenceCategory",
        ),
        (("relationships", 0, "relationshipType"), "LIKES", "relationships[0].relationshipType"),
        (
            ("relationships", 0, "relatedSpdxElement"),
            "SPDXRef-gone",
            "relationships[0].relatedSpdxElement",
        ),
    ],
)
def test_spdx_that_does_not(path, value, place):
    assert place in places(changed(path, value))


HOSTILE = {
    "empty": b"",
    "blank": b" \n ",
    "no document": b"hello",
    "binary": bytes(range(256)),
    "a list": b"[1]",
    "another object": b'{"a": 1}',
    "cut off": b'{"bomFormat":"CycloneDX","components":[{',
    "not a number": b'{"bomFormat":"CycloneDX","x":NaN}',
    "no such number": b'{"bomFormat":"CycloneDX","components":[{"name":1e999}]}',
    "not UTF-8": b'{"bomFormat":"CycloneDX","components":[{"name":"\xff"}]}',
    "lone surrogate": b'{"bomFormat":"CycloneDX","components":[{"name":"\\ud800"}]}',
    "not UTF-16": b"\xff\xfe{\x00\x00\xd8",
    "deep arrays": b'{"bomFormat":"CycloneDX","components":' + b"[" * 100_000,
    "deep components": b'{"bomFormat":"CycloneDX","components":' + b'[{"components":' * 50_000,
    "many objects": b'{"bomFormat":"CycloneDX","components":[' + b"{}," * 16_000_001,
    "no XML": b"<bom",
    "other XML": b"<a/>",
    "HTML": b"<!DOCTYPE html><html></html>",
    "laughs": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "haha">'
    b'<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b'<bom xmlns="http://cyclonedx.org/schema/bom/1.4">&b;</bom>',
    "external": b'<!DOCTYPE x SYSTEM "file:///etc/passwd">'
    b'<bom xmlns="http://cyclonedx.org/schema/bom/1.4"/>',
    "deep XML": b'<bom xmlns="http://cyclonedx.org/schema/bom/1.4">'
    + b"<components><component>" * 5_000
    + b"</component></components>" * 5_000
    + b"</bom>",
    "many tags": b'<bom xmlns="http://cyclonedx.org/schema/bom/1.4">' + b"<a/>" * 6_000_001,
    "unknown encoding": b'<?xml version="1.0" encoding="x-none"?>'
    b'<bom xmlns="http://cyclonedx.org/schema/bom/1.4"/>',
    "YAML aliases": b"spdxVersion: &a [x]\nSPDXID: [*a, *a]\n",
    "YAML objects": b"spdxVersion: !!python/object/apply:os.getcwd []\nSPDXID: x\n",
    "deep YAML": b"spdxVersion: SPDX-2.2\nSPDXID: " + b"[" * 1_000,
    "SPDX of texts": b'{"spdxVersion": "SPDX-2.3", "packages": ["x"',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_means_harm_is_refused_in_one_line(name):
    started = time.perf_counter()
    tracemalloc.start()
    with pytest.raises(InputError) as refused:
        read(HOSTILE[name], "a.json")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(refused.value).startswith("a.json: ")
    assert "\n" not in str(refused.value)
    assert faults(HOSTILE[name])
    assert peak < 4 * len(HOSTILE[name]) + 20_000_000
    assert time.perf_counter() - started < 20


ODD_PROPERTIES = """{"bomFormat":"CycloneDX","metadata":{"component":{"properties":
    [{"name":"lading:history","value":"{"},{"name":"lading:layer:x","value":"y"}]}}}"""
ODD_SYFT = """{"artifacts":[7,{"licenses":7,"cpes":{},"metadata":7}],"schema":{"version":7},
    "source":{"target":[]},"distro":7}"""


@pytest.mark.parametrize(
    "text",
    [
        '{"bomFormat":"CycloneDX","components":7,"metadata":[],"dependencies":"x"}',
        '{"bomFormat":"CycloneDX","metadata":{"component":7}}',
        '{"bomFormat":"CycloneDX","components":[null,7,"x",[],{}]}',
        '{"bomFormat":"CycloneDX","components":[{"evidence":{"occurrences":[7]}}]}',
        '{"bomFormat":"CycloneDX","components":[{"properties":[{"name":1,"value":{}}]}]}',
        '{"bomFormat":"CycloneDX","components":' + "[" * 900 + "]" * 900 + "}",
        ODD_PROPERTIES,
        '{"spdxVersion":"SPDX-2.3","packages":[7,{"externalRefs":"x"}],"relationships":[[]]}',
        '{"spdxVersion":"SPDX-2.3","annotations":[{"comment":"lading: {7"}]}',
        ODD_SYFT,
    ],
)
def test_odd_members_are_told_and_nothing_breaks(text):
    sbom = read(text.encode(), "a.json")
    assert sbom.problems or "lading: {7" in text
    assert all(problem.where.startswith("a.json") for problem in sbom.problems)


@pytest.mark.shared
def test_every_case_of_validity(shared):
    base = shared / "cases/validity"
    cases = [c for c in json.loads((base / "cases.json").read_text()) if c["kind"] == "sbom"]
    wrong = []
    for case in cases:
        found = faults((base / case["file"]).read_bytes())
        if case["expect"] != "either" and (case["expect"] == "accept") == bool(found):
            wrong.append(f"{case['file']}: want {case['expect']}, got {found[:1]}")
    assert len(cases) >= 395
    assert not wrong, "\n".join(wrong)


SEEDS = (
    bom(
        metadata={"component": {"name": "x", "properties": [{"name": "lading:imageId"}]}},
        components=[{"name": "a", "purl": "pkg:deb/debian/a@1?distro=debian-12", "hashes": []}],
    ),
    json.dumps(SPDX).encode(),
    b"""<bom xmlns="http://cyclonedx.org/schema/bom/1.4"><components><component type="library">
    <name>a</name><purl>pkg:npm/a@1</purl></component></components></bom>""",
    b"SPDXVersion: SPDX-2.3\nPackageName: a\nSPDXID: SPDXRef-a\nRelationship: a CONTAINS b\n",
    b"spdxVersion: SPDX-2.3\nSPDXID: SPDXRef-DOCUMENT\npackages:\n- name: a\n  SPDXID: x\n",
    b"""{"artifacts":[{"id":"1","name":"a","purl":"pkg:npm/a@1","metadata":{"source":"b"}}],
    "schema":{"version":"1"},"distro":{"id":"debian","versionID":"12"}}""",
)


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=4), st.integers(0, 6)), max_size=6),
)
@settings(max_examples=400, deadline=None)
def test_spoiled_documents_are_read_or_refused(seed, changes):
    text = seed
    for place, octets, cut in changes:
        text = text[:place] + octets + text[place + cut :]
    faults(text)
    try:
        sbom = read(text, "a")
    except InputError as refused:
        told = [str(refused)]
    else:
        told = [problem.where for problem in sbom.problems]
    assert not any("\n" in line for line in told)


@given(
    st.binary(min_size=16, max_size=16),
    st.text(alphabet=st.characters(codec="utf-8"), max_size=50),
)
def test_names_by_content_are_those_of_the_standard(namespace, content):
    from uuid import UUID, uuid5

    expected = str(uuid5(UUID(bytes=namespace), content))
    assert named_by_content(namespace, content.encode()) == expected
