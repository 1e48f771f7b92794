"""P6: how fast OSV records are imported from zips, what a range takes on disk, and the peak memory.

Usage: import_osv.py SHARED/feeds WORK. The records are those of `osv/`, and renamed copies of them
(seeded) for the second size, in one zip: imported first, again as it is, and again with one record
in a hundred changed. Times are whole processes, user and system time beside.
"""

import argparse
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path

LADING = str(Path(sys.executable).with_name("lading"))
SIZES = (20_000, 80_000)
KINDS = ("first import", "again, unchanged", "again, 1 % changed")
TARGET = 15_000
BYTES_TARGET = 100


def originals(feeds):
    """Every record of the shared OSV zips."""
    for path in sorted((feeds / "osv").glob("*/all.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                yield json.loads(archive.read(name))


def renamed(record, copy, chance):
    """The same record under another id, without aliases, about packages of other names."""
    suffix = f"-{copy}-{chance.randrange(10**6)}"
    affected = [
        {**a, "package": {**a["package"], "name": a["package"]["name"] + suffix}}
        for a in record.get("affected", ())
        if "package" in a
    ]
    return {**record, "id": record["id"] + suffix, "aliases": [], "affected": affected}


def make(feeds, path, size):
    """One zip of `size` records."""
    chance = random.Random(7)
    known = list(originals(feeds))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as out:
        for number in range(size):
            copy, place = divmod(number, len(known))
            record = renamed(known[place], copy, chance) if copy else known[place]
            out.writestr(f"{record['id']}.json", json.dumps(record))


def change(zipped, path):
    """The same zip with another summary in one of a hundred records."""
    chance = random.Random(11)
    with (
        zipfile.ZipFile(zipped) as old,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as out,
    ):
        for name in old.namelist():
            data = old.read(name)
            if chance.random() < 0.01:
                data = json.dumps({**json.loads(data), "summary": "changed"})
            out.writestr(name, data)


def run(zipped, db):
    """Import into a store: seconds, processor seconds and peak memory in MB."""
    start = time.perf_counter()
    command = [LADING, "feeds", "import", str(zipped), "--db", str(db)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the import failed: {status}")
    wall = time.perf_counter() - start
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def first_and_again(zipped, changed, work):
    """Import into a new store, then the same, then what changed, under one name each time."""
    db, feed = work / "import.db", work / "feed" / "all.zip"
    db.unlink(missing_ok=True)
    feed.parent.mkdir(exist_ok=True)
    found = []
    for source in (zipped, zipped, changed):
        shutil.copyfile(source, feed)
        found.append(run(feed, db))
        if len(found) == 1:
            shutil.copyfile(db, work / "first.db")
    return found


def bytes_per_range(db):
    """What a range takes with the claim it is of; says what all but the documents take."""
    connection = sqlite3.connect(db)
    sizes = dict(connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))
    (ranges,) = connection.execute("SELECT count(*) FROM affected").fetchone()
    connection.close()
    rest = sum(sizes.values()) - sizes["document"]
    print(
        f"        {ranges} ranges: {sizes['affected'] / ranges:.0f} bytes each, with claims ",
        end="",
    )
    print(
        f"{(sizes['affected'] + sizes['claim']) / ranges:.0f}; the store without documents ", end=""
    )
    print(f"{rest / 1e6:.0f} MB, {rest / ranges:.0f} bytes a range")
    return (sizes["affected"] + sizes["claim"]) / ranges


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("feeds", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    speeds, used_speeds, peaks, weights = [], [], [], []
    for size in SIZES:
        zipped = options.work / f"osv-{size}.zip"
        changed = options.work / f"osv-{size}-changed.zip"
        if not zipped.exists():
            make(options.feeds, zipped, size)
        if not changed.exists():
            change(zipped, changed)
        runs = [first_and_again(zipped, changed, options.work) for _ in range(options.runs)]
        best = [min(several, key=lambda one: one[1]) for several in zip(*runs, strict=True)]
        for what, (wall, used, peak) in zip(KINDS, best, strict=True):
            print(f"{size:6} records, {what}: {wall:.2f} s ({used:.2f} s of processor,", end="")
            print(f" {size / used:.0f} records/s of it), peak {peak:.0f} MB")
        wall, used, peak = best[0]
        speeds.append(size / wall)
        used_speeds.append(size / used)
        peaks.append(peak)
        weights.append(bytes_per_range(options.work / "first.db"))
    print(f"memory at {SIZES[1]} / at {SIZES[0]} records = {peaks[1] / peaks[0]:.2f}")
    print(f"bytes a range with its claim: {weights[1]:.0f} (target {BYTES_TARGET})")
    print(f"{used_speeds[1]:.0f} records for each second of processor time")
    print(f"{speeds[1]:.0f} records/s; records/s / target = {speeds[1] / TARGET:.2f} (target 1)")


main()
