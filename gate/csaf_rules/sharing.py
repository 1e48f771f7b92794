"""Tests of 2.1 on who may have a document: sharing groups, their reserved ids (6.1.38 to .41)."""

from collections.abc import Iterator
from typing import Any

from sbom.model import Fault

Node = dict[str, Any]
EVERYBODY = "ffffffff-ffff-ffff-ffff-ffffffffffff"
NOBODY = "00000000-0000-0000-0000-000000000000"
NAMES = {EVERYBODY: "Public", NOBODY: "No sharing allowed"}
"""The names that belong to the two reserved ids, and to no other."""
GROUP = "document.distribution.sharing_group"


def everybody_but_not_clear(document: Node) -> Iterator[Fault]:
    """6.1.38: what is for everybody is TLP:CLEAR."""
    distribution = document["document"]["distribution"]
    if _id(document) == EVERYBODY and distribution["tlp"]["label"] != "CLEAR":
        what = f"it is {distribution['tlp']['label']}, and the sharing group is everybody"
        yield Fault(place="document.distribution.tlp.label", what=what)


def clear_but_not_everybody(document: Node) -> Iterator[Fault]:
    """6.1.39: what is TLP:CLEAR is for everybody; a draft may be for nobody yet."""
    head = document["document"]
    found = _id(document)
    if not found or found == EVERYBODY or head["distribution"]["tlp"]["label"] != "CLEAR":
        return
    if not (found == NOBODY and head["tracking"]["status"] == "draft"):
        yield Fault(place=f"{GROUP}.id", what="a TLP:CLEAR document is for everybody")


def reserved_name(document: Node) -> Iterator[Fault]:
    """6.1.40: a reserved name stands with its own id only."""
    group = document["document"]["distribution"].get("sharing_group", {})
    for id_, name in NAMES.items():
        if group.get("name") == name and group["id"] != id_:
            yield Fault(place=f"{GROUP}.name", what=f"{name!r} is the name of {id_}")


def missing_name(document: Node) -> Iterator[Fault]:
    """6.1.41: a reserved id has its name."""
    group = document["document"]["distribution"].get("sharing_group", {})
    wanted = NAMES.get(group.get("id", ""))
    if wanted and group.get("name") != wanted:
        yield Fault(place=f"{GROUP}.name", what=f"the name of {group['id']} is {wanted!r}")


def _id(document: Node) -> str:
    found: str = document["document"]["distribution"].get("sharing_group", {}).get("id", "")
    return found
