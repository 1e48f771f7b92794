"""A signed verdict passes an image only where the key, the image, the stage and the dates allow."""

import itertools
import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from referencing import Registry, Resource
from runs import finding, run

from gate.attestation import summary, verdict
from gate.attestation.check import Demands, check
from gate.model import Decision, Unknown, Verdict
from gate.reports.json import advisories
from match.model import HOUSE_FEED, FeedState, SetState
from sbom.errors import InputError
from sbom.model import Digest
from sbom.signing import dsse, statement
from sbom.signing.keys import generate
from sbom.signing.trust import Trusted

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
KEY, OTHER = generate(), generate()
TRUSTED = (Trusted(name="build", verifier=KEY.public()),)
MANIFEST = Digest("sha256:" + "c" * 64)
AT = "2026-11-20T10:00:00Z"
NOW = "2026-11-22T10:00:00Z"


def decided(
    outcome="pass", *, stage="deploy", at=AT, policy="d" * 64, learned=AT, manifest=MANIFEST
):
    state = SetState(
        digest="sha256:" + "e" * 64,
        as_of="2026-11-19",
        feeds=(FeedState(name="osv", records=1, learned=learned),),
    )
    made = run(finding(), state=state)
    return replace(
        made,
        sbom=replace(made.sbom, subject=replace(made.sbom.subject, manifest=manifest)),
        vex=(("app.openvex.json", "sha256:" + "f" * 64),),
        exception_files=(("exceptions.yaml", "sha256:" + "9" * 64),),
        verdict=Verdict(
            outcome=outcome,
            stage=stage,
            policy="default",
            policy_digest="sha256:" + policy,
            decisions=(
                Decision(answer="warn", rule="score", because="9.8 >= 7", id="CVE-2024-0001"),
            ),
            unknowns=(Unknown(name="unscored", what="no score", count=1, answer="warn"),),
            reasons=() if outcome == "pass" else ("score: 1 finding",),
            decided_at=at,
        ),
    )


def signed(of, *, until="2026-11-27T10:00:00Z", by=KEY):
    payload = verdict.statement(of, version="0.1.0", valid_until=until)
    return dsse.seal(payload, statement.PAYLOAD_TYPE, [by])


def demands(**more):
    return Demands(**({"digests": frozenset({MANIFEST}), "now": NOW} | more))


def checked(*envelopes, trusted=TRUSTED, **more):
    named = [(f"v{number}", data) for number, data in enumerate(envelopes)]
    return check(named, trusted, demands(**more))


def test_the_predicate_is_valid_by_its_schema():
    schemas = [json.loads(path.read_text()) for path in SCHEMAS.glob("*.schema.json")]
    registry = Registry().with_resources(
        (each["$id"], Resource.from_contents(each)) for each in schemas if "$id" in each
    )
    schema = registry.contents("urn:lading:schema:attested-verdict")
    document = json.loads(verdict.predicate(decided(), "0.1.0", ""))
    jsonschema.Draft202012Validator(schema, registry=registry).validate(document)
    assert document["verdict"]["decisions"][0]["because"] == "9.8 >= 7"
    assert document["vex"][0]["name"] == "app.openvex.json"
    assert document["exceptions"] == [{"name": "exceptions.yaml", "digest": "sha256:" + "9" * 64}]


def test_the_same_verdict_is_signed_with_the_same_bytes():
    assert signed(decided()) == signed(decided())


def test_the_subject_is_the_manifest_else_the_image_else_the_sbom():
    whole = decided()
    assert verdict.subjects(whole)[0].digest == {"sha256": "c" * 64}
    without = replace(whole.sbom.subject, manifest=None)
    of_image = replace(whole, sbom=replace(whole.sbom, subject=without))
    assert verdict.subjects(of_image)[0].digest == {"sha256": "a" * 64}
    neither = replace(without, image_id=None)
    of_sbom = replace(whole, sbom=replace(whole.sbom, subject=neither))
    assert verdict.subjects(of_sbom)[0].digest == {"sha256": "b" * 64}


def test_a_pass_that_counts_passes():
    found = checked(signed(decided()), stage="deploy", policy="sha256:" + "d" * 64, set_days=30)
    assert found.passes, found.because
    assert "signed by build" in found.because


@pytest.mark.parametrize(
    ("envelope", "asked", "because"),
    [
        (signed(decided("deny")), {}, "deny, decided"),
        (signed(decided(), by=OTHER), {}, "no trusted key"),
        (signed(decided(manifest=Digest("sha256:" + "9" * 64))), {}, "another image"),
        (signed(decided()), {"stage": "build"}, "of the stage deploy, not build"),
        (signed(decided()), {"policy": "sha256:" + "0" * 64}, "another policy"),
        (signed(decided(), until="2026-11-21T00:00:00Z"), {}, "valid until 2026-11-21"),
        (signed(decided(at="2026-12-01T00:00:00Z")), {}, "after now"),
        (signed(decided(learned="2026-10-01T00:00:00Z")), {"set_days": 30}, "52 days old"),
        (b"{}", {}, "no DSSE envelope"),
        (
            dsse.seal(summary.statement(decided(), version="1"), statement.PAYLOAD_TYPE, [KEY]),
            {},
            "no verdict",
        ),
    ],
)
def test_what_does_not_pass_says_why(envelope, asked, because):
    found = checked(envelope, **asked)
    assert not found.passes
    assert because in found.because


