"""A store, a cache and a publishers' server on the loopback, and what CSAF providers have on it."""

import hashlib
import io
import json
import tarfile

from feed_servers import put

from match.fetch.client import Temper
from match.fetch.publishers import PUBLISHERS
from match.fetch.update import Order, Ways, update
from match.set.store import open_set

BY_NAME = {publisher.name: publisher for publisher in PUBLISHERS}


class World:
    def __init__(self, server, tmp_path):
        self.server, self.root = server, server.root
        self.db, self.cache = str(tmp_path / "db"), str(tmp_path / "cache")

    def publisher(self, name, **changes):
        return BY_NAME[name]._replace(base=f"{self.server.url}/", **changes)

    def update(
        self,
        publisher,
        learned="2026-11-23T00:00:00Z",
        areas=(),
        mirror="",
        db=None,
        cache=None,
        accepted=(),
        **keys,
    ):
        self.server.log.clear()
        ways = Ways(mirror=mirror, keys=keys, temper=Temper(idle=1, sleep=lambda _: None))
        (outcome,) = update(
            [Order(publisher, areas, frozenset(accepted))],
            db or self.db,
            cache or self.cache,
            learned=learned,
            ways=ways,
        )
        return outcome

    def ids(self, db=None):
        with open_set(db or self.db) as advisories:
            query = "SELECT id FROM record WHERE until IS NULL ORDER BY id"
            return [id_ for (id_,) in advisories._db.execute(query)]

    def digest(self, db=None):
        with open_set(db or self.db) as advisories:
            return advisories.state.digest


def csaf(id_, title="t"):
    return json.dumps(
        {
            "document": {
                "category": "csaf_vex",
                "csaf_version": "2.0",
                "title": title,
                "publisher": {"name": "Example"},
                "tracking": {
                    "id": id_,
                    "initial_release_date": "2026-01-02T00:00:00Z",
                    "current_release_date": "2026-01-03T00:00:00Z",
                },
            },
            "product_tree": {"full_product_names": [{"product_id": "P", "name": "P"}]},
            "vulnerabilities": [
                {"cve": id_, "title": title, "product_status": {"known_affected": ["P"]}}
            ],
        }
    ).encode()


def publish(root, folder, documents, index="changes.csv", wrong=()):
    """Publish a directory: {id: (data, stamp)} with its list and checksums."""
    rows = []
    for id_, (data, stamp) in documents.items():
        path = f"2026/{id_.lower()}.json"
        put(root, f"{folder}/{path}", data)
        stated = hashlib.sha256(b"x" if id_ in wrong else data).hexdigest()
        put(root, f"{folder}/{path}.sha256", f"{stated}  {id_.lower()}.json\n")
        rows.append(f'"{path}","{stamp}"' if index == "changes.csv" else path)
    put(root, f"{folder}/{index}", "\n".join(rows) + "\n")


def some(*numbers, stamp="2026-02-01T00:00:00Z"):
    return {f"CVE-2026-{n:04}": (csaf(f"CVE-2026-{n:04}"), stamp) for n in numbers}


def archive(*documents):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for id_, (data, _) in documents:
            info = tarfile.TarInfo(f"2026/{id_.lower()}.json")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def put_archive(root, day, documents):
    data = archive(*documents.items())
    name = f"csaf_vex_{day}.tar.gz"
    put(root, f"csaf/{name}", data)
    put(root, f"csaf/{name}.sha256", hashlib.sha256(data).hexdigest())
    put(root, "csaf/archive_latest.txt", name + "\n")


def metadata(world, **distribution):
    return {"canonical_url": "x", "distributions": [distribution], "publisher": {"name": "Example"}}


def directory(world):
    return world.publisher("suse", items=(("csaf/", ""),), metadata="")
