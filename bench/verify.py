"""P9: verifying a signed verdict offline, the whole process, cold, beside a bare Python.

usage: verify.py
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from timing import side_by_side

LADING = str(Path(sys.executable).with_name("lading"))
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
TARGET_MS = 150


def main():
    with tempfile.TemporaryDirectory() as scratch:
        subject = sign(scratch)
        verify = [LADING, "verify", subject, "--key", "bench.pub", "--attestation", "verdict.json"]
        os.chdir(scratch)
        times = side_by_side({"bare python": [sys.executable, "-c", "pass"], "verify": verify}, 15)
    for name, seconds in times.items():
        print(f"{name:12} {seconds * 1000:6.1f} ms")
    print(f"target       {TARGET_MS:6.1f} ms")


def sign(folder):
    """Sign the verdict of the examples' image; return the digest of its manifest."""
    image = [sys.executable, EXAMPLES / "make_image.py", "image"]
    key = [LADING, "key", "create", "bench"]
    gate = [LADING, "gate", "oci:image", "--advisories", EXAMPLES / "advisories"]
    gate += ["--policy", "audit-only", "--now", "2026-01-01", "--valid-for", "0"]
    gate += ["--sign", "bench.key", "--attestation", "verdict.json", "-o", "json=run.json"]
    environment = {**os.environ, "LADING_KEY_PASSWORD": ""}
    for command in (image, key, gate):
        subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return json.loads((Path(folder) / "run.json").read_text())["subject"]["manifest"]


main()
