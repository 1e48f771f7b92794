"""Numbers and statuses of evidence: nothing is met that was not counted, and worse is never better."""

from pathlib import Path

import pytest
from evidence_facts import digest, facts, flawed, image, sbom, unseen, verdict
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gate.evidence.assess import assess
from gate.evidence.controls import FRAMEWORKS, framework
from gate.evidence.measures import MEASURES, measured
from gate.evidence.model import STATUSES, ExceptionFacts, Known, Yardstick
from sbom.model import Problem
from sbom.profiles import cisa_2026

RANK = {"not met": 0, "partly": 1, "met": 2}
CONTROLS = [each for name in FRAMEWORKS for each in framework(name).CONTROLS]


def statuses(of):
    return {each.control.id: each.status for each in assess(of)}


def lacks(name, of):
    return [each.lacks for each in measured(name, of).items]


def test_every_sentence_has_an_id_of_its_own_and_is_measured_or_says_why_not():
    ids = [each.id for each in CONTROLS]
    assert len(set(ids)) == len(ids)
    for each in CONTROLS:
        assert each.measure in MEASURES if each.measure else each.beyond, each.id
        assert each.whole or each.beyond, each.id
        assert each.text.endswith("."), each.id
    used = {each.measure for each in CONTROLS}
    assert used - {""} == set(MEASURES)
    sections = {each.section for each in framework("sp800-190").CONTROLS}
    assert {"4.1.1", "4.1.2", "4.1.3", "4.1.4", "4.1.5", "4.2.1", "4.2.2", "4.2.3"} == sections
    elements = {f"cisa-2026_{each.id}" for each in cisa_2026.ELEMENTS}
    assert elements <= {each.id for each in framework("cisa-2026").CONTROLS}
    tasks = {each.section for each in framework("ssdf").CONTROLS}
    assert tasks == {"PS.3", "PW.4", "RV.1", "RV.2"}
    points = {each.id.rpartition(".")[2] for each in framework("cra").CONTROLS}
    assert points == {"1a", "1b", *"2345678"}


def test_with_nothing_nothing_is_met():
    for inventories in ((), ("pods.json",)):
        of = facts(inventories=inventories, learned=(), trusted=False)
        assert set(statuses(of).values()) == {"not met", "out of scope"}
    assert "no image is known" in assess(facts(learned=()))[0].gap


def test_a_period_in_order_meets_what_the_records_can_tell_whole():
    found = {each.control.id: each for each in assess(facts(image()))}
    for each in found.values():
        if each.measured is None:
            assert each.status in {"out of scope", "not applicable"}
        elif each.measured.measure == "exceptions":
            assert each.status == "not applicable"
        else:
            assert each.status == ("met" if each.control.whole else "partly"), each.control.id
            assert each.measured.counted == each.measured.of > 0


def test_a_policy_by_itself_meets_nothing():
    """A policy that decided, and nobody who knows what else there is."""
    judged = image(known=())
    of = facts(judged, inventories=())
    numbers = [each for each in assess(of) if each.measured]
    counted_in_images = [each for each in numbers if each.measured.unit == "image"]
    assert counted_in_images
    assert all(each.status != "met" for each in counted_in_images)
    assert any("only what was scanned" in each.gap for each in counted_in_images)


def test_what_could_not_be_read_keeps_everything_from_being_met():
    lost = Problem(source="evidence", where="verdict x", what="broken", effect="record_lost")
    assert "met" not in statuses(facts(image(), problems=(lost,))).values()
    refused = replace(lost, effect="field_lost")
    assert statuses(facts(image(), problems=(refused,))) == statuses(facts(image()))


