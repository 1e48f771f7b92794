"""What is kept for the next record does not grow with how long a hostile one is."""

import json
import tracemalloc

from small_sets import sbom_of
from test_ledger import osv

from match.resolve import resolve
from match.set.importer import load

LONG = 200_000
COUNT = 30


def hostile(number):
    """A record whose every text is long, and like no other's."""
    text = f"{number}." + "9" * LONG
    made = osv(f"PYSEC-{number}", fixed=text)
    block = made["affected"][0]
    block["ranges"][0]["events"][0] = {"introduced": f"0.{text}"}
    block["versions"] = [f"1.{text}"]
    strange = {"package": {"ecosystem": f"Debian:{text}", "name": text}, "versions": [text]}
    made["affected"] += [strange, {"package": {"ecosystem": text, "name": "x"}}]
    rating = [{"type": "CVSS_V3", "score": f"CVSS:3.1/{text}"}, {"type": "Ubuntu", "score": text}]
    return made | {"aliases": [f"GHSA-{text}", f"OSV-{text}"], "severity": rating, "summary": text}


def test_nothing_long_is_kept_of_what_was_read(tmp_path):
    (tmp_path / "x").mkdir()
    for number in range(COUNT):
        (tmp_path / "x" / f"{number}.json").write_text(json.dumps(hostile(number)))
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "1.json").write_text(json.dumps(osv("PYSEC-1")))
    sbom = sbom_of("pkg:pypi/lib@1.0", *(f"pkg:pypi/lib@{n}.{'8' * LONG}" for n in range(COUNT)))
    for name in ("one", "x"):
        if name == "x":
            tracemalloc.start()
        with load(str(tmp_path / name)) as advisories:
            found = resolve(sbom if name == "x" else sbom_of(), advisories)
            del found
    snapshot = tracemalloc.take_snapshot()
    tracemalloc.stop()
    top = snapshot.statistics("lineno")[:12]
    assert sum(each.size for each in snapshot.statistics("lineno")) < 10 * LONG, top
