"""Repositories of rpm packages: the list of mirrors names one, whose `repomd.xml` the updateinfo.

The checksum of the updateinfo stands in `repomd.xml`, so an exchange between the two is noticed.
"""

import re
from io import BytesIO
from urllib.parse import urljoin, urlsplit

from match.fetch.errand import Errand, Part, Stages
from match.records.markup import local, parts, unreadable
from sbom.errors import FetchError

TEXT_BYTES = 4 << 20
HINT = "try again, or name a mirror with --mirror"
SUMS = frozenset({"sha256", "sha512"})


def fetch(errand: Errand) -> Stages:
    """Take the updateinfo of each repository, where it changed."""

    def one(item: tuple[str, str]) -> str:
        place, mirrors = item
        if errand.mirror:
            errand.take(place)
            return place
        repository = _first(errand.text(place, mirrors, TEXT_BYTES), mirrors)
        index = urljoin(repository, "repodata/repomd.xml")
        href, digests = _updateinfo(errand.text(place, index, TEXT_BYTES), index)
        errand.take(place, urljoin(repository, href), digests=digests)
        return place

    items = [
        (place, errand.publisher.base + upstream) for place, upstream in errand.publisher.items
    ]
    asked = set(errand.each(items, one))
    places = (place for place, _ in errand.publisher.items if errand.shelf.has(place))
    return (tuple(Part(place=place, part=place, sure=place in asked) for place in places),)


def _first(data: bytes, mirrors: str) -> str:
    """Return the first repository of a list of mirrors, which has to be on the list's own host."""
    text = data.decode("utf-8", "replace")
    found = re.search(r"^\s*(https?://\S{1,2000})\s*$", text, re.MULTILINE)
    there, here = urlsplit(found[1] if found else ""), urlsplit(mirrors)
    if not found or (there.scheme, there.netloc) != (here.scheme, here.netloc):
        raise FetchError(f"{mirrors}: it names no repository of {here.hostname}", HINT)
    return found[1].rstrip("/") + "/"


def _updateinfo(data: bytes, index: str) -> tuple[str, dict[str, str]]:
    """Return where the updateinfo lies in its repository, and its digests."""
    try:
        for element in parts(BytesIO(data), 1):
            if local(element) == "data" and element.get("type") == "updateinfo":
                found = {local(e): e for e in element}
                href = found["location"].get("href", "")
                if href.startswith("repodata/") and ".." not in href:
                    checksum = found["checksum"]
                    kind, digest = checksum.get("type", ""), (checksum.text or "").strip()
                    return href, {kind: digest} if kind in SUMS else {}
    except KeyError as error:
        raise FetchError(f"{index}: its updateinfo has no {error}", HINT) from None
    except unreadable() as error:
        raise FetchError(f"{index}: it cannot be read: {error}", HINT) from None
    raise FetchError(f"{index}: it names no updateinfo", HINT)