def test_the_flaws_of_an_image_are_named():
    of = facts(flawed())
    assert lacks("every-stage", of) == ["no verdict of a stage: registry, deploy"]
    assert lacks("layers", of) == ["layers are not known: 6 of 10 components"]
    assert lacks("spoken-for", of) == ["no feed speaks of it: 3 of 10 components"]
    assert lacks("gates-hold", of) == ["denied: at build on 2026-09-02"]
    assert lacks("not-root", of) == ["runs as root"]
    assert lacks("no-ssh", of) == ["ssh: port 22/tcp is exposed"]
    assert lacks("no-secrets", of) == ["variables look like secrets: DB_PASSWORD"]
    assert lacks("supported", of) == ["support has ended: Debian GNU/Linux 12 on 2026-01-31"]
    assert lacks("in-time", of) == ["fix known for more than 30 days: CVE-2026-0001"]
    assert lacks("assessed", of) == ["neither score nor statement: CVE-2026-0009"]
    named = ", ".join(f"CVE-2026-{number:04}" for number in range(5))
    assert lacks("answered", of) == [f"open findings of 7 or more: {named} and 4 more"]
    assert lacks("exceptions", of) == ["not stated: end"]
    assert lacks("pinned", of) == ["named by a tag, which may move"]
    assert lacks("archived", of) == [f"the SBOM that was judged is not kept: {digest('b')}"]


@pytest.mark.parametrize(
    ("change", "measure", "lost"),
    [
        ({"facts": ()}, "configuration", "configuration is not known"),
        ({"facts": (("config", "none"),)}, "no-secrets", "configuration is not known"),
        ({"facts": (("config", "read"),)}, "not-root", "whether it runs as root is not known"),
        (
            {"facts": (("config", "read"), ("runs-as-root", "unknown"))},
            "not-root",
            "whether it runs as root is not known",
        ),
        ({"facts": ()}, "no-ssh", "whether it has ssh is not known"),
        ({"facts": ()}, "base-known", "its base is not known"),
        ({"facts": ()}, "base-fresh", "age of its base is not known"),
        (
            {"facts": (("base-created", "2026-01-01T00:00:00Z"),)},
            "base-fresh",
            "base is older than 90 days: 272 days",
        ),
        ({"supported_until": ""}, "supported", "support of the system is not known: "),
        ({"components": 0, "placed": 0}, "layers", "no component was found"),
    ],
)
def test_what_is_not_known_does_not_count(change, measure, lost):
    (found,) = lacks(measure, facts(image(sbom=sbom(**change))))
    assert found.startswith(lost)


def test_the_newest_verdict_of_a_stage_decides():
    denied = verdict("deploy", "deny", decided_at="2026-09-21T00:00:00Z")
    of = facts(image(verdicts=(verdict(), verdict("deploy"), denied)))
    assert lacks("deployed-passing", of) == ["denied: at deploy on 2026-09-21"]
    of = facts(image(verdicts=(verdict(), denied, verdict("deploy"))))
    assert lacks("deployed-passing", of) == [""]


def test_age_counts_to_the_end_of_the_period():
    old = image(verdicts=(verdict(decided_at="2026-09-10T00:00:00Z"),))
    assert lacks("current", facts(old)) == [""]
    assert lacks("current", facts(old, yardstick=Yardstick(verdict_days=20))) == [""]
    strict = facts(old, yardstick=Yardstick(verdict_days=19))
    assert lacks("current", strict) == ["newest verdict is older than 19 days: 20 days"]
    assert "at most 19 days" in measured("current", strict).query


def test_days_count_by_when_the_set_was_fetched():
    of = facts(image(), learned=("2026-09-05",))
    found = {each.name: each.lacks for each in measured("feeds-fresh", of).items}
    assert len(found) == 30
    assert found["2026-09-04"] == "advisory set was not there yet"
    assert found["2026-09-12"] == ""
    assert found["2026-09-13"] == "advisory set was older than 7 days: of 2026-09-05"


def test_accepting_needs_two_people():
    def use(**more):
        values = {"id": "EX-1", "owner": "ann", "approver": "bob", "reason": "x", "until": "2027"}
        return ExceptionFacts(**(values | more))

    for wrong, told in (
        ({"approver": "ann"}, "owner and approver are one: ann"),
        ({"owner": "", "reason": ""}, "not stated: owner, reason"),
    ):
        of = facts(image(verdicts=(verdict(exceptions=(use(), use(id="EX-2", **wrong))),)))
        assert lacks("exceptions", of) == ["", told]