def test_nothing_at_all_does_not_pass():
    assert checked() == check((), TRUSTED, demands())
    assert not checked().passes


def test_a_set_without_a_date_is_too_old():
    of = decided(learned="")
    undated = replace(of, state=replace(of.state, as_of=""))
    assert not checked(signed(undated), set_days=1000).passes
    assert checked(signed(undated)).passes


def test_an_advisory_of_the_house_makes_no_set_younger():
    of = decided(learned="2026-10-01T00:00:00Z")
    house = FeedState(name=HOUSE_FEED, records=1, learned=AT)
    mixed = replace(of, state=replace(of.state, feeds=(*of.state.feeds, house)))
    assert "52 days old" in checked(signed(mixed), set_days=30).because


def test_a_quiet_publisher_makes_a_set_no_older():
    of = decided(learned="2026-10-01T00:00:00Z")
    quiet = FeedState(
        name="kev", records=1, learned="2025-01-01T00:00:00Z", confirmed="2026-11-20T00:00:00Z"
    )
    both = replace(of, state=replace(of.state, feeds=(*of.state.feeds, quiet)))
    assert checked(signed(both), set_days=2).passes
    told = checked(signed(both), set_days=1).because
    assert "2 days old (confirmed 2026-11-20T00:00:00Z)" in told


def test_what_confirmed_a_set_stands_beside_a_verdict_alone():
    of = decided()
    state = replace(of.state, feeds=(replace(of.state.feeds[0], confirmed=NOW),))
    judged = replace(of, state=state)
    assert advisories(judged)["feeds"]["osv"]["confirmed"] == NOW
    # Findings follow from the digest: the same bytes, whoever was asked since.
    assert advisories(replace(judged, verdict=None)) == advisories(replace(of, verdict=None))


def test_the_latest_that_counts_decides():
    early, late = signed(decided("deny")), signed(decided(at="2026-11-21T10:00:00Z"))
    assert checked(early, late).passes
    assert not checked(signed(decided()), signed(decided("deny", at="2026-11-21T00:00:00Z"))).passes
    assert not checked(signed(decided()), signed(decided("deny"))).passes
    assert checked(signed(decided()), signed(decided("deny", at=NOW), by=OTHER)).passes


def test_rotated_and_revoked_keys():
    retired = (replace(TRUSTED[0], until_day="2026-11-20"),)
    assert checked(signed(decided()), trusted=retired).passes
    assert not checked(signed(decided(at="2026-11-21T00:00:00Z")), trusted=retired).passes
    revoked = (replace(TRUSTED[0], revoked="2026-11-22"),)
    assert "revoked on 2026-11-22" in checked(signed(decided()), trusted=revoked).because


MANY = [
    signed(decided(outcome, stage=stage, at=at), by=by)
    for outcome, stage, at, by in itertools.product(
        ("pass", "deny"), ("build", "deploy"), (AT, "2026-11-21T10:00:00Z"), (KEY, OTHER)
    )
]


@given(st.permutations(MANY), st.sampled_from(["", "build", "deploy"]))
@settings(max_examples=20, deadline=None)
def test_the_order_of_documents_never_matters(envelopes, stage):
    assert checked(*envelopes, stage=stage).passes == checked(*MANY, stage=stage).passes


def test_another_byte_anywhere_never_passes():
    envelope = bytearray(signed(decided()))
    payload = envelope.index(b'"payload":"') + len(b'"payload":"')
    for place in range(payload, len(envelope) - 200, 97):
        changed = bytearray(envelope)
        changed[place] = ord("A") if changed[place] != ord("A") else ord("B")
        assert not checked(bytes(changed)).passes


def test_the_summary_says_it_in_slsas_words():
    for outcome, result, level in (
        ("pass", "PASSED", "LADING_GATE_DEPLOY"),
        ("deny", "FAILED", "FAILED"),
    ):
        signed_summary = statement.read(summary.statement(decided(outcome), version="1"), "s")
        document = json.loads(bytes(signed_summary.predicate))
        assert signed_summary.predicate_type == "https://slsa.dev/verification_summary/v1"
        assert (document["verificationResult"], document["verifiedLevels"]) == (result, [level])
        assert document["policy"]["digest"] == {"sha256": "d" * 64}
        assert {"uri": "urn:lading:sbom", "digest": {"sha256": "b" * 64}} in document[
            "inputAttestations"
        ]


def test_nothing_decided_is_nothing_to_sign():
    undecided = replace(decided(), verdict=None)
    with pytest.raises(InputError, match="no verdict to sign"):
        verdict.statement(undecided, version="1", valid_until="")
    with pytest.raises(InputError, match="no verdict to sign"):
        summary.statement(undecided, version="1")
