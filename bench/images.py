"""Score Lading, and syft beside it, on the shared images against the truth of their installers.

usage: images.py SHARED [--syft PATH]
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

LADING = str(Path(sys.executable).with_name("lading"))


def images(folder):
    """Name of each image to our reference."""
    found = {}
    for truth in sorted(folder.glob("*.truth.json")):
        name = truth.name.removesuffix(".truth.json")
        archive = folder / f"{name}.oci.tar"
        found[name] = (
            f"oci-archive:{archive}" if archive.exists() else f"oci:{folder}/layout:{name}"
        )
    return found


def for_syft(folder, name, work):
    """The same image as syft reads it: a layout folder that holds one tag only."""
    layout = work / name
    layout.mkdir()
    archive = folder / f"{name}.oci.tar"
    if archive.exists():
        with tarfile.open(archive) as packed:
            packed.extractall(layout, filter="data")
        return f"oci-dir:{layout}"
    index = json.loads((folder / "layout/index.json").read_text())
    index["manifests"] = [
        m
        for m in index["manifests"]
        if m.get("annotations", {}).get("org.opencontainers.image.ref.name") == name
    ]
    (layout / "index.json").write_text(json.dumps(index))
    (layout / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (layout / "blobs").symlink_to(folder / "layout/blobs")
    return f"oci-dir:{layout}"


def show(tool, rows):
    """One line a tool and image, and what it missed or added."""
    for kind, wanted, found, missed, added, removed, right in rows:
        print(
            f"  {tool:7} {kind:9} truth {wanted:4}  found {found:4}  missed {len(missed):3}"
            f"  added {len(added):3}  removed listed {removed:2}  layer right {right:4}"
        )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shared", type=Path)
    parser.add_argument("--syft", default="")
    options = parser.parse_args()
    folder = (options.shared / "images").resolve()
    spec = importlib.util.spec_from_file_location("score", folder / "score.py")
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    with tempfile.TemporaryDirectory() as scratch:
        for name, ours in images(folder).items():
            truth = json.loads((folder / f"{name}.truth.json").read_text())
            print(name)
            out = subprocess.run(
                [LADING, "sbom", "generate", "--no-cache", ours], capture_output=True, check=True
            )
            show("lading", score.score(truth, json.loads(out.stdout)))
            if options.syft:
                place = for_syft(folder, name, Path(scratch))
                command = [options.syft, "-q", place, "-o", "cyclonedx-json"]
                out = subprocess.run(command, capture_output=True, check=True)
                show("syft", score.score(truth, json.loads(out.stdout)))


main()
