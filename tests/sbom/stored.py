"""SBOMs for tests of the store, a check that a store is consistent, and a process that keeps them.

usage: stored.py URL FIRST COUNT  (keeps SBOMs, saying so after each, until all are or it is killed)
"""

import sys

from msgspec import msgpack

from sbom.digest import digest_of
from sbom.model import Component, Digest, Distro, Evidence, Layer, Purl, Sbom, Subject
from sbom.store import get, keep, kept, open_store
from sbom.store.parts import components, highest, holders_of, parts_of

WHEN = "2026-11-23T10:00:00Z"
DEBIAN = Distro(id="debian", version="12", codename="bookworm")


def component(number, **more):
    """One component; numbers that differ are distinct ones."""
    return Component(purl=Purl(f"pkg:npm/part@{number}"), name="part", version=str(number), **more)


def image(number, parts, name="", layers=()):
    """The SBOM of an image, and its document."""
    sbom = Sbom(
        subject=Subject(
            name=name or f"registry.example/app:{number}",
            image_id=Digest(digest_of(b"image %d" % number)),
            manifest=Digest(digest_of(b"manifest %d" % number)),
            platform="linux/amd64",
        ),
        distro=DEBIAN,
        layers=tuple(Layer(diff_id=Digest(digest_of(each.encode()))) for each in layers),
        components=tuple(component(part) for part in parts),
    )
    return sbom, msgpack.encode(sbom)


def of_process(number):
    """The SBOM that a process keeps: half of its parts are everybody's, half are its own."""
    return image(number, [*range(20), *range(1000 + 20 * number, 1020 + 20 * number)])


def found_at(part, path, layer):
    """The same distinct component, seen elsewhere."""
    return component(part, evidence=(Evidence(path=path, layer=Digest(layer)),), ref=path)


def assert_consistent(url):
    """Every SBOM has its document and its parts, and parts and holders say the same."""
    sboms = kept(url)
    for entry in sboms:
        assert digest_of(get(url, entry.digest)) == entry.digest
    with open_store(url, write=False) as database:
        numbers = [n for (n,) in database.execute("SELECT number FROM sbom").fetchall()]
        documents = database.execute("SELECT number FROM sbom_document").fetchall()
        assert sorted(n for (n,) in documents) == sorted(numbers)
        parts = parts_of(database, numbers)
        assert set(parts) == set(numbers)
        there = {number for number, _ in components(database, 1, highest(database) + 1)}
        inverse = {}
        for number, held in parts.items():
            for each in held:
                inverse.setdefault(each, set()).add(number)
        assert {n: set(held) for n, held in holders_of(database, there).items()} == inverse
        assert set(inverse) == there
        digests = database.execute("SELECT count(*), count(DISTINCT digest) FROM component")
        assert len(set(digests.fetchone())) == 1
    return sboms


if __name__ == "__main__":
    url, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    for each in range(first, first + count):
        keep(url, *of_process(each), WHEN)
        print("kept", each, flush=True)
