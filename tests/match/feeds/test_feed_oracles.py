"""What is affected, against the programs the publishers write for: RubyGems and node-semver."""

import gzip
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import skip_or_fail

from match.feeds import nodejs, read, rubysec, walk
from match.records import texts
from match.records.documents import single_files
from match.versions import InvalidVersion, key

HERE = Path(__file__).resolve().parent / "comparators"


def asked(program, script, lines):
    """The answers to lines of questions, None where one is refused."""
    command = shutil.which(program)
    if not command:
        skip_or_fail(f"{program} is not installed")
    done = subprocess.run(
        [command, str(HERE / script)],
        input="".join(f"{line}\n" for line in lines).encode(),
        capture_output=True,
        check=False,
        timeout=300,
        env={"PATH": "/usr/bin:/bin", "NODE_PATH": "/usr/share/nodejs"},
    )
    found = done.stdout.decode().split()
    if done.returncode or len(found) != len(lines):
        skip_or_fail(f"{program} cannot answer: {done.stderr.decode()[-300:]}")
    return [None if answer == "x" else answer == "1" for answer in found]


def holds(scheme, intervals, version):
    at = key(scheme, version)
    return any(
        (i.introduced is None or key(scheme, i.introduced) <= at)
        and (i.fixed is None or at < key(scheme, i.fixed))
        and (i.limit is None or at < key(scheme, i.limit))
        and (i.last_affected is None or at <= key(scheme, i.last_affected))
        for i in intervals
    )


def probes(scheme, text, tails):
    """The versions a text names, and neighbours of them."""
    named = {*re.findall(r"\d+(?:\.\d+)+(?:[.-]?[a-z]+[.\d]*\d)?", text), "0.0.1", "999.0.0"}
    for version in sorted(named):
        for tail in tails:
            try:
                key(scheme, version + tail)
            except InvalidVersion:
                continue
            yield version + tail


REQUIREMENTS = [
    (["~> 1.2.3"], []),
    (["~> 1.2"], ["< 1.0"]),
    (["~> 3.2.0-rc"], []),
    (["~> 2.0.0.rc1", ">= 3"], []),
    (["~> 5.2.4, >= 5.2.4.3", ">= 6.0.3.1"], []),
    ([">= 2.0", "= 1.9.1"], ["<= 1.2.0", "!= 1.5"]),
    ([], []),
]


def rubysec_questions(records):
    for patched, unaffected, intervals in records:
        sound = [*patched, *unaffected]
        for version in probes("gem", " ".join(sound), ["", ".1", ".rc1", ".a", ".0"]):
            yield f"{version}\t{'|'.join(sound)}", not holds("gem", intervals, version)


def test_requirements_hold_what_rubygems_says_they_hold():
    records = []
    for patched, unaffected in REQUIREMENTS:
        claim = rubysec._claim(
            "x", "", {"patched_versions": patched, "unaffected_versions": unaffected}
        )
        records.append((patched, unaffected, claim.intervals))
    compare("ruby", "requirements.rb", list(rubysec_questions(records)))


def compare(program, script, questions):
    answers = asked(program, script, [line for line, _ in questions])
    pairs = [
        (line, ours)
        for (line, ours), answer in zip(questions, answers, strict=True)
        if answer is not None and answer != ours
    ]
    assert pairs == []
    assert sum(answer is not None for answer in answers) > len(answers) / 2


@pytest.mark.shared
def test_every_record_of_the_ruby_database(shared):
    (path,) = (shared / "feeds/rubysec").glob("*.tar.gz")
    records = []
    (source,) = walk(str(path))
    read_ones = [r for r in read(source) if hasattr(r, "affected")]
    with gzip.open(path) as file:
        raw = [
            texts.read_yaml(d) for _, d in single_files("rubysec", str(path), file, rubysec.MEMBER)
        ]
    for advisory, record in zip(read_ones, raw, strict=True):
        for claim in advisory.affected:
            patched, unaffected = (
                texts.texts_of(record, f) for f in ("patched_versions", "unaffected_versions")
            )
            records.append((patched, unaffected, claim.intervals))
    assert len(records) > 1000
    compare("ruby", "requirements.rb", list(rubysec_questions(records)))


RANGES = [
    "1.x || 3.x", "^1.2.3", "^0.2.3", "^0.0.3", "^0.x", "~1.2", "~1", "~>1.2.3", "<= 10", ">1.2", "<1.2",
    ">=1.2.3 <2", "1.2.3 - 2.3", "1.2 - 2.3.4", "*", "", "=1.2.3", "v1.2.3", "<5.0.3 >=5.0.0 || < 4.2.1",
    "1.2.3-beta.1 - 1.2.3", "^1.2.3-beta.2", "> 1", ">= 1.5", "~0.8.0-pre",
]  # fmt: skip


def questions_on_ranges(ranges, tails=("", ".0")):
    for text in ranges:
        held = nodejs.versions_in(text, nodejs.ORDERS["npm"], prereleases=True)
        intervals = nodejs.intervals_of(held, nodejs.after)
        for version in probes("npm", text + " 1.2.0 1.3.0 2.0.0 0.2.9 10.9.1 11.0.0 5.0.2", tails):
            # A pre-release is what a range of npm's holds or not by another rule.
            if re.fullmatch(r"\d+\.\d+\.\d+", version):
                yield f"{version}\t{text}", holds("npm", intervals, version)


def test_ranges_hold_what_npm_says_they_hold():
    compare("node", "satisfies.js", list(questions_on_ranges(RANGES)))


def node_questions(pairs):
    for vulnerable, patched, intervals in pairs:
        for version in probes(
            "node",
            f"{vulnerable} {patched} 20.0.0 8.8.1 4.4.3".replace(".x", ".0.0"),
            ["", "-rc.1"],
        ):
            if re.fullmatch(r"\d+\.\d+\.\d+(-rc\.1)?", version):
                yield version, vulnerable, patched, holds("node", intervals, version)


@pytest.mark.shared
def test_every_record_of_nodes_working_group(shared):
    (path,) = (shared / "feeds/nodejs").glob("*.tar.gz")
    core, npm = [], []
    with gzip.open(path) as file:
        for _, data in single_files("nodejs", str(path), file, nodejs.MEMBER):
            record = nodejs.DECODE(data)
            if record.vulnerable is None:
                npm.append(record.vulnerable_versions)
                continue
            (claim,) = nodejs._claims(record)
            core.append((record.vulnerable, record.patched or "<0.0.0", claim.intervals))
    assert (len(core), len(npm)) == (155, 467)
    compare("node", "satisfies.js", list(questions_on_ranges(npm)))
    questions = list(node_questions(core))
    lines = [f"{v}\t{r}" for v, vulnerable, patched, _ in questions for r in (vulnerable, patched)]
    answers = asked("node", "satisfies.js", lines)
    pairs = zip(answers[::2], answers[1::2], strict=True)
    theirs = [inside and not sound for inside, sound in pairs]
    assert [q for q, t in zip(questions, theirs, strict=True) if q[3] != t] == []
    assert sum(theirs) > 100
