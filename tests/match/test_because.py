"""Every reason the code can give is given, by a set of one or two records, in the words it should have."""

import ast
import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from msgspec.structs import replace
from small_sets import advisory, binary, debian, language, ranges, sbom_of, set_of, source
from test_resolve import DEB, ECOSYSTEM, MADE_BY, MAKER, OTHER, OWNED, deb

import match.because
import match.join
import match.judge
from match.explain import explain
from match.model import Interval
from match.trace import Outcome, Step
from sbom.model import Component, Distro

ALMA = Distro(id="almalinux", version="8")
FILL = tuple(advisory(f"ALSA-{n}", binary(f"other{n}")) for n in range(20))
"""So many packages of a release that the set has a feed for it."""
LIB, ODD = "pkg:pypi/lib@1.0", "pkg:gem/lib@odd one"
NO_DISTRIBUTION = "and no distribution speaks for it, so the records of its ecosystem decide."
OWN = "and almalinux:8 speaks for its own packages."
OWNER = f"Its files belong to {MAKER}, and the distribution speaks for them: "


AT_IMPORT = {" is empty or inverted"}
"""What is said of a record when it is imported, and of no component."""


def rpm(version="1.0-1", name="bin", of="almalinux", **more):
    purl = f"pkg:rpm/{of}/{name}@{version}?distro={of}-8"
    return Component(purl=purl, name=name, version=version, **more)


def alma(component, *records):
    return sbom_of(component, distro=ALMA), (*records, *FILL)


def record(*affected, **more):
    return advisory("X-1", *affected, feed="f", **more)


def gem(**more):
    return language(scheme="gem", **more)


