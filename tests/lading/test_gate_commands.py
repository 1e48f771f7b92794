"""The commands about gates, run as users run them: baseline, end of life, fix, policy test, report."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

ROOT = Path(__file__).resolve().parents[2]
LADING = Path(sys.executable).with_name("lading")
ADVISORIES = ("--advisories", str(ROOT / "examples/advisories"), "--now", "2024-02-01")


def lading(*words, code=0):
    done = subprocess.run([LADING, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout if code < 2 else done.stderr


@pytest.fixture(scope="module")
def sbom(tmp_path_factory):
    """The SBOM of the example image."""
    folder = tmp_path_factory.mktemp("gate")
    subprocess.run([sys.executable, ROOT / "examples/make_image.py", folder / "image"], check=True)
    path = folder / "app.cdx.json"
    lading("sbom", "generate", f"oci:{folder / 'image'}", "-o", f"cyclonedx-json={path}")
    return path


def test_a_baseline_lets_pass_what_was_there(sbom, tmp_path):
    for name in ("run", "json"):
        before = tmp_path / f"before.{name}"
        lading("gate", sbom, *ADVISORIES, "-o", f"{name}={before}", code=1)
        assert " PASS " in lading("gate", sbom, *ADVISORIES, "--baseline", before)
        assert " PASS " in lading("match", sbom, *ADVISORIES, "--baseline", before)
    error = lading("gate", sbom, *ADVISORIES, "--baseline", sbom, code=2)
    assert error.startswith(f"lading: {sbom}: no baseline: ")
    assert error.count("\n") == 1


def test_the_end_of_life_of_the_distribution_is_unknown_no_more(sbom, tmp_path):
    wanted = ("gate", sbom, "--policy", "audit-only", *ADVISORIES[:2])
    ended = "support of the distribution ended on 2028-06-30"
    assert ended in lading(*wanted, "--now", "2028-07-01")
    assert ended not in lading(*wanted, "--now", "2028-06-30")


def test_fix_names_the_upgrades_that_clear_the_gate(sbom):
    text = lading("fix", sbom, *ADVISORIES)
    assert text.startswith("image:shop: 3 upgrades clear the gate (stage build, policy default)\n")
    assert "upgrade Django 3.2 to 3.2.13  clears 1 finding" in text
    document = msgspec.json.decode(lading("fix", sbom, *ADVISORIES, "-o", "json"))
    assert [step["version"] for step in document["steps"]] == ["3.2.13", "4.17.12", "1.2.6"]
    # What no upgrade clears is said: here a feed that speaks for no package of the distribution.
    denied = lading("fix", sbom, *ADVISORIES, "--stage", "deploy", code=1)
    assert "the gate denies, also after" in denied
    assert "no feed for debian:12" in denied
    assert "unknown format table" in lading("fix", sbom, *ADVISORIES, "-o", "table", code=2)


def test_a_policy_is_tried_on_stored_runs(sbom, tmp_path):
    one, other = tmp_path / "one.run", tmp_path / "other.run"
    lading("gate", sbom, *ADVISORIES, "-o", f"run={one}", code=1)
    lading("gate", sbom, "--policy", "audit-only", *ADVISORIES, "-o", f"run={other}")
    text = lading("policy", "test", "default", one, other, code=1)
    assert f"{one}: deny at build" in text
    assert f"{other}: pass -> deny at build" in text
    assert text.endswith("policy default: 1 of 2 verdicts would change\n")
    assert "0 of 1 verdict would change" in lading("policy", "test", "default", one)
    document = msgspec.json.decode(lading("policy", "test", "default", one, "-o", "json"))
    assert document["schema"] == "lading-trial/1"
    assert "no stored run" in lading("policy", "test", "default", sbom, code=2)


def test_a_report_is_a_reading_and_no_gate(sbom, tmp_path):
    run = tmp_path / "app.run"
    lading("gate", sbom, *ADVISORIES, "-o", f"run={run}", code=1)
    assert " DENY " in lading("report", run)
    assert lading("report", run, "-o", "markdown").startswith("### ❌ Denied at build")
    assert "no stored run" in lading("report", sbom, code=2)


def test_a_verdict_that_nobody_reads_to_its_end_is_no_pass(sbom):
    read, write = os.pipe()
    os.close(read)
    words = [LADING, "gate", sbom, *ADVISORIES]
    done = subprocess.run(words, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert done.returncode == 141
    assert done.stderr == b""
