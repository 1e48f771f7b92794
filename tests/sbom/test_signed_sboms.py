"""An attached SBOM stands for reading the image only where key, image, tool and age allow."""

import json
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sbom.errors import InputError
from sbom.formats import write
from sbom.model import Component, Digest, Purl, Sbom, Subject
from sbom.signing import bundle, dsse, statement
from sbom.signing.keys import generate
from sbom.signing.sboms import PREDICATES, Demands, choose, statement_of, verified, weigh
from sbom.signing.trust import Trusted

KEY, OTHER = generate(), generate()
TRUSTED = (Trusted(name="build", verifier=KEY.public()),)
MANIFEST, IMAGE, ELSE = (Digest("sha256:" + digit * 64) for digit in "cae")
SUBJECT = Subject(name="r.example/app:1", image_id=IMAGE, manifest=MANIFEST)
MADE, NOW = "2026-11-20T10:00:00Z", "2026-11-22T10:00:00Z"


def document(made=MADE, format_="cyclonedx-json", **subject):
    of = Sbom(
        subject=replace(SUBJECT, **subject),
        components=(Component(purl=Purl("pkg:npm/left@1"), name="left", version="1", ref="a"),),
    )
    return write(of, format_, timestamp=made)


def signed(data=None, *, by=KEY, about=MANIFEST, format_="cyclonedx-json"):
    data = document(format_=format_) if data is None else data
    payload = statement_of(data, format_, about, "app")
    return dsse.seal(payload, statement.PAYLOAD_TYPE, [by])


def weighed(*envelopes, trusted=TRUSTED, **more):
    demands = Demands(**({"subject": SUBJECT, "now": NOW} | more))
    named = [(f"v{number}", data) for number, data in enumerate(envelopes)]
    return weigh(named, trusted, demands)


@pytest.mark.parametrize("format_", PREDICATES)
def test_a_trusted_one_comes_back_as_it_was_signed(format_):
    data = document(format_=format_)
    (found,) = weighed(signed(data, format_=format_), days=2, tools=("lading",))
    assert (found.because, found.signed_by, found.made) == ("", ("build",), MADE)
    assert found.document == data
    assert [each.purl for each in found.sbom.components] == ["pkg:npm/left@1"]
    assert choose([found]) is found


def test_a_bundle_is_opened_as_its_envelope_is():
    wrapped = bundle.wrap(dsse.read(signed(), "e"))
    assert json.loads(wrapped)["mediaType"] == bundle.MEDIA_TYPE
    assert [each.because for each in weighed(wrapped)] == [""]


@pytest.mark.parametrize(
    ("envelope", "asked", "because"),
    [
        (signed(by=OTHER), {}, "no trusted key signed it"),
        (signed(about=ELSE), {}, "about another image"),
        (signed(document(manifest=ELSE, image_id=ELSE)), {}, f"says that it is of {ELSE}"),
        (signed(), {"days": 1}, "2 days old"),
        (signed(document("2026-12-01T00:00:00Z")), {"days": 1}, "after now"),
        (signed(document(made="")), {"days": 100}, "does not say when it was made"),
        (signed(), {"tools": ("syft", "trivy*")}, "made by lading, not syft or trivy*"),
        (signed(b"{}\n"), {}, "neither bomFormat nor spdxVersion"),
        (b"{}", {}, "no DSSE envelope"),
        (b"\xff", {}, "no DSSE envelope"),
        (b"[" * 100_000, {}, "no DSSE envelope"),
    ],
)
def test_what_is_not_trusted_says_why(envelope, asked, because):
    (found,) = weighed(envelope, **asked)
    assert because in found.because
    assert choose([found]) is None


def test_what_is_no_sbom_is_passed_over():
    payload = statement.write((statement.about(MANIFEST),), "urn:x:verdict", b"{}")
    assert weighed(dsse.seal(payload, statement.PAYLOAD_TYPE, [KEY])) == ()


