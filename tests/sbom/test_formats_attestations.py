"""SBOMs inside attestations are taken out, whichever way they are wrapped."""

import base64
import json

import pytest
from test_formats_roundtrip import small

from sbom.errors import InputError
from sbom.formats import faults, read, write

SBOM = small()
PURLS = [one.purl for one in SBOM.components]


def statement(predicate, kind="https://cyclonedx.org/bom"):
    subject = [{"name": "app", "digest": {"sha256": "0" * 64}}]
    members = {"_type": "https://in-toto.io/Statement/v0.1", "subject": subject}
    return members | {"predicateType": kind, "predicate": predicate}


def envelope(payload, kind="application/vnd.in-toto+json"):
    text = base64.b64encode(json.dumps(payload).encode()).decode()
    return {"payloadType": kind, "payload": text, "signatures": [{"sig": "AAAA", "keyid": ""}]}


PLAIN = statement(json.loads(write(SBOM, "cyclonedx-json")))
WAYS = {
    "a statement": PLAIN,
    "a statement, sorted": dict(sorted(PLAIN.items(), reverse=True)),
    "an envelope": envelope(PLAIN),
    "a bundle": {"mediaType": "x", "dsseEnvelope": envelope(PLAIN)},
    "spdx": envelope(statement(json.loads(write(SBOM, "spdx-json")), "https://spdx.dev/Document")),
    "spdx 3": statement(json.loads(write(SBOM, "spdx3-json")), "https://spdx.dev/Document/v3"),
    "tag-value as text": statement(write(SBOM, "spdx-tv").decode(), "https://spdx.dev/Document"),
    "xml as text": statement(write(SBOM, "cyclonedx-xml").decode()),
    "cosign of old": statement({"Data": write(SBOM, "cyclonedx-json").decode(), "Timestamp": ""}),
    "cosign, an object": statement({"Data": json.loads(write(SBOM, "cyclonedx-json"))}),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_document_is_taken_out(way):
    data = json.dumps(WAYS[way]).encode()
    found = read(data, "a.json")
    assert [one.purl for one in found.components] == PURLS
    assert found.problems == ()
    assert found.format.startswith("in-toto, unverified: ")
    assert faults(data) == []


def test_faults_are_those_of_the_document_within():
    wrong = statement({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{}]})
    assert faults(json.dumps(wrong).encode())[0].place == "predicate.components[0]"


REFUSED = {
    "another kind": statement({"buildType": "x"}, "https://slsa.dev/provenance/v1"),
    "a list": statement([1]),
    "a text": statement("hello"),
    "an attestation": statement(PLAIN),
    "old, empty": statement({"Data": 7}),
    "no base64": {"payloadType": "application/vnd.in-toto+json", "payload": "?", "signatures": []},
    "another payload": envelope(PLAIN, "text/plain"),
    "nothing in it": envelope({}),
    "odd": {"payloadType": 7, "payload": 7},
    "odd bundle": {"dsseEnvelope": 7},
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_no_sbom_is_refused_in_one_line(why):
    data = json.dumps(REFUSED[why]).encode()
    with pytest.raises(InputError) as refused:
        read(data, "a.json")
    assert "\n" not in str(refused.value)
    assert "a.json" in str(refused.value)
    assert faults(data)