IMAGES = st.lists(
    st.builds(
        lambda number, **more: image(f"registry.example/app:{number}", **more),
        number=st.integers(1, 4),
        verdicts=st.lists(
            st.builds(
                verdict,
                st.sampled_from(["build", "registry", "deploy"]),
                st.sampled_from(["pass", "deny"]),
                matchable=st.integers(8, 10),
            ),
            max_size=3,
        ).map(tuple),
        sbom=st.none() | st.builds(sbom, placed=st.integers(9, 10)),
    ),
    max_size=4,
)


def not_better(before, after):
    """Compare by status and by share, sentence by sentence."""
    for old, new in zip(assess(before), assess(after), strict=True):
        if old.measured is None:
            assert new.status == old.status
            continue
        if old.status in RANK:
            assert RANK[new.status] <= RANK[old.status], old.control.id
        else:
            assert new.status != "met", old.control.id
        was, now = old.measured, new.measured
        if was.of:
            assert now.counted * was.of <= was.counted * now.of, old.control.id
        assert now.counted <= was.counted or was.unit != "image", old.control.id


@settings(max_examples=60, deadline=None)
@given(IMAGES)
def test_a_further_unscanned_image_never_improves_anything(images):
    before = facts(*images)
    not_better(before, facts(*images, unseen()))


@settings(max_examples=60, deadline=None)
@given(IMAGES, st.sampled_from(["build", "registry", "deploy"]))
def test_denying_an_image_never_improves_anything(images, stage):
    for place, each in enumerate(images):
        denied = verdict(stage, "deny", decided_at="2026-09-29T00:00:00Z", grave=("CVE-1",))
        other = [e for e in each.verdicts if e.stage != stage]
        known = any(e.stage == stage for e in each.verdicts)
        if not known:
            continue  # A first verdict is a step forward, whatever it says.
        worse = replace(each, verdicts=(*other, denied), attested=())
        changed = [*images[:place], worse, *images[place + 1 :]]
        before = measured("gates-hold", facts(*images))
        after = measured("gates-hold", facts(*changed))
        assert after.counted <= before.counted
        for name in ("deployed-passing", "built-clean", "answered", "registry-clean", "trusted"):
            was, now = (measured(name, facts(*some)) for some in (images, changed))
            assert now.counted <= was.counted


@settings(max_examples=40, deadline=None)
@given(IMAGES)
def test_a_further_denied_image_never_improves_the_share_that_passes(images):
    denied = image(
        "registry.example/denied:1",
        verdicts=tuple(verdict(stage, "deny") for stage in ("build", "registry", "deploy")),
        attested=(),
    )
    for name in ("gates-hold", "deployed-passing", "built-clean", "registry-clean", "trusted"):
        was, now = (measured(name, facts(*some)) for some in (images, [*images, denied]))
        assert now.counted == was.counted
        assert now.of == was.of + 1


@settings(max_examples=40, deadline=None)
@given(IMAGES, st.randoms(use_true_random=False))
def test_the_order_of_images_does_not_matter(images, chance):
    shuffled = list(images)
    chance.shuffle(shuffled)
    assert assess(facts(*images)) == assess(facts(*shuffled))


def test_in_use_is_what_an_inventory_names():
    left = image("registry.example/old:1", known=(), verdicts=(verdict("deploy", "deny"),))
    assert measured("deployed-passing", facts(image(), left)).of == 1
    assert measured("catalogued", facts(image(), left)).of == 2
    only_list = Known(reference="registry.example/old:1", place="list", where="x")
    assert measured("deployed-passing", facts(image(), replace(left, known=(only_list,)))).of == 2


def test_the_page_has_every_measure_status_and_yardstick():
    page = (Path(__file__).resolve().parents[2] / "docs/evidence.md").read_text()
    for name, measure in MEASURES.items():
        if not name.startswith("element-"):
            assert f"| `{name}` | {measure.unit} | {measure.query} |" in page
    for status in STATUSES:
        assert f"| {status} |" in page
    for field in Yardstick.__struct_fields__:
        assert f"`{field}` {getattr(Yardstick(), field):g}" in page.replace("\n", " ")
