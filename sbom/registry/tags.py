"""The images of a repository: its tags, and the manifests that each stands for now.

A tag of an index stands for one image per platform; signatures and attestations are no images.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from sbom.errors import FetchError
from sbom.image.manifest import ATTESTATION, INDEXES, NOWHERE, Index, checked, decoded
from sbom.limits import DEFAULT
from sbom.registry.client import Client
from sbom.registry.manifests import document
from sbom.registry.referrers import next_page

MOST_PAGES = 1_000
MOST_TAGS = 100_000
OF_A_DIGEST = re.compile(r"sha(256|512)-[0-9a-f]{64,128}(\..+)?")
"""Tags of what refers to a manifest: the OCI fallback, and cosign's `….sig` and `….att`."""


class Tags(Struct, frozen=True):
    """A page of the list (OCI distribution specification, "Listing Tags")."""

    tags: list[str] | None = None


class Tagged(Struct, frozen=True, gc=False):
    """An image that a tag stands for; platform is empty where the tag names one manifest."""

    tag: str
    digest: str
    platform: str = ""


def tagged(client: Client) -> Iterator[Tagged]:
    """Yield the images of a repository, by tag. Raises FetchError, InputError."""
    for tag in sorted(_tags(client)):
        if OF_A_DIGEST.fullmatch(tag):
            continue
        found = document(client, tag)
        if found.media_type not in INDEXES:
            yield Tagged(tag, found.digest)
            continue
        where = f"{client.reference}: index {tag}"
        for each in decoded(found.data, Index, where).manifests or ():
            platform = str(each.platform or "")
            if platform != NOWHERE and ATTESTATION not in each.notes:
                yield Tagged(tag, checked(each.digest, where), platform)


def _tags(client: Client) -> set[str]:
    most = DEFAULT.manifest_bytes
    found: set[str] = set()
    answer = client.ask("GET", "tags/list", most=most)
    for _ in range(MOST_PAGES):
        following = next_page(answer)
        found.update(decoded(answer.read(most), Tags, f"{client.reference}: tags").tags or ())
        if not following or len(found) > MOST_TAGS:
            break
        answer = client.ask("GET", following, most=most)
    else:
        raise FetchError(f"{client.reference}: its list of tags has no end", "ask who runs it")
    if len(found) > MOST_TAGS:
        raise FetchError(f"{client.reference}: more than {MOST_TAGS} tags", "delete old ones")
    return found
