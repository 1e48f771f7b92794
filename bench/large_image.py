"""P4, P5: a large image to an SBOM, cold and with known layers, beside syft, with peak memory.

usage: large_image.py LAYOUT [--syft SYFT] [--runs N]

LAYOUT: an OCI layout's folder with one image (unpack what `make_big.py` makes). What each side
found is counted beside the times, and what only syft found is listed: a ratio says nothing of tools
that do not find the same.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median
from urllib.parse import unquote

from known_layers import layers

LADING = str(Path(sys.executable).with_name("lading"))
SHOWN = 40


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("layout", type=Path)
    parser.add_argument("--syft", default="")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    for digest, layer in layers(options.layout):
        print(f"  {digest}  {layer['size'] / 1e6:.1f} MB")
    with tempfile.TemporaryDirectory() as scratch:
        beside_syft(options, Path(scratch))


def beside_syft(options, work):
    """Run both in turn, `runs` times each, and print medians, peaks and what they found."""
    ours, theirs, known = [], [], []
    run(generate(options.layout, work, cold=False))  # keeps the layers
    for _ in range(options.runs):
        ours.append(run(generate(options.layout, work, cold=True), work / "ours.json"))
        known.append(run(generate(options.layout, work, cold=False)))
        if options.syft:
            command = [options.syft, "-q", f"oci-dir:{options.layout}", "-o", "syft-json"]
            theirs.append(run(command, work / "theirs.json"))
    show("lading, cold", ours)
    show("lading, all layers known", known)
    print(f"lading found {counted(found(work / 'ours.json'))}")
    if theirs:
        show("syft", theirs)
        compare(work)
        clock, work = (median(r[n] for r in theirs) / median(r[n] for r in ours) for n in (0, 1))
        print(f"of processors' seconds {work:.1f}, which a busy machine changes less")
        print(f"P4: syft ÷ Lading {clock:.1f} (at least 10)")


def generate(layout, work, *, cold):
    command = [LADING, "sbom", "generate", f"oci:{layout}", "--db", str(work / "lading.db")]
    return [*command, "--no-cache"] if cold else command


def run(command, into=None):
    """Run a command; return seconds of the clock, of all processors, and its peak memory in MB."""
    with open(into or os.devnull, "wb") as out:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    seconds = time.perf_counter() - start
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


def show(name, runs):
    seconds, work, peaks = zip(*runs, strict=True)
    print(
        f"{name:26} {median(seconds):7.2f} s, {median(work):7.2f} s of processors, "
        f"{max(peaks):6} MB ({len(runs)} runs)"
    )


def found(path):
    """Type and name with version of each package of a CycloneDX or syft document."""
    document = json.loads(path.read_bytes())
    packages = document.get("components") or document.get("artifacts")
    purls = {p.get("purl", "").partition("?")[0].partition("#")[0] for p in packages}
    return {unquote(purl).lower() for purl in purls if "@" in purl}


def counted(purls):
    kinds = Counter(purl.partition("/")[0].removeprefix("pkg:") for purl in purls)
    return f"{len(purls)}: " + ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())


def compare(work):
    ours, theirs = (found(work / f"{side}.json") for side in ("ours", "theirs"))
    print(f"syft found {counted(theirs)}")
    print(f"only lading {len(ours - theirs)}, only syft {len(theirs - ours)}")
    for purl in sorted(theirs - ours)[:SHOWN]:
        print(f"  only syft: {purl}")


main()
