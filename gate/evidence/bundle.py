"""A bundle: every file by its path, and the manifest of their digests, which alone is signed.

The same facts, version and time give the same bytes (docs/evidence.md).
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256

import msgspec

from gate.evidence import oscal, page, tables
from gate.evidence.document import MANIFEST_SCHEMA, File, Images, Manifest, Period, Tool, measures
from gate.evidence.model import Assessed, Facts
from sbom.signing import dsse
from sbom.signing.keys import Signer

MANIFEST = "manifest.json"
SIGNATURE = "manifest.dsse.json"
REPORT = "report.html"
PAYLOAD_TYPE = "application/vnd.lading.evidence+json"
ENCODER = msgspec.json.Encoder(order="deterministic")


def files(facts: Facts, assessed: tuple[Assessed, ...], *, version: str) -> dict[str, bytes]:
    """Return the content of a bundle by path, all but its manifest and signature."""
    return dict(_files(facts, assessed, version))


def manifest(contents: Mapping[str, bytes], facts: Facts, *, created: str, version: str) -> bytes:
    """Return the manifest of these files. created: RFC 3339 in UTC."""
    return _json(
        Manifest(
            schema=MANIFEST_SCHEMA,
            tool=Tool(name="lading", version=version),
            created=created,
            scope=facts.scope,
            period=Period(start=facts.start, end=facts.end),
            as_of=facts.as_of,
            files=tuple(
                File(path=path, sha256=sha256(data).hexdigest(), bytes=len(data))
                for path, data in sorted(contents.items())
            ),
        )
    )


def seal(listing: bytes, signer: Signer) -> bytes:
    """Return the signed envelope of a manifest."""
    return dsse.seal(listing, PAYLOAD_TYPE, [signer])


def _files(
    facts: Facts, assessed: tuple[Assessed, ...], version: str
) -> Iterator[tuple[str, bytes]]:
    numbers = measures(facts, assessed)
    yield "measures.json", _json(numbers)
    yield "measures.csv", tables.measures(numbers)
    yield "records/images.json", _json(Images(images=facts.images))
    for each in {e.measured.measure: e.measured for e in assessed if e.measured}.values():
        yield f"records/{each.measure}.csv", tables.records(each)
    for path, document in oscal.documents(facts, numbers, version).items():
        yield f"oscal/{path}", _json(document)
    yield REPORT, page.render(facts, assessed, numbers)


def _json(document: object) -> bytes:
    return msgspec.json.format(ENCODER.encode(document), indent=1) + b"\n"
