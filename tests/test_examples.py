"""The README's first command: the main job on the example, to its verdict and its page."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LADING = Path(sys.executable).with_name("lading")


def test_the_example_ends_with_the_verdict_and_the_page():
    done = subprocess.run(
        ["sh", "examples/run.sh"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "CVE-2022-28346" in done.stdout
    assert "denied, as it should be" in done.stdout
    page = (ROOT / "build/example/report.html").read_text()
    assert "CVE-2022-28346" in page
    assert "vulnerable_code_not_in_execute_path" in page


def test_the_example_says_what_the_facts_say(tmp_path):
    image = tmp_path / "image"
    subprocess.run([sys.executable, ROOT / "examples/make_image.py", image], check=True)
    done = subprocess.run(
        [LADING, "scan", f"oci:{image}", "--no-keep", "--advisories", ROOT / "examples/advisories"]
        + ["--vex", ROOT / "examples/shop.openvex.json", "-o", "json"],
        capture_output=True,
        check=True,
    )
    findings = {f["id"]: f for f in json.loads(done.stdout)["findings"]}
    # requests was upgraded to the fixed version, jinja2 removed, curl is fixed by the distribution.
    assert sorted(findings) == [
        "CVE-2019-10744",
        "CVE-2021-44906",
        "CVE-2022-28346",
        "CVE-2023-5363",
    ]
    django = findings["CVE-2022-28346"]
    assert django["severity"]["score"] == 9.8
    assert django["fixed"] == ["3.2.13", "4.0.4"]
    assert "PYSEC-2022-190" in django["aliases"]
    assert findings["CVE-2021-44906"]["status"] == "not_affected"
    assert "DSA-5532-1" in findings["CVE-2023-5363"]["related"]


def test_the_example_image_is_the_same_each_time(tmp_path):
    for name in ("a", "b"):
        subprocess.run(
            [sys.executable, ROOT / "examples/make_image.py", tmp_path / name], check=True
        )
    files = sorted(
        p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file()
    )
    assert len(files) == 8
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
