"""P2 and P3: a cold `lading match` against osv-scanner on Go modules, the same advisories for both.

usage: match_go.py FEEDS WORK [--osv-scanner PATH] [--ranges N]
FEEDS is a folder that holds osv/Go/all.zip; WORK is a scratch folder; SBOMs come from a seeded
generator. The sets of (package, version, id) are compared before any time is printed.
`--ranges N` (P3) imports renamed copies of the records until the set holds N ranges.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from timing import side_by_side

LADING = str(Path(sys.executable).with_name("lading"))
SIZES = (100, 1_000, 10_000)
TARGETS = {100: 5, 1_000: 8, 10_000: 20}


def records(feeds):
    """Every Go advisory as JSON."""
    with zipfile.ZipFile(feeds / "osv/Go/all.zip") as archive:
        return [json.loads(archive.read(name)) for name in sorted(archive.namelist())]


def versions_of(advisories):
    """Package name to versions near its ranges' ends: both sides of every bound."""
    found = {}
    for record in advisories:
        for affected in record.get("affected", ()):
            bounds = found.setdefault(affected["package"]["name"], {"1.0.0"})
            for spread in affected.get("ranges", ()):
                for event in spread.get("events", ()):
                    bounds.update(v for v in event.values() if v[:1].isdigit() and v != "0")
    return found


