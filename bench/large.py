"""P11: an SBOM of a million components matched, and an image of 300,000 files read.

Usage: large.py SHARED/feeds WORK. Everything is seeded and made in WORK once. Times and peak memory
are those of whole processes.
"""

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import stock

from match.set.importer import import_path

LADING = str(Path(sys.executable).with_name("lading"))
COMPONENTS, FILES = 1_000_000, 300_000
FEEDS = ("Go", "PyPI", "crates.io", "Packagist")


def sbom(path, db):
    """A CycloneDX document whose components are those of a stock, each once."""
    from rematch import packages

    known = packages(db)
    names = (
        stock.purl.build(type_, space, name, f"{n}.{version}")
        for n in range(1000)
        for type_, space, name, versions in known
        for version in versions
    )
    with path.open("w") as out:
        out.write('{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[')
        for number in range(COMPONENTS):
            found = next(names)
            name, _, version = found.partition("?")[0].rpartition("/")[2].partition("@")
            part = {"type": "library", "name": name, "version": version, "purl": found}
            out.write(("," if number else "") + json.dumps({**part, "bom-ref": f"r{number}"}))
        out.write("]}")


def image(folder):
    """An OCI layout of one layer: 300,000 files, every tenth in a package's folder."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for number in range(FILES):
            data = b"%d" % number
            place = f"usr/share/part-{number // 100}/file-{number}.txt"
            if number % 1000 == 0:
                place = f"srv/node_modules/part-{number}/package.json"
                data = json.dumps({"name": f"part-{number}", "version": "1.0.0"}).encode()
            info = tarfile.TarInfo(place)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    layer = gzip.compress(held.getvalue(), 1, mtime=0)

    def put(data, media):
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"mediaType": media, "digest": f"sha256:{digest}", "size": len(data)}

    diff_id = "sha256:" + hashlib.sha256(held.getvalue()).hexdigest()
    rootfs = {"type": "layers", "diff_ids": [diff_id]}
    platform = {"architecture": "amd64", "os": "linux"}
    kind = "application/vnd.oci.image."
    config = put(json.dumps({**platform, "rootfs": rootfs}).encode(), kind + "config.v1+json")
    layers = [put(layer, kind + "layer.v1.tar+gzip")]
    head = {"schemaVersion": 2, "mediaType": kind + "manifest.v1+json"}
    manifest = json.dumps({**head, "config": config, "layers": layers}).encode()
    index = {"schemaVersion": 2, "manifests": [put(manifest, kind + "manifest.v1+json")]}
    (folder / "index.json").write_text(json.dumps(index))
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')


def measured(title, *words):
    start = time.perf_counter()
    process = subprocess.Popen([LADING, *words], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"{title}: it failed")
    used_seconds, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    print(f"{title:40} {seconds:7.2f} s ({used_seconds:.2f} s of processor), peak {peak:,.0f} MB")


def main(feeds, work):
    work = Path(work)
    db, document, folder = work / "set.db", work / "million.cdx.json", work / "image"
    made = all(path.exists() for path in (db, document, folder))
    if not db.exists():
        for name in FEEDS:
            import_path(str(Path(feeds) / "osv" / name), str(db), learned=stock.KEPT_AT)
    if not document.exists():
        sbom(document, db)
    if not folder.exists():
        image(folder)
    if not made:
        # A child counts what its parent holds at the start as its own peak: begin with little.
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 (ourselves)
    measured(
        "an SBOM of 1,000,000 components", "match", str(document), "--db", str(db), "-o", "json"
    )
    store = ("--db", str(work / "images.db"), "--no-cache")
    measured("an image of 300,000 files", "sbom", "generate", f"oci:{folder}", *store)


if __name__ == "__main__":
    main(*sys.argv[1:])
