"""The shared acceptance cases, driven through the command line by their own runners.

True and false positives are counted apart: a program that reports nothing must not pass.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.shared

LADING = Path(sys.executable).with_name("lading")
VERSIONS = ["Alpine", "Debian", "PyPI", "RubyGems", "Maven", "NuGet", "Packagist", "SemVer"]
CYCLONEDX = [f"cyclonedx-1.{minor}" for minor in range(8)]
VEX = ["csaf-2.0-mandatory", "csaf-validator-lib-mandatory", "csaf-2.0-examples", "cyclonedx-vex"]
RUNS = {
    "trivy-golden": ["run_trivy_golden.py", "--core"],
    "match-labels": ["run_match_labels.py"],
    "osv-scanner": ["run_osv_scanner.py"],
    "versions": ["run_versions.py", *VERSIONS, "Red Hat"],
    "sboms": ["run_sboms.py"],
    "validity": ["run_validity.py", "--core", *CYCLONEDX, *VEX, "openvex", "osv", "broken"],
    "vex": ["run_vex.py"],
}
GROUP = re.compile(r"^  (.+): (\d+) passed, (\d+) failed$", re.MULTILINE)
FAILED = re.compile(r"^  FAIL (Maven .+?): got", re.MULTILINE)
TOTAL = re.compile(r"^[\w-]+: (\d+) passed, (\d+) failed$", re.MULTILINE)


def run(shared, arguments):
    """Run one runner; return its output, the groups' counts and the total."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=shared / "cases",
        env=os.environ | {"LADING": str(LADING), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    groups = {name: (int(p), int(f)) for name, p, f in GROUP.findall(done.stdout)}
    total = TOTAL.search(done.stdout)
    assert total, done.stdout + done.stderr
    return done.stdout, groups, (int(total[1]), int(total[2]))


def listed_as_wrong(name):
    """The cases docs/cases.md shows to be wrong, as the runner names them."""
    if name != "versions":
        return set()
    page = (Path(__file__).resolve().parents[2] / "docs/cases.md").read_text()
    pairs = set(re.findall(r"^\| `([^`]+ [<=] [^`]+)`", page, re.MULTILINE))
    return {f"Maven {pair}" for pair in pairs}


@pytest.mark.parametrize("name", RUNS)
def test_acceptance(shared, name):
    output, groups, (passed, failed) = run(shared, RUNS[name])
    wrong_cases = listed_as_wrong(name)
    assert set(FAILED.findall(output)) == wrong_cases, output
    assert failed == len(wrong_cases), output
    assert passed > 0, output
    print(output)
    for group, (right, wrong) in groups.items():
        assert right > 0, f"{group}: nothing was asked"
        assert wrong == (len(wrong_cases) if group == "Maven" else 0), f"{group}: {wrong} wrong"


def test_labels_ask_for_both_findings_and_silence(shared):
    _, groups, _ = run(shared, RUNS["match-labels"])
    assert any(group.endswith(" TP") for group in groups)
    assert any(group.endswith(" FP") for group in groups)