REASONS = {
    "in a range": (
        sbom_of(LIB),
        [record(language(intervals=ranges(("0.5", "2.0"))))],
        "affected",
        f"X-1 (f) says that lib from 0.5 before 2.0 is affected, 1.0 is in that range, {NO_DISTRIBUTION}",
    ),
    "listed": (
        sbom_of(LIB),
        [record(language(intervals=(), versions=("1.0",)))],
        "affected",
        f"X-1 (f) lists lib 1.0 as affected, {NO_DISTRIBUTION}",
    ),
    "its own distribution": (
        *alma(rpm(), record(binary())),
        "affected",
        f"X-1 (f) says that bin before 1.0-2 is affected, 1.0-1 is in that range, {OWN}",
    ),
    "another distribution speaks": (
        sbom_of(rpm(of="centos"), distro=Distro(id="centos", version="8")),
        [record(binary(release="rhel:8"))],
        "affected",
        (
            "X-1 (f) says that bin before 1.0-2 is affected, 1.0-1 is in that range, and rhel:8 speaks"
            " for centos:8, which has no feed in the set."
        ),
    ),
    "silent, with the days": (
        sbom_of(OWNED, MADE_BY),
        [ECOSYSTEM, OTHER],
        "affected",
        (
            "PYSEC-1 (osv:PYSEC) says that lib before 2.0 is affected, 1.0 is in that range, and"
            f" {MAKER} owns its files, of which debian:12 has said nothing for 60 days."
        ),
    ),
    "silent since nobody knows when": (
        sbom_of(OWNED, MADE_BY),
        [record(language(), aliases=("CVE-2024-1",))],
        "affected",
        (
            f"X-1 (f) says that lib before 2.0 is affected, 1.0 is in that range, and {MAKER} owns its"
            " files, of which debian:12 has said nothing."
        ),
    ),
    "owned by a package that is not listed": (
        sbom_of(OWNED),
        [ECOSYSTEM, advisory("DSA-1", source(), names=("CVE-2024-1",), feed="d")],
        "affected",
        (
            "PYSEC-1 (osv:PYSEC) says that lib before 2.0 is affected, 1.0 is in that range, and"
            f" {OWNER}DSA-1 (d) says that it is affected."
        ),
    ),
    "rejected by the CNA": (
        sbom_of(LIB),
        [
            record(language(), aliases=("CVE-2024-1",)),
            advisory("CVE-2024-1", feed="cve", withdrawn="2025-02-03T00:00:00Z"),
        ],
        "affected",
        (
            "X-1 (f) says that lib before 2.0 is affected, 1.0 is in that range, and no distribution"
            " speaks for it, so the records of its ecosystem decide; its CVE was rejected by the CNA"
            " on 2025-02-03, which ends no other record."
        ),
    ),
    "by its CPE": (
        sbom_of("pkg:generic/lua@1.0"),
        [record(language("lua:lua", scheme="cpe", names="cpe"))],
        "affected",
        (
            "X-1 (f) says that lua:lua before 2.0 is affected, 1.0 is in that range, and by CPE: it is"
            " mapped to lua:lua and no other record names it."
        ),
    ),
    "not known yet": (
        sbom_of(LIB),
        [record(language(claim="unknown"))],
        "undecided",
        f"X-1 (f) does not know yet whether lib 1.0 is affected, {NO_DISTRIBUTION}",
    ),
    "a version without order": (
        sbom_of(ODD),
        [record(gem())],
        "undecided",
        (
            "X-1 (f) names lib, but whether odd one is affected is undecided since the version"
            f" 'odd one' has no order, {NO_DISTRIBUTION}"
        ),
    ),
    "no version": (
        sbom_of("pkg:gem/lib"),
        [record(gem())],
        "undecided",
        (
            "X-1 (f) names lib, but whether it is affected is undecided since no version is known,"
            f" {NO_DISTRIBUTION}"
        ),
    ),
    "a range without order": (
        sbom_of("pkg:gem/lib@1.0"),
        [record(gem(intervals=ranges(("odd one", "2.0"))))],
        "undecided",
        (
            "X-1 (f) names lib, but whether 1.0 is affected is undecided since the range from odd one"
            f" before 2.0 has no order, {NO_DISTRIBUTION}"
        ),
    ),
    "a stream that is not known": (
        *alma(rpm("1.0-1.module_el8"), record(binary(stream="m:1"))),
        "undecided",
        (
            "X-1 (f) says that bin before 1.0-2 is affected, 1.0-1.module_el8 is in that range,"
            f" undecided since the module stream is not known, {OWN}"
        ),
    ),
    "a release that is not known": (
        sbom_of(rpm(), distro=Distro(id="almalinux")),
        [record(binary())],
        "undecided",
        (
            "X-1 (f) says that bin before 1.0-2 is affected, 1.0-1 is in that range, undecided since"
            " the release of the distribution is not known, and the release of almalinux is not known,"
            " so every release of it counts."
        ),
    ),
    "fixed": (
        sbom_of("pkg:pypi/lib@2.0"),
        [record(language())],
        "fixed",
        "X-1 (f) says that lib is fixed in 2.0; 2.0 is not before that.",
    ),
    "below every range": (
        sbom_of(LIB),
        [record(language(intervals=ranges(("1.5", "2.0"), ("3", None))))],
        "out_of_range",
        "X-1 (f) says that lib is affected from 1.5 before 2.0, from 3 on; 1.0 is not.",
    ),
    "after the last": (
        sbom_of(LIB),
        [record(language(intervals=(Interval(last_affected="0.9"),)))],
        "out_of_range",
        "X-1 (f) says that lib is affected up to 0.9; 1.0 is not.",
    ),
    "not the one that is listed": (
        sbom_of(LIB),
        [record(language(intervals=(), versions=("1.1",)))],
        "out_of_range",
        "X-1 (f) says that lib is affected in 1 version it lists; 1.0 is not.",
    ),
    "in no range, nor among those listed": (
        sbom_of(LIB),
        [record(language(intervals=ranges(("3", None)), versions=("1.1", "1.2")))],
        "out_of_range",
        "X-1 (f) says that lib is affected from 3 on, in 2 versions it lists; 1.0 is not.",
    ),
    "no version named": (
        sbom_of(LIB),
        [record(language(intervals=()))],
        "out_of_range",
        "X-1 (f) names lib and no version of it.",
    ),
    "not among those that may be affected": (
        sbom_of(LIB),
        [record(language(claim="unknown", intervals=ranges(("3", None))))],
        "out_of_range",
        "X-1 (f) says that lib may be affected from 3 on; 1.0 is not.",
    ),
    "not among those that are not affected": (
        sbom_of(LIB),
        [record(language(claim="not_affected", intervals=ranges(("3", None))))],
        "out_of_range",
        (
            "X-1 (f) says only that lib is not affected from 3 on, which 1.0 is not, and no record says"
            " that it is affected."
        ),
    ),
    "not affected": (
        sbom_of(LIB),
        [record(language(claim="not_affected", intervals=()))],
        "not_affected",
        "X-1 (f) says that lib 1.0 is not affected.",
    ),
    "perhaps not affected": (
        sbom_of(ODD),
        [record(gem(claim="not_affected"))],
        "not_affected",
        (
            "X-1 (f) says of lib only what is not affected; whether it means odd one cannot be told"
            " since the version 'odd one' has no order, and no record says that it is affected."
        ),
    ),
    "withdrawn": (
        sbom_of(LIB),
        [record(language(), withdrawn="2025-01-01T00:00:00Z")],
        "withdrawn",
        "X-1 (f) was withdrawn on 2025-01-01.",
    ),
    "made by others": (
        sbom_of(deb(vendor="Docker <support@docker.com>")),
        [record(source())],
        "precedence",
        (
            "X-1 (f) is about src of debian:12; this one was made by Docker <support@docker.com>, for"
            " whom the distribution does not speak."
        ),
    ),
    "another stream": (
        *alma(rpm(stream="m:2:1:1"), record(binary(stream="m:1"))),
        "stream",
        "X-1 (f) is about module m:1; bin here is of module m:2.",
    ),
    "a module's, and this is in none": (
        *alma(rpm(), record(binary(stream="m:1"))),
        "stream",
        "X-1 (f) is about module m:1; bin here is of no module.",
    ),
    "in no module, and this is of one": (
        *alma(rpm(stream="m:2:1:1"), record(binary())),
        "stream",
        "X-1 (f) is about no module; bin here is of module m:2.",
    ),
    "some module's, and this is in none": (
        *alma(rpm(), record(binary(stream=None))),
        "stream",
        "X-1 (f) is about a module; bin here is of no module.",
    ),
    "another architecture": (
        *alma(rpm(arch="x86_64"), record(binary(arches=("aarch64", "s390x")))),
        "arch",
        "X-1 (f) is about bin for aarch64, s390x; this one is for x86_64.",
    ),
    "owned, and the owner is cleared": (
        sbom_of(OWNED, MADE_BY),
        [
            ECOSYSTEM,
            advisory(
                "DSA-1", source(intervals=ranges((None, "1.0-1"))), names=("CVE-2024-1",), feed="d"
            ),
        ],
        "owned",
        f"{OWNER}DSA-1 (d) says that src is fixed in 1.0-1; 1.0-1 is not before that.",
    ),
    "owned, and found on the owner": (
        sbom_of(OWNED, MADE_BY),
        [ECOSYSTEM, advisory("DSA-1", source(), names=("CVE-2024-1",), feed="d")],
        "owned",
        f"{OWNER}DSA-1 (d) says that it is affected.",
    ),
    "named as its ecosystem does": (
        sbom_of("pkg:swift/github.com/o/lib@1.0"),
        [record(language("swift/github.com/o/lib", scheme="semver"))],
        "affected",
        (
            "X-1 (f) says that github.com/o/lib before 2.0 is affected, 1.0 is in that range,"
            f" {NO_DISTRIBUTION}"
        ),
    ),
    "nobody names it": (
        sbom_of(LIB),
        [record(language("other"))],
        "not_named",
        "No record of it names lib.",
    ),
    "its CVE was rejected": (
        sbom_of(LIB),
        [
            record(language(), aliases=("CVE-2024-1",)),
            advisory("CVE-2024-1", feed="cve", withdrawn="2024-05-01T00:00:00Z"),
        ],
        "affected",
        (
            f"X-1 (f) says that lib before 2.0 is affected, 1.0 is in that range, {NO_DISTRIBUTION[:-1]};"
            " its CVE was rejected by the CNA on 2024-05-01, which ends no other record."
        ),
    ),
    "a product of NVD's": (
        sbom_of("pkg:generic/openssl@1.0"),
        [record(language("openssl:openssl", "cpe", names="cpe"))],
        "affected",
        (
            "X-1 (f) says that openssl:openssl before 2.0 is affected, 1.0 is in that range, and by"
            " CPE: it is mapped to openssl:openssl and no other record names it."
        ),
    ),
    "no feed": (
        sbom_of(LIB),
        [record(gem())],
        "no_feed",
        "The set has no feed for pypi, so it cannot tell.",
    ),
    "no feed for the release": (
        sbom_of(deb(distro=debian("9"))),
        [record(source())],
        "no_feed",
        "The set has no feed for debian:9, so it cannot tell.",
    ),
    "no feed for such purls": (
        sbom_of("pkg:oci/app@1"),
        [record(language())],
        "no_feed",
        "The set has no feed for oci, so it cannot tell.",
    ),
    "silent, of a maker without a distribution": (
        sbom_of(replace(OWNED, maker="pkg:generic/suite@1"), "pkg:generic/suite@1"),
        [ECOSYSTEM],
        "affected",
        (
            "PYSEC-1 (osv:PYSEC) says that lib before 2.0 is affected, 1.0 is in that range, and"
            " pkg:generic/suite@1 owns its files, of which its distribution has said nothing for 0"
            " days."
        ),
    ),
    "no feed for a maker": (
        sbom_of(deb(vendor="Docker <support@docker.com>")),
        [record(source("other"))],
        "no_feed",
        ("The set has no feed for packages of Docker <support@docker.com>, so it cannot tell."),
    ),
    "no feed for what is no purl": (
        sbom_of("pkg:"),
        [record(language())],
        "no_feed",
        "The set has no feed for this purl, so it cannot tell.",
    ),
    "all versions": (
        sbom_of(LIB),
        [record(language(intervals=ranges((None, None))))],
        "affected",
        f"X-1 (f) says that lib in all versions is affected, 1.0 is in that range, {NO_DISTRIBUTION}",
    ),
    "all versions, and none is known": (
        sbom_of("pkg:pypi/lib"),
        [record(language(intervals=ranges((None, None))))],
        "affected",
        f"X-1 (f) says that lib in all versions is affected, it is in that range, {NO_DISTRIBUTION}",
    ),
    "not known yet, nor is the version": (
        sbom_of("pkg:pypi/lib"),
        [record(language(claim="unknown", intervals=ranges((None, None))))],
        "undecided",
        (
            "X-1 (f) does not know yet whether lib of no known version is affected,"
            f" {NO_DISTRIBUTION}"
        ),
    ),
    "no version is known, and none is affected": (
        sbom_of("pkg:pypi/lib"),
        [record(language(claim="not_affected", intervals=ranges((None, None))))],
        "not_affected",
        "X-1 (f) says that lib is not affected.",
    ),
    "no version is known, and another is not affected": (
        sbom_of("pkg:pypi/lib"),
        [record(language(claim="not_affected"))],
        "not_affected",
        (
            "X-1 (f) says of lib only what is not affected; whether it means its version cannot be"
            " told since no version is known, and no record says that it is affected."
        ),
    ),
    "builds of another channel": (
        sbom_of(rpm("1.0-1.el8", of="oracle"), distro=Distro(id="ol", version="8")),
        [record(binary(release="oracle:8", product="ksplice"))],
        "stream",
        "X-1 (f) is about bin in builds of ksplice; 1.0-1.el8 here is none of these.",
    ),
    "few records are no feed": (
        sbom_of(DEB, distro=debian()),
        [record(source("other"))],
        "no_feed",
        "The set has no feed for debian:12 (the set names 1 of its packages), so it cannot tell.",
    ),
    "no purl": (
        sbom_of(Component(purl="", name="tool", version="1", ref="tool-1")),
        [record(language())],
        "no_purl",
        "tool 1 has no purl, so it cannot be looked up.",
    ),
}


