"""A stock of SBOMs as an organisation has it (P7, P8), and what it costs to keep one.

Images share bases, and packages are as unequal as in real images: few are everywhere, most are
rare. The same seed gives the same stock, and a smaller stock is the beginning of a larger one.

usage: stock.py [SBOMS [STORE]]   (1,000 SBOMs in a temporary file)
"""

import random
import sys
import tempfile
import time
from itertools import accumulate
from pathlib import Path

from sbom import purl
from sbom.digest import digest_of
from sbom.model import Component, Digest, Distro, Layer, Sbom, Subject
from sbom.store import get, health, keep_all, kept, open_store
from sbom.store.parts import components, highest, holders_of

KEPT_AT = "2026-11-23T00:00:00Z"
PARTS = 300
BASE_PARTS, BASE_STATES = 110, 40
"""Packages of a base image, and how many of its states (monthly rebuilds) are in use."""
RELEASES = (("debian", "11"), ("debian", "12"), ("debian", "13"), ("ubuntu", "22.04"))
RELEASES += (("ubuntu", "24.04"), ("alpine", "3.20"), ("alpine", "3.21"), ("alpine", "3.22"))
TYPES = (("npm", 0.55), ("pypi", 0.2), ("maven", 0.15), ("golang", 0.1))
PACKAGES, VERSIONS = 40_000, 20
SKEW = 1.0
"""Exponent of the packages' frequencies: the r-th most frequent has a share of r ** -SKEW."""


def sboms(count, seed=1, packages=None):
    """Yield `count` SBOMs with their documents, which only say which one it is.

    packages: (type, namespace, name, versions) of language packages, the most frequent first;
    made up where not given.
    """
    bases = [base for release in RELEASES for base in _bases(release, seed)]
    known = packages or made_up(seed)
    shares = list(accumulate((rank + 1) ** -SKEW for rank in range(len(known))))
    made = {}
    for number in range(count):
        chance = random.Random(f"{seed} {number}")
        distro, layer, base = bases[int(len(bases) * chance.random() ** 2)]
        wanted = set(chance.choices(range(len(known)), cum_weights=shares, k=PARTS - len(base)))
        while len(wanted) < PARTS - len(base):
            wanted.update(chance.choices(range(len(known)), cum_weights=shares, k=1))
        parts = [_part(known, made, which, chance.random()) for which in sorted(wanted)]
        yield _image(number, distro, layer, (*base, *parts))


def _image(number, distro, layer, parts):
    own = Digest(digest_of(b"layer %d" % number))
    image_id = Digest(digest_of(b"image %d" % number))
    subject = Subject(name=f"stock.example/app-{number // 10}:{number % 10}", image_id=image_id)
    sbom = Sbom(
        subject=subject,
        distro=distro,
        layers=(Layer(diff_id=layer), Layer(diff_id=own)),
        components=parts,
    )
    return sbom, b'{"image": "%s"}' % image_id.encode()


def _part(known, made, which, chance):
    """A package in one of its versions: newer ones are more frequent."""
    type_, space, name, versions = known[which]
    version = versions[-1 - int(len(versions) * chance**3)]
    if (which, version) not in made:
        named = purl.build(type_, space, name, version)
        made[which, version] = Component(purl=named, name=name, version=version, namespace=space)
    return made[which, version]


def made_up(seed):
    """Packages that no advisory names, the most frequent first."""
    chance = random.Random(f"packages {seed}")
    names, weights = zip(*TYPES, strict=True)
    return [
        (
            type_,
            {"maven": "com.example", "golang": "go.example"}.get(type_, ""),
            f"part-{rank}",
            [f"{n // 10 + 1}.{n % 10}.{chance.randrange(9)}" for n in range(VERSIONS)],
        )
        for rank, type_ in enumerate(chance.choices(names, weights, k=PACKAGES))
    ]


def _bases(release, seed):
    """The states of one base: from each to the next a few packages are upgraded."""
    id_, version = release
    chance = random.Random(f"{release} {seed}")
    distro = Distro(id=id_, version=version)
    type_ = "apk" if id_ == "alpine" else "deb"
    updates = [0] * BASE_PARTS
    for state in range(BASE_STATES):
        for which in chance.sample(range(BASE_PARTS), 6):
            updates[which] += 1
        parts = tuple(_base_part(type_, distro, n, u) for n, u in enumerate(updates))
        yield distro, Digest(digest_of(f"{release} {state}".encode())), parts


def _base_part(type_, distro, number, update):
    name, version = f"base-{number}", f"1.{number}-{update}"
    qualifiers = [("arch", "amd64"), ("distro", f"{distro.id}-{distro.version}")]
    return Component(
        purl=purl.build(type_, distro.id, name, version, qualifiers),
        name=name,
        version=version,
        namespace=distro.id,
        source=name,
        source_version=version,
        arch="amd64",
        vendor=f"{distro.id} maintainers",
        distro=distro,
    )


def timed(title, work):
    start = time.perf_counter()
    result = work()
    print(f"{title:44} {time.perf_counter() - start:9.3f} s")
    return result


def ask(url):
    """What a re-match asks: all distinct components, then who holds a thousand of them."""
    with open_store(url, write=False) as database:
        last = highest(database)
        found = timed("distinct components read", lambda: dict(components(database, 1, last + 1)))
        some = random.Random(1).sample(sorted(found), min(1000, len(found)))
        holders = timed("holders of 1,000 of them", lambda: holders_of(database, some))
        held = timed("the SBOMs these are", lambda: set().union(*holders.values()))
    print(f"{len(found):,} distinct components; 1,000 of them in {len(held):,} SBOMs")


def main(count=1000, url=""):
    with tempfile.TemporaryDirectory() as folder:
        url = url or str(Path(folder) / "stock.db")
        timed(f"{count:,} SBOMs made", lambda: sum(1 for _ in sboms(count)))
        new = timed(f"{count:,} SBOMs made and kept", lambda: keep_all(url, sboms(count), KEPT_AT))
        more = list(sboms(count + 5))[count:]
        timed("5 more, together", lambda: keep_all(url, more, KEPT_AT))
        entries = timed("list", lambda: kept(url))
        timed("get", lambda: get(url, entries[-1].image_id))
        ask(url)
        store = health(url)
        each = store.size / max(1, store.sboms)
        print(f"{new:,} new; {store.size / 1e6:.1f} MB, {each:,.0f} bytes an SBOM")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *sys.argv[2:3])
