"""What publishers say, as files, and how it changes: random worlds for the laws of the set."""

import gzip
import json
import zipfile
from contextlib import suppress

from hypothesis import strategies as st
from msgspec.json import encode
from small_sets import debian, sbom_of

from match.explain import explain
from match.resolve import resolve
from match.set.importer import Brought, import_files, import_path
from sbom.errors import InputError

CVES = ["CVE-2024-0001", "CVE-2024-0002", "CVE-2024-0003"]
SBOM = sbom_of(
    "pkg:pypi/lib@1.0",
    "pkg:pypi/other@1.5",
    "pkg:pypi/far@nonsense",
    "pkg:deb/debian/lib@1.0-1",
    distro=debian(),
)
OWN = {
    "PyPI/all.zip": ["PYSEC-2024-1", "PYSEC-2024-2", "GHSA-aaaa"],
    "npm/all.zip": ["GHSA-bbbb", "MAL-2024-1", CVES[2]],
    "Debian/all.zip": ["DSA-1-1", "DSA-2-1"],
    "loose/GO-2024-1.json": ["GO-2024-1"],
}
"""The ids of each file; nothing is said of one id by two of them."""
IDS = sorted({*CVES, *(id_ for ids in OWN.values() for id_ in ids)})
UNREADABLE = ["{", '{"id": 7}', '"affected"']
EVENTS = [
    [{"introduced": "0"}, {"fixed": "0.5"}],
    [{"introduced": "0"}, {"fixed": "1.2"}],
    [{"introduced": "0.9"}, {"fixed": "2.0"}],
    [{"introduced": "0.9"}, {"last_affected": "1.5"}, {"introduced": "3"}],
    [{"introduced": "2.0"}, {"fixed": "1.0"}],  # Backwards: told, and it never ends.
    [{"fixed": "1.0"}],  # It cannot be read.
]


def record(id_, affected, links, score, withdrawn):
    """A record in OSV's form."""
    distribution = id_.startswith("DSA")
    ecosystem = "Debian:12" if distribution else "PyPI"
    blocks = [
        {
            "package": {"ecosystem": ecosystem, "name": name},
            "ranges": [{"type": "ECOSYSTEM", "events": events}],
        }
        for name, events in affected
    ]
    made = {"id": id_, "modified": "2025-06-01T00:00:00Z", "affected": blocks}
    made["upstream" if distribution else "aliases"] = links
    if score:
        made["severity"] = [{"type": "CVSS_V3", "score": score}]
    if withdrawn:
        made["withdrawn"] = "2025-07-01T00:00:00Z"
    return made


AFFECTED = st.tuples(st.sampled_from(["lib", "other", "far"]), st.sampled_from(EVENTS))
SCORES = ["", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "8.1", "high"]


def records(id_):
    """Any record of an id, or one that cannot be read."""
    whole = st.builds(
        record,
        st.just(id_),
        st.lists(AFFECTED, max_size=2),
        st.lists(st.sampled_from([i for i in IDS if i != id_]), max_size=2, unique=True),
        st.sampled_from(SCORES),
        st.sampled_from([False, False, False, True]),
    )
    return st.one_of(whole.map(json.dumps), whole.map(json.dumps), st.sampled_from(UNREADABLE))


def contents(ids):
    """Any content of a file: its records by id, in some order."""
    each = {id_: st.one_of(st.none(), records(id_)) for id_ in ids}
    made = st.fixed_dictionaries(each).map(lambda m: [(i, d) for i, d in m.items() if d])
    return made.flatmap(st.permutations)


SCORED = st.lists(
    st.tuples(
        st.sampled_from(CVES), st.sampled_from(["0.1", "0.25", "0.3333333", "soon"]), st.just("0.5")
    ),
    max_size=3,
    unique_by=lambda row: row[0],
)
LISTED = st.lists(st.sampled_from([*CVES, 7]), max_size=2, unique=True)
CHANGES = st.fixed_dictionaries(
    {},
    optional={path: contents(ids) for path, ids in OWN.items()}
    | {"epss/scores.csv.gz": SCORED, "kev/kev.json": LISTED},
)
"""What is published anew."""
STEP = st.tuples(CHANGES, st.booleans())
"""With whether all is imported then, or what changed alone."""


def publish(folder, changes):
    """Write what changed; return the paths."""
    for name, content in changes.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".zip"):
            with zipfile.ZipFile(path, "w") as archive:
                for id_, text in content:
                    archive.writestr(f"{id_}.json", text)
        elif name.endswith(".gz"):
            head = "#model_version:v1,score_date:2026-01-05T00:00:00Z\ncve,epss,percentile\n"
            text = head + "".join(f"{','.join(row)}\n" for row in content)
            path.write_bytes(gzip.compress(text.encode()))
        elif name.startswith("kev"):
            listed = [{"cveID": id_, "dateAdded": "2026-01-01"} for id_ in content]
            path.write_text(json.dumps({"catalogVersion": "1", "vulnerabilities": listed}))
        elif content:
            path.write_text(content[0][1])
    return [str(folder / name) for name in changes if (folder / name).exists()]


def take(folder, url, learned, changes, *, everything):
    """Publish what changed and import it, or all there is, if any of it can be read."""
    paths = publish(folder, changes)
    with suppress(InputError):
        if everything:
            import_path(str(folder), url, learned=learned)
        else:
            import_files([Brought(path, confirms=True) for path in paths], url, learned=learned)


def answers(advisories):
    """All that can be asked of a set, but for its state."""
    told = [resolve(SBOM, advisories, everything=True)]
    for id_ in IDS:
        groups = advisories.groups_of(id_)
        told += [explain(SBOM, advisories, id_), advisories.records_of(groups)]
        told.append(sorted(advisories.vulnerabilities(groups).values(), key=lambda v: v.id))
    return encode([told, advisories.problems(), advisories.areas().releases])
