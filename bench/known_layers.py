"""P5: an image read again with all its layers known, and ten images on one base.

usage: known_layers.py LAYOUT [WORK]   (an OCI layout's folder with a large image in it)
"""

import json
import shutil
import sys
import tarfile
import tempfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from statistics import median

from timing import side_by_side, wall

LADING = str(Path(sys.executable).with_name("lading"))
IMAGES, RUNS = 10, 9


def generate(layout, store):
    return [LADING, "sbom", "generate", f"oci:{layout}", "--db", str(store)]


def main(layout, work):
    store, empty = work / "lading.db", work / "none"
    cold = [wall([*generate(layout, empty), "--no-cache"], None) for _ in range(3)]
    print(f"every layer read, nothing kept             {median(cold):7.3f} s")
    print(
        f"every layer read, and kept                 {wall(generate(layout, store), None):7.3f} s"
    )
    bare = {"bare": [sys.executable, "-c", "pass"], "known": generate(layout, store)}
    times = side_by_side(bare, RUNS)
    print(f"the same image again (bare Python {times['bare']:.3f})   {times['known']:7.3f} s")
    tops = [derived(Path(layout), work / f"image{n}", n) for n in range(IMAGES)]
    known = [wall(generate(top, store), None) for top in tops]
    print(f"another image on the same layers, median   {median(known):7.3f} s")
    print(f"{IMAGES} images on one base, the base known      {sum(known):7.3f} s")
    for name, layer in layers(Path(layout)):
        print(f"  {name}  {layer['size'] / 1e6:.1f} MB")


def derived(layout, folder, number):
    """An image that adds one small layer to a layout's image; the same blobs are linked."""
    shutil.copytree(
        layout, folder, copy_function=lambda a, b: Path(b).symlink_to(Path(a).resolve())
    )
    index = json.loads((layout / "index.json").read_text())
    manifest = json.loads(blob(layout, index["manifests"][0]["digest"]))
    config = json.loads(blob(layout, manifest["config"]["digest"]))
    layer = one_package(number)
    config["rootfs"]["diff_ids"].append(digest(layer))
    config.pop("history", None)
    manifest["layers"].append(written(folder, layer, manifest["layers"][0]["mediaType"]))
    data = json.dumps(config).encode()
    manifest["config"] = written(folder, data, manifest["config"]["mediaType"])
    entry = written(folder, json.dumps(manifest).encode(), index["manifests"][0]["mediaType"])
    (folder / "index.json").unlink()
    (folder / "index.json").write_text(json.dumps({**index, "manifests": [entry]}))
    return folder


def one_package(number):
    out = BytesIO()
    text = json.dumps({"name": f"app-{number}", "version": "1.0.0"}).encode()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo(f"srv/node_modules/app-{number}/package.json")
        info.size = len(text)
        archive.addfile(info, BytesIO(text))
    return out.getvalue()


def layers(layout):
    index = json.loads((layout / "index.json").read_text())
    manifest = json.loads(blob(layout, index["manifests"][0]["digest"]))
    return [(layer["digest"], layer) for layer in manifest["layers"]]


def blob(layout, name):
    return (layout / "blobs" / name.replace(":", "/")).read_bytes()


def digest(data):
    return f"sha256:{sha256(data).hexdigest()}"


def written(layout, data, media_type):
    name = digest(data)
    (layout / "blobs" / name.replace(":", "/")).write_bytes(data)
    return {"mediaType": media_type, "digest": name, "size": len(data)}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(sys.argv[1], Path(sys.argv[2] if len(sys.argv) > 2 else folder))