def generate(size, known, seed):
    """A CycloneDX document of `size` Go modules: half known to the advisories, half not."""
    chance = random.Random(seed)
    # osv-scanner folds module names of a purl to lower case and so misses those with capitals,
    # which would leave the two with different work to do.
    names = sorted(name for name in known if name == name.lower())
    wanted = {}
    while len(wanted) < size:
        if chance.random() < 0.5:
            name = chance.choice(names)
            version = chance.choice(sorted(known[name]))
        else:
            name = f"example.org/team{chance.randrange(500)}/module{chance.randrange(10**6)}"
            version = f"{chance.randrange(3)}.{chance.randrange(30)}.{chance.randrange(20)}"
        shown = version if name in ("stdlib", "toolchain") else f"v{version}"
        wanted[name, version] = f"pkg:golang/{name}@{shown.replace('+', '%2B')}"
    components = [
        {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
        for (name, version), purl in wanted.items()
    ]
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": components}


def lading_set(path, db):
    """(purl without the v, GO id) of every finding; the GO id is found among the finding's ids."""
    out = subprocess.run(
        [LADING, "match", path, "--db", db, "-o", "json"], capture_output=True, check=True
    ).stdout
    found = set()
    for finding in json.loads(out)["findings"]:
        ids = [finding["id"], *finding["aliases"], *finding["related"]]
        place = finding["purl"][11:].replace("%2B", "+").replace("@v", "@")
        found |= {(place, i) for i in ids if i.startswith("GO-")}
    return found


def peer_set(path, peer, env):
    """The same of osv-scanner's JSON."""
    out = subprocess.run(
        peer_command(peer, path),
        capture_output=True,
        env={**os.environ, **env},
        check=False,
    ).stdout
    found = set()
    for result in json.loads(out)["results"]:
        for package in result["packages"]:
            version = package["package"]["version"].removeprefix("v")
            place = f"{package['package']['name']}@{version}"
            found |= {(place, v["id"]) for v in package.get("vulnerabilities", ())}
    return found


def peer_command(peer, path):
    """How osv-scanner is asked for the full JSON of one SBOM, offline."""
    return [*peer, "scan", "source", "--offline", "--format", "json", "-L", path]


def inflate(feeds, work, ranges):
    """A zip with the real records and renamed copies of them, until there are `ranges` ranges."""
    originals = records(feeds)
    target = work / "inflated" / "osv" / "Go"
    target.mkdir(parents=True, exist_ok=True)
    chance = random.Random(7)
    count = 0
    with zipfile.ZipFile(target / "all.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        copy = 0
        while count < ranges:
            for record in originals:
                clone = dict(record)
                if copy:
                    clone["id"] = f"{record['id']}-{copy}"
                    clone["aliases"] = []
                    clone["affected"] = renamed(record.get("affected", ()), copy, chance)
                out.writestr(f"{clone['id']}.json", json.dumps(clone))
                count += sum(len(a.get("ranges", ())) for a in clone.get("affected", ()))
            copy += 1
    return work / "inflated", count


def renamed(affected, copy, chance):
    """The affected blocks under other package names."""
    suffix = f"-{copy}-{chance.randrange(10**6)}"
    return [
        {**a, "package": {**a["package"], "name": a["package"]["name"] + suffix}} for a in affected
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("feeds", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--osv-scanner", default="")
    parser.add_argument("--ranges", type=int, default=0)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    db = str(options.work / "go.db")
    if not Path(db).exists():
        go_only = options.work / "feeds/osv/Go"
        go_only.mkdir(parents=True, exist_ok=True)
        shutil.copy(options.feeds / "osv/Go/all.zip", go_only)
        subprocess.run(
            [LADING, "feeds", "import", str(options.work / "feeds"), "--db", db], check=True
        )
    known = versions_of(records(options.feeds))
    paths = {}
    for size in SIZES:
        paths[size] = str(options.work / f"go-{size}.cdx.json")
        Path(paths[size]).write_text(json.dumps(generate(size, known, seed=size)))
    if options.ranges:
        large(options, paths[1_000], db)
    elif options.osv_scanner:
        beside(options, paths, db)
    else:
        for size, path in paths.items():
            times = side_by_side({"lading": [LADING, "match", path, "--db", db, "-o", "json"]})
            print(f"{size:6} components  lading {times['lading'] * 1000:7.1f} ms")


def beside(options, paths, db):
    """P2: the sets first, then the times and the ratio."""
    cache = options.work / "peer/osv-scalibr/Go"
    cache.mkdir(parents=True, exist_ok=True)
    shutil.copy(options.feeds / "osv/Go/all.zip", cache)
    env = {"OSV_SCALIBR_LOCAL_DB_CACHE_DIRECTORY": str(options.work / "peer")}
    peer = [options.osv_scanner]
    for size, path in paths.items():
        ours, theirs = lading_set(path, db), peer_set(path, peer, env)
        print(f"{size:6} components: {len(ours)} findings, osv-scanner {len(theirs)}; ", end="")
        print(f"only ours {len(ours - theirs)}, only theirs {len(theirs - ours)}")
        for place, advisory in sorted(ours ^ theirs)[:5]:
            print("   differs:", place, advisory, "ours" if (place, advisory) in ours else "theirs")
        times = side_by_side(
            {
                "osv-scanner": peer_command(peer, path),
                "lading": [LADING, "match", path, "--db", db, "-o", "json"],
            },
            env=env,
        )
        ratio = times["osv-scanner"] / times["lading"]
        print(
            f"       osv-scanner {times['osv-scanner'] * 1000:.0f} ms, lading"
            f" {times['lading'] * 1000:.0f} ms; osv-scanner / lading = {ratio:.1f}"
            f" (target {TARGETS[size]})"
        )


def large(options, path, db):
    """P3: the same SBOM against many ranges more."""
    folder, count = inflate(options.feeds, options.work, options.ranges)
    big = str(options.work / "large.db")
    Path(big).unlink(missing_ok=True)
    subprocess.run([LADING, "feeds", "import", str(folder), "--db", big], check=True)
    times = side_by_side(
        {
            "go": [LADING, "match", path, "--db", db, "-o", "json"],
            "large": [LADING, "match", path, "--db", big, "-o", "json"],
        }
    )
    ratio = times["large"] / times["go"]
    print(f"1,000 components: Go alone {times['go'] * 1000:.0f} ms, {count} ranges ", end="")
    print(f"{times['large'] * 1000:.0f} ms; large / Go = {ratio:.2f} (target 2)")


main()
