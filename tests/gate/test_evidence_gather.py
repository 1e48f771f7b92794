"""The facts of a period: images by their digests, what others name, what lies in the period."""

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from runs import exploited, finding, run
from test_attestation import KEY, TRUSTED, decided

from gate.attestation import verdict as attested
from gate.evidence.gather import Asked, documents, gather
from gate.evidence.inventory import normal, read
from gate.evidence.model import Known, Yardstick
from gate.evidence.period import period
from gate.evidence.reading import signed_passes
from gate.model import Decision, ExceptionUse, Judged, Status
from gate.verdicts import keep as keep_verdict
from sbom.database import open_database
from sbom.errors import InputError
from sbom.formats import write
from sbom.model import Digest
from sbom.signing import dsse
from sbom.signing.statement import PAYLOAD_TYPE
from sbom.store import keep as keep_sbom

NAME = "registry.example/app:1"
MANIFEST = "sha256:" + "c" * 64
AT = {"start": "2026-11-01T00:00:00Z", "end": "2026-11-30T23:59:59Z"}
ASKED = Asked(**AT, as_of="2026-11-23T00:00:00Z")


def kept(store, of, at="2026-11-20T00:00:00Z"):
    """Keep a run's SBOM and its verdict; return the run with the SBOM's real digest."""
    digest = keep_sbom(store, of.sbom, write(of.sbom, "cyclonedx-json"), at)
    of = replace(of, sbom_digest=digest)
    keep_verdict(store, of)
    return of


def named(of, name, sign):
    subject = replace(
        of.sbom.subject,
        name=name,
        image_id=Digest("sha256:" + sign * 64),
        manifest=Digest("sha256:" + sign * 64),
    )
    return replace(of, sbom=replace(of.sbom, subject=subject))


def test_an_empty_store_has_what_others_name(store):
    known = Known(reference="nginx:1", place="cluster", where="pods.json")
    assert gather(store, ASKED).images == ()
    (image,) = gather(store, replace(ASKED, known=(known,), inventories=("pods.json",))).images
    assert (image.name, image.sbom, image.verdicts) == ("nginx:1", None, ())


def test_an_image_is_one_by_its_digests(store):
    build = kept(store, decided(stage="build", at="2026-11-10T00:00:00Z"))
    deploy = decided(stage="deploy", at="2026-11-12T00:00:00Z")
    renamed = replace(deploy.sbom.subject, name="registry.example/app:latest")
    kept(store, replace(deploy, sbom=replace(deploy.sbom, subject=renamed)))
    (image,) = gather(store, ASKED).images
    assert set(image.names) == {NAME, "registry.example/app:latest"}
    assert image.manifest == MANIFEST
    assert [each.stage for each in image.verdicts] == ["build", "deploy"]
    assert all(each.sbom_kept for each in image.verdicts)
    assert image.sbom.components == len(build.sbom.components)
    assert image.sbom.placed == len(build.sbom.components)
    assert image.sbom.system.startswith("Debian")
    assert image.sbom.supported_until
    assert ("component-name", True) in image.sbom.answers


def test_only_the_period_counts_and_the_newest_of_a_stage(store):
    for day in ("2026-10-31T23:59:59Z", "2026-11-03T00:00:00Z", "2026-11-24T00:00:00Z"):
        kept(store, decided("deny", at=day), at=day)
    newest = kept(store, decided(at="2026-11-05T00:00:00Z"), at="2026-11-05T00:00:00Z")
    (image,) = gather(store, ASKED).images
    assert [each.decided_at for each in image.verdicts] == [newest.verdict.decided_at]
    before = replace(ASKED, start="2026-01-01T00:00:00Z", as_of="2026-01-31T00:00:00Z")
    assert gather(store, before).images == ()


def test_findings_are_counted_for_what_became_of_them(store):
    graves = [finding(f"CVE-2026-000{n}", 9.8) for n in range(5)]
    unscored, mild = finding("CVE-2026-0007", None), finding("CVE-2026-0008", 3.0)
    late = replace(exploited(graves[4]), fix_published="2026-11-15T00:00:00Z")
    made = run(*graves[:4], late, unscored, mild)
    rules = ("score", "exception", "vex.not_affected", "class.kernel", "score", "unscored", "score")
    answers = ("deny", "ignore", "pass", "ignore", "deny", "warn", "warn")
    judged = [*made.judged]
    judged[2] = Judged(finding=graves[2], status=Status.NOT_AFFECTED, because="x", statement="d#0")
    use = ExceptionUse(id="EX", state="used", where="f", owner="ann", approver="bob", reason="r")
    verdict = replace(
        decided("deny").verdict,
        decisions=tuple(
            Decision(answer=answer, rule=rule, because="")
            for answer, rule in zip(answers, rules, strict=True)
        ),
        exceptions=(use, replace(use, id="EX-2", state="unused")),
    )
    kept(store, replace(made, judged=tuple(judged), verdict=verdict))
    (image,) = gather(store, ASKED).images
    (told,) = image.verdicts
    assert told.grave == ("CVE-2026-0000", "CVE-2026-0004")
    assert told.overdue == ("CVE-2026-0000",)
    assert told.unscored == ("CVE-2026-0007",)
    assert [each.id for each in told.exceptions] == ["EX"]
    (image,) = gather(store, replace(ASKED, yardstick=Yardstick(score=2.0))).images
    assert "CVE-2026-0008" in image.verdicts[0].grave