@pytest.mark.parametrize("name", REASONS)
def test_the_reason_is_given_in_these_words(name):
    sbom, records, outcome, because = REASONS[name]
    component = sbom.components[0]
    with set_of(*records) as advisories:
        trace = explain(sbom, advisories, records[0].id, component.purl or component.ref)
    (case,) = trace.cases
    assert (case.outcome, case.because) == (outcome, because)
    if case.advisory and outcome not in {"not_named", "no_feed", "no_purl"}:
        (deciding,) = {s.advisory for s in case.steps if s.decides}
        assert deciding == case.advisory


def test_every_outcome_is_among_the_reasons():
    assert {outcome for _, _, outcome, _ in REASONS.values()} == set(get_args(Outcome))


@pytest.fixture(scope="module")
def told():
    """Everything that is said of the reasons above: (sentences, the steps' verdicts)."""
    said, verdicts = [], set()
    for sbom, records, _, because in REASONS.values():
        component = sbom.components[0]
        with set_of(*records) as advisories:
            trace = explain(sbom, advisories, records[0].id, component.purl or component.ref)
        steps = [step for case in trace.cases for step in case.steps]
        verdicts |= {step.verdict for step in steps}
        said += [because, *(step.why for step in steps)]
    return "\n".join(said), verdicts