@pytest.mark.parametrize(
    ("key", "because"),
    [
        ({"uses": ("verdict",)}, "trusted for verdict, not for sbom"),
        ({"revoked": "2026-11-21"}, "revoked on 2026-11-21"),
        ({"until_day": "2026-11-19"}, "counted until 2026-11-19"),
        ({"from_day": "2026-11-21"}, "counts from 2026-11-21 on"),
        ({"until_day": "2026-11-20"}, ""),
    ],
)
def test_a_key_counts_for_what_and_when_it_is_trusted(key, because):
    (found,) = weighed(signed(), trusted=(replace(TRUSTED[0], **key),))
    assert because in found.because
    assert bool(because) == bool(found.because)


def test_cosigns_old_predicate_and_foreign_documents_are_read():
    text = json.dumps({"Data": document().decode(), "Timestamp": "2026-11-20T10:00:00Z"})
    payload = statement.write(
        (statement.about(IMAGE),), "https://cyclonedx.org/bom/v1.6", text.encode()
    )
    (found,) = weighed(dsse.seal(payload, statement.PAYLOAD_TYPE, [KEY]))
    assert (found.because, found.document) == ("", document())
    old = {"bomFormat": "CycloneDX", "specVersion": "1.4", "version": 1, "components": []}
    old["metadata"] = {"timestamp": MADE, "tools": [{"vendor": "anchore", "name": "syft"}]}
    (found,) = weighed(signed(json.dumps(old).encode()), tools=("syft",), days=3)
    assert found.because == ""
    spdx = json.loads(document(format_="spdx-json"))
    spdx["creationInfo"]["creators"] = ["Tool: my-tool-1.2.3", "Organization: x"]
    given = signed(json.dumps(spdx).encode(), format_="spdx-json")
    assert weighed(given, tools=("my-tool",))[0].because == ""


@given(st.permutations(range(4)))
@settings(max_examples=24, deadline=None)
def test_the_newest_is_chosen_in_any_order(order):
    days = (MADE, "2026-11-21T12:00:00Z", "2026-11-21T13:00:00+02:00", "2026-11-01T00:00:00Z")
    named = [(f"v{number}", signed(document(days[number]))) for number in order]
    found = weigh(named, TRUSTED, Demands(subject=SUBJECT, now=NOW))
    assert choose(found).name == "v1"
    same = [("b", signed()), ("a", signed())]
    assert choose(weigh(same, TRUSTED, Demands(subject=SUBJECT, now=NOW))).name == "a"


def test_another_byte_anywhere_is_never_trusted():
    envelope = bytearray(signed())
    start = envelope.index(b'"payload":"') + len(b'"payload":"')
    for place in range(start, len(envelope) - 120, 61):
        changed = bytearray(envelope)
        changed[place] = ord("A") if changed[place] != ord("A") else ord("B")
        assert choose(weighed(bytes(changed))) is None


def test_a_file_is_verified_whatever_it_is_about():
    assert verified(signed(about=ELSE), "f", TRUSTED).signed_by == ("build",)
    assert verified(signed(by=OTHER), "f", TRUSTED).because == "no trusted key signed it"
    with pytest.raises(InputError):
        verified(document(), "f", TRUSTED)


def test_other_formats_are_not_signed():
    with pytest.raises(InputError, match="an SBOM in cyclonedx-xml cannot be signed"):
        statement_of(b"<bom/>", "cyclonedx-xml", MANIFEST, "app")


def test_the_hint_is_the_one_that_cosign_writes():
    wrapped = json.loads(bundle.wrap(dsse.read(signed(), "e")))
    hint = wrapped["verificationMaterial"]["publicKey"]["hint"]
    assert hint == b64encode(bytes.fromhex(KEY.id.removeprefix("sha256:"))).decode()
    assert [set(each) for each in wrapped["dsseEnvelope"]["signatures"]] == [{"sig"}]