def test_an_inventory_names_by_digest_before_name(store):
    kept(store, decided())
    moved = Known(reference=NAME, digest="sha256:" + "7" * 64, place="cluster", where="p")
    same = Known(reference="other/name:2", digest=MANIFEST, place="cluster", where="p")
    by_name = Known(reference=NAME, place="list", where="p")
    for each, count in ((moved, 2), (same, 1), (by_name, 1)):
        found = gather(store, replace(ASKED, known=(each,), inventories=("p",)))
        assert len(found.images) == count, each
        assert sum(image.sbom is None for image in found.images) == count - 1


def test_a_name_stands_for_the_image_that_bore_it_last(store):
    kept(
        store, named(decided("deny", at="2026-11-02T00:00:00Z"), NAME, "8"), "2026-11-02T00:00:00Z"
    )
    kept(store, named(decided(at="2026-11-09T00:00:00Z"), NAME, "9"), "2026-11-09T00:00:00Z")
    known = Known(reference=NAME, place="cluster", where="p")
    found = gather(store, replace(ASKED, known=(known,), inventories=("p",)))
    in_use = [each.manifest for each in found.images if each.known]
    assert in_use == ["sha256:" + "9" * 64]


def test_what_no_inventory_names_and_the_period_did_not_touch_is_retired(store):
    kept(store, decided(at="2026-09-01T00:00:00Z"), at="2026-09-01T00:00:00Z")
    kept(store, named(decided(), "registry.example/new:1", "8"))
    assert len(gather(store, ASKED).images) == 2
    known = Known(reference="nginx:1", place="list", where="p")
    found = gather(store, replace(ASKED, known=(known,), inventories=("p",)))
    assert {each.name for each in found.images} == {"registry.example/new:1", "nginx:1"}
    assert found.retired == (f"{NAME} {MANIFEST}",)


def test_scopes_choose_by_name_and_by_what_verdicts_say(store):
    kept(store, replace(decided(), scope=(("team", "shop"),)))
    kept(store, named(replace(decided(), scope=(("team", "pay"),)), "registry.example/pay:1", "8"))
    unknown = Known(reference="registry.example/unknown:1", place="list", where="p")
    asked = replace(ASKED, known=(unknown,), inventories=("p",))

    def names(*scope):
        return [each.name for each in gather(store, replace(asked, scope=scope)).images]

    assert names("*/pay:*") == ["registry.example/pay:1"]
    assert names("team=shop") == [NAME, unknown.reference]  # Whose team is not known counts.
    assert names("*/pay:*", "team=shop") == []
    assert len(names()) == 3


def test_an_image_is_in_scope_by_any_name_anybody_has_for_it(store):
    kept(store, decided())
    known = Known(reference=f"mirror.example/app@{MANIFEST}", digest=MANIFEST, where="p")
    asked = replace(ASKED, known=(known,), inventories=("p",), scope=("mirror.example/*",))
    (image,) = gather(store, asked).images
    assert image.sbom is not None
    assert gather(store, replace(asked, scope=("elsewhere/*",))).images == ()


def test_what_cannot_be_read_is_told(store):
    kept(store, decided())
    with open_database(store, write=True) as database:
        database.execute("UPDATE sbom_document SET document = ?", (zlib.compress(b"{"),))
    found = gather(store, ASKED)
    assert [each.effect for each in found.problems] == ["record_lost"]
    assert found.images[0].sbom is None
    assert found.images[0].verdicts


def test_the_days_of_the_set_come_from_verdicts_where_there_is_no_set(store):
    kept(store, decided(learned="2026-11-19T05:00:00Z"))
    assert gather(store, ASKED).learned == ("2026-11-19",)


def test_documents_are_what_the_store_holds(store):
    of = kept(store, decided())
    found = documents(store, gather(store, ASKED))
    assert found[f"records/sboms/{of.sbom_digest[7:]}"] == write(of.sbom, "cyclonedx-json")
    assert len(found) == 2