@pytest.mark.parametrize("module", [match.because, match.join, match.judge])
def test_every_phrase_of_the_code_is_in_one_of_the_reasons(module, told):
    """A new way of putting things needs a case above, wherever in the code it is put."""
    tree = ast.parse(Path(module.__file__).read_text())
    notes = [n.annotation for n in ast.walk(tree) if isinstance(n, (ast.arg, ast.AnnAssign))]
    notes += [n.returns for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    unsaid = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    unsaid |= {id(part) for note in notes if note for part in ast.walk(note)}
    pieces = {id(p) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for p in n.values}
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if id(node) not in unsaid and (id(node) in pieces or " " in node.value.strip())
    }
    assert len(texts) > 4
    assert not {text for text in texts - AT_IMPORT if text not in told[0]}


def test_every_verdict_of_a_step_is_among_the_reasons(told):
    assert told[1] == set(get_args(get_type_hints(Step)["verdict"]))


def test_the_page_has_every_outcome():
    page = (Path(__file__).resolve().parents[2] / "docs/explain.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert set(rows) == set(get_args(Outcome))
    assert len(rows) == len(set(rows))


def test_what_may_be_about_another_version_clears_nothing():
    sbom = sbom_of(ODD)
    older = advisory("GHSA-a", gem(), aliases=("CVE-2024-1",), modified="2024-01-01T00:00:00Z")
    newer = advisory("CVE-2024-1", gem(claim="not_affected"), modified="2024-02-01T00:00:00Z")
    with set_of(older, newer) as advisories:
        (case,) = explain(sbom, advisories, "CVE-2024-1").cases
    assert (case.outcome, case.advisory) == ("undecided", "GHSA-a")


def test_what_may_be_about_another_stream_clears_nothing():
    modular = rpm("1.0-1.module_el8")
    older = advisory(
        "ALSA-a", binary(stream="m:1"), aliases=("CVE-2024-1",), modified="2024-01-01T00:00:00Z"
    )
    newer = advisory(
        "CVE-2024-1",
        binary(stream="m:2", claim="not_affected", intervals=()),
        modified="2024-02-01T00:00:00Z",
    )
    sbom, records = alma(modular, older, newer)
    with set_of(*records) as advisories:
        (case,) = explain(sbom, advisories, "CVE-2024-1").cases
    assert (case.outcome, case.advisory) == ("undecided", "ALSA-a")


def test_an_owner_that_is_not_affected_in_other_versions_is_silent():
    other = advisory(
        "DSA-1",
        source(claim="not_affected", intervals=ranges(("9", None))),
        names=("CVE-2024-1",),
    )
    with set_of(ECOSYSTEM, other) as advisories:
        cases = explain(sbom_of(OWNED, MADE_BY), advisories, "CVE-2024-1", OWNED.purl).cases
    assert cases[0].outcome == "affected"
    assert cases[0].unknowns == ("vendor_silent",)
