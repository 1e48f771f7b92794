"""The main job on real images and real feeds, as a user types it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.shared

LADING = Path(sys.executable).with_name("lading")


@pytest.fixture(scope="module")
def store(shared, tmp_path_factory):
    """A store with everything of the shared feeds that Lading can read."""
    path = tmp_path_factory.mktemp("store") / "lading.db"
    done = lading("feeds", "import", shared / "feeds", db=path)
    assert done.returncode == 0, done.stderr
    assert "not known yet, left: " in done.stdout
    return path


def lading(*arguments, db):
    return subprocess.run(
        [LADING, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LADING_DB": str(db)},
    )


def test_scan_denies_the_image_with_django(shared, store, tmp_path):
    page = tmp_path / "report.html"
    image = f"oci:{shared}/images/layout:dev-debian-python"
    outputs = ("-o", "table", "-o", f"html={page}", "-o", f"json={tmp_path / 'run.json'}")
    done = lading("scan", image, "--fail-on", "7.0", *outputs, db=store)
    assert done.returncode == 1, done.stderr
    assert "DENY" in done.stdout
    assert "Django" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr, "control codes where there is no terminal"
    assert "CVE-2022-28346" in page.read_text()
    document = json.loads((tmp_path / "run.json").read_text())
    (django,) = [f for f in document["findings"] if f["id"] == "CVE-2022-28346"]
    # PyPI's record names the CVE, NVD scores it, and the alias group joins the two.
    assert django["advisory"] == "PYSEC-2022-190"
    assert django["severity"]["score"] == 9.8
    assert "nvd" in {rating["source"] for rating in django["severities"]}
    silent = document["coverage"]["without_feed"]
    assert any("debian:12" in reason for reason in silent), "silence must not look like clean"


def test_the_sbom_is_kept_and_matches_the_same_later(shared, store, tmp_path):
    image = f"oci-archive:{shared}/images/dev-rpm-sqlite.oci.tar"
    done = lading("scan", image, "-o", "json", db=store)
    assert done.returncode == 0, done.stderr
    scanned = json.loads(done.stdout)
    digest = scanned["subject"]["sbom"]
    assert digest.split(":")[1][:12] in lading("sbom", "list", db=store).stdout
    later = json.loads(lading("match", digest, "-o", "json", db=store).stdout)
    assert later["findings"] == scanned["findings"]
    assert len(later["findings"]) > 0
    assert lading("match", digest, "-o", "json", db=store).stdout == done.stdout


def test_almalinux_is_judged_by_almalinux(shared, store):
    image = f"oci-archive:{shared}/images/dev-rpm-sqlite.oci.tar"
    findings = json.loads(lading("match", image, "-o", "json", db=store).stdout)["findings"]
    rpms = [f for f in findings if f["purl"].startswith("pkg:rpm/")]
    assert rpms
    assert {f["feed"] for f in rpms} <= {"osv:ALSA", "osv:ALBA", "osv:ALEA"}
    assert all("almalinux:9" in f["because"] for f in rpms)


def test_explain_gives_the_record_the_range_and_the_comparison(shared, store):
    image = f"oci:{shared}/images/layout:dev-debian-python"
    done = lading("explain", image, "CVE-2022-28346", db=store)
    assert done.returncode == 0, done.stderr
    for words in ("PYSEC-2022-190", "from 3.2 before 3.2.13", "3.2 < 3.2.13", "nvd"):
        assert words in done.stdout
    other = lading("explain", image, "CVE-2021-44228", db=store)
    assert other.returncode == 0, other.stderr
    assert "is no finding: its records name no component" in other.stdout