def signed(of, key=KEY, valid_until="2026-12-01T00:00:00Z"):
    payload = attested.statement(of, version="1", valid_until=valid_until)
    return dsse.seal(payload, PAYLOAD_TYPE, [key])


def test_signed_verdicts_count_by_key_time_and_the_latest():
    passing, denying = decided(), decided("deny", at="2026-11-21T00:00:00Z")
    span = (AT["start"], "2026-11-23T00:00:00Z")
    passed, refused = signed_passes([("a", signed(passing))], TRUSTED, *span)
    assert passed == ((MANIFEST, "deploy", "build"),)
    assert refused == ()
    both = [("a", signed(passing)), ("b", signed(denying))]
    for order in (both, both[::-1]):
        assert signed_passes(order, TRUSTED, *span) == ((), ())
    assert signed_passes(both, TRUSTED, span[0], "2026-11-20T23:00:00Z")[0] == passed
    over = signed(passing, valid_until="2026-10-01T00:00:00Z")
    assert signed_passes([("a", over)], TRUSTED, *span) == ((), ())
    _, refused = signed_passes([("x", b"{}"), ("a", signed(passing))], (), *span)
    assert [name for name, _ in refused] == ["a", "x"]
    assert dict(refused)["a"] == "no trusted key"


def test_signed_verdicts_are_the_images(store):
    kept(store, decided())
    asked = replace(ASKED, signed=((MANIFEST, "deploy", "build"), ("sha256:0", "deploy", "x")))
    found = gather(store, asked)
    assert found.trusted
    assert found.images[0].attested == (("deploy", "build"),)


PODS = {
    "kind": "List",
    "items": [
        {
            "kind": "Pod",
            "spec": {
                "containers": [{"name": "a", "image": "nginx:1.27"}, {"name": "b", "image": 7}],
                "initContainers": [{"name": "a", "image": "quay.io/x/init@" + MANIFEST}],
            },
            "status": {
                "containerStatuses": [
                    {"name": "a", "imageID": "docker.io/library/nginx@sha256:" + "1" * 64}
                ]
            },
        },
        {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": {
            "containers": [{"name": "c", "image": "busybox"}]}}}}}},
    ],
}  # fmt: skip


def test_inventories_of_every_kind_are_read():
    known, problems = read(json.dumps(PODS).encode(), "pods.json")
    assert [(each.reference, each.digest, each.place) for each in known] == [
        ("nginx:1.27", "sha256:" + "1" * 64, "cluster"),
        ("quay.io/x/init@" + MANIFEST, MANIFEST, "cluster"),
        ("busybox", "", "cluster"),
    ]
    assert problems == ()
    lines = b"# all\n\nnginx:1 # web\nnginx:1\nUPPER/x y\nr.example/a@" + MANIFEST.encode()
    known, problems = read(lines, "list")
    assert [each.reference for each in known] == ["nginx:1", f"r.example/a@{MANIFEST}"]
    assert [each.where for each in problems] == ["list: line 5"]
    known, _ = read(b'["a:1", ["b:1"]]', "list.json")
    assert [each.reference for each in known] == ["a:1", "b:1"]
    assert normal("nginx") == normal("docker.io/library/nginx:latest")


@pytest.mark.parametrize("data", [b"", b"# none", b"{}", b"[1]", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_names_no_image_is_an_error(data):
    with pytest.raises(InputError):
        read(data, "x")


@given(st.binary(max_size=200) | st.recursive(
    st.text(max_size=9) | st.none() | st.integers(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["spec", "status", "containers", "image", "items", "name"]), inner
    ),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_an_inventory_may_be_anything(data):
    try:
        known, _ = read(data, "x")
    except InputError:
        return
    assert known


def test_periods():
    assert period("2026-07-01..2026-09-30") == ("2026-07-01T00:00:00Z", "2026-09-30T23:59:59Z")
    assert period("2026-Q3") == period("2026-07-01..2026-09-30")
    assert period("2024-02") == ("2024-02-01T00:00:00Z", "2024-02-29T23:59:59Z")
    assert period("2026-12")[1] == period("2026")[1] == period("2026-Q4")[1]
    assert period("2026-11-23") == ("2026-11-23T00:00:00Z", "2026-11-23T23:59:59Z")
    for wrong in ("", "..", "2026-13", "2026-Q5", "x..y", "2026-02-30", "9999", "0000"):
        with pytest.raises(InputError, match="no period"):
            period(wrong)
    with pytest.raises(InputError, match="ends before"):
        period("2026-02-01..2026-01-01")
