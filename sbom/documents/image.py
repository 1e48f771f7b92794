"""What an SBOM holds of the image as a whole, as names and values, and read back from them.

CycloneDX keeps them as properties of the product; what trivy calls them there is read too.
"""

from collections.abc import Iterable
from typing import Any

from msgspec import DecodeError, Struct
from msgspec.json import decode, encode

from sbom.documents.dialects import Property
from sbom.model import Change, Digest, Layer, Problem, Sbom

SUBJECT = {
    "lading:name": "name",
    "lading:imageId": "image_id",
    "lading:manifest": "manifest",
    "lading:index": "index",
    "lading:platform": "platform",
    "lading:created": "created",
    "aquasecurity:trivy:ImageID": "image_id",
}
"""Properties of the image as a whole, by the field of `Subject`."""
LAYER, FACT = "lading:layer:", "lading:image:"
RECORDS: dict[str, Any] = {"lading:history": Change, "lading:problem": Problem}


class Image(Struct, gc=False):
    """What `read_image` found; `subject` holds fields of `Subject` by their names."""

    subject: dict[str, str]
    layers: tuple[Layer, ...]
    history: tuple[Change, ...]
    problems: tuple[Problem, ...]
    facts: tuple[tuple[str, str], ...]


def image_properties(sbom: Sbom) -> list[Property]:
    """Return what an SBOM holds of the image as a whole, as names and values."""
    subject = sbom.subject
    stated = [
        ("lading:name", subject.name if sbom.root and sbom.root.name != subject.name else ""),
        ("lading:imageId", subject.image_id),
        ("lading:manifest", subject.manifest),
        ("lading:index", subject.index),
        ("lading:platform", subject.platform),
        ("lading:created", subject.created),
    ]
    for number, layer in enumerate(sbom.layers):
        stated += [
            (f"{LAYER}{number}:diffID", layer.diff_id),
            (f"{LAYER}{number}:digest", layer.digest),
            (f"{LAYER}{number}:createdBy", layer.created_by),
            (f"{LAYER}{number}:step", str(layer.step) if layer.step else ""),
        ]
    stated += [("lading:history", encode(change).decode()) for change in sbom.history]
    stated += [("lading:problem", encode(problem).decode()) for problem in sbom.problems]
    told = [Property(name, value) for name, value in stated if value]
    # A fact may be that there is nothing (no user): its empty value is told too.
    return told + [Property(FACT + name, value) for name, value in sbom.facts]


def read_image(properties: Iterable[Property], where: str) -> Image:
    """Read what `image_properties` wrote, or trivy; what cannot be read becomes a Problem."""
    subject: dict[str, str] = {}
    layers: dict[str, dict[str, str]] = {}
    found: dict[Any, list[Any]] = {Change: [], Problem: []}
    facts: list[tuple[str, str]] = []
    for stated in properties:
        name, value = stated.name or "", stated.value or ""
        if name.startswith(FACT):
            facts.append((name[len(FACT) :], value))
        elif not value:
            continue
        elif name in SUBJECT:
            subject.setdefault(SUBJECT[name], value)
        elif name == "aquasecurity:trivy:DiffID":
            layers.setdefault(value, {})["diffID"] = value
        elif name.startswith(LAYER):
            number, _, what = name[len(LAYER) :].partition(":")
            layers.setdefault(number, {})[what] = value
        elif name in RECORDS:
            kind = RECORDS[name]
            try:
                found[kind].append(decode(value, type=kind))
            except (DecodeError, UnicodeError, RecursionError) as error:
                found[Problem].append(_unread(f"{where}: {name}", str(error)))
    return Image(
        subject=subject,
        layers=tuple(_layer(one) for one in layers.values() if "diffID" in one),
        history=tuple(found[Change]),
        problems=tuple(found[Problem]),
        facts=tuple(sorted(facts)),
    )


def _layer(stated: dict[str, str]) -> Layer:
    step = stated.get("step", "")
    return Layer(
        diff_id=Digest(stated["diffID"]),
        digest=Digest(stated["digest"]) if "digest" in stated else None,
        created_by=stated.get("createdBy", ""),
        # No image has a million steps: a longer number is not ours.
        step=int(step) if step.isascii() and step.isdigit() and len(step) <= 6 else 0,
    )


def _unread(where: str, what: str) -> Problem:
    return Problem(source="sbom", where=where, what=what, effect="field_lost")
