"""`explain` gives the two hundred answers that were checked (README.md beside this file)."""

import json
from collections import Counter
from pathlib import Path

import pytest
from msgspec.structs import replace

from lading.main import main
from lading.subject import Reading, load_sbom
from match.explain import explain
from match.set.store import open_set

FACTS = [
    fact
    for path in sorted(Path(__file__).parent.glob("*.json"))
    for fact in json.loads(path.read_text())
]
FINDINGS = {"affected", "undecided"}


def subject(shared, name, scratch):
    """The image or document; where the facts name none, a document of just their purls."""
    if not name:
        path = scratch / "purls.cdx.json"
        purls = dict.fromkeys(fact["purl"] for fact in FACTS if not fact["sbom"])
        components = [{"type": "library", "name": "it", "purl": purl} for purl in purls]
        document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "components": components}
        path.write_text(json.dumps(document))
        return str(path)
    kind, colon, path = name.rpartition(":") if name.startswith("oci:") else ("", "", name)
    if not colon:
        return str(shared / path)
    return f"oci:{shared / kind.removeprefix('oci:')}:{path}"


def alone(sbom, purl):
    """The component and the package that owns its files: nothing else of the SBOM has a say."""
    makers = {c.maker for c in sbom.components if c.purl == purl}
    kept = tuple(c for c in sbom.components if c.purl == purl or c.purl in makers)
    return replace(sbom, components=kept)


def answer(trace, fact):
    """What was found of a pair, in the words of the facts."""
    (case,) = [c for c in trace.cases if c.purl == fact["purl"]]
    found = {"sbom": fact["sbom"], "purl": case.purl, "id": fact["id"], "outcome": case.outcome}
    if case.advisory:
        found |= {"advisory": case.advisory, "feed": case.feed}
    if case.fixed:
        found["fixed"] = list(case.fixed)
    step = next((s for s in case.steps if s.decides and _tells(s, case.outcome)), None)
    if step is None:
        return found | {"because": case.because}
    found |= {"area": step.area, "verdict": step.verdict}
    if range_ := _deciding(step, case.outcome):
        found["range"] = range_.words
        found["compared"] = [f"{step.version} {c.sign} {c.version}" for c in range_.comparisons]
    if step.listed:
        found["listed"] = step.listed
    return found


def _tells(step, outcome):
    return step.verdict == "inside" or outcome not in FINDINGS


def _deciding(step, outcome):
    """The range that holds the version, or the last whose fix it has, or the last of all."""
    inside = [r for r in step.ranges if r.verdict == "inside"]
    past = [
        r for r in step.ranges if any(c.bound == "fixed" and c.sign in "=>" for c in r.comparisons)
    ]
    if outcome == "fixed":
        return past[-1]
    return next(iter(inside), None) or (step.ranges[-1] if step.ranges else None)


def test_there_are_two_hundred_half_of_them_findings():
    outcomes = Counter(fact["outcome"] for fact in FACTS)
    assert sum(outcomes.values()) == 200
    assert sum(outcomes[each] for each in FINDINGS) == 100
    assert len({(fact["sbom"], fact["purl"], fact["id"]) for fact in FACTS}) == 200


@pytest.mark.shared
def test_the_answers_are_those_that_were_checked(shared, tmp_path):
    store = str(tmp_path / "set.db")
    assert main(["feeds", "import", str(shared / "feeds"), "--db", store]) == 0
    sboms = {}
    wrong = []
    with open_set(store) as advisories:
        for fact in FACTS:
            name = fact["sbom"]
            if name not in sboms:
                sboms[name] = load_sbom(subject(shared, name, tmp_path), Reading(db=store))[0]
            sbom = alone(sboms[name], fact["purl"])
            found = answer(explain(sbom, advisories, fact["id"], fact["purl"]), fact)
            if found != fact:
                wrong.append((fact, found))
    assert not wrong
