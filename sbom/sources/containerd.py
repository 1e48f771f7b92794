"""`containerd:NAME`: an image in containerd's content store, its blobs streamed by `ctr`.

Nothing is copied: `ctr content get` gives each manifest and layer as it is kept, so digests and
platforms are those of the registry it came from. CONTAINERD_ADDRESS names the socket and
CONTAINERD_NAMESPACE the namespace; without it the one that has the image is taken.
"""

import os
import stat
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from sbom.engines import addresses, programs
from sbom.engines.names import checked_name
from sbom.errors import FetchError, InputError
from sbom.image.manifest import FULL_NAME, Layout, open_layout, open_platforms
from sbom.image.opened import Image, Platforms, Wish
from sbom.image.remote import Remote
from sbom.image.streams import valid
from sbom.limits import Limits
from sbom.model import Digest
from sbom.registry.reference import parse

PROGRAM = "ctr"
MOST_LISTED = 16 << 20


class Kept(Struct, frozen=True, order=True):
    """An image as a namespace keeps it: `media_type` and `digest` are its manifest's or index's."""

    namespace: str
    name: str
    media_type: str
    digest: str


def recognises(path: str) -> bool:  # noqa: ARG001
    """Tell that no path is an image of containerd's."""
    return False


def open_image(reference: str, wish: Wish) -> Image:
    """Open an image by its name or by the digest of its manifest or index."""
    return open_layout(_layout(reference, wish.limits), wish.platform, wish.limits)


def open_all(reference: str, wish: Wish) -> Platforms:
    """Open the images of all platforms of a name; all of them must have been pulled."""
    return open_platforms(_layout(reference, wish.limits), wish.limits)


def _layout(reference: str, limits: Limits) -> Layout:
    name = checked_name("containerd", reference)
    ctr = (PROGRAM, "--address", _socket())
    kept = _kept(ctr, name)
    store = (*ctr, "--namespace", kept.namespace, "content", "get")
    where = f"containerd:{name}"

    def document(digest: Digest) -> bytes:
        return programs.output((*store, digest), limits.manifest_bytes)

    blobs = Remote(where, document, lambda digest, _: Content((*store, digest)), limits)
    entry = {
        "mediaType": kept.media_type,
        "digest": kept.digest,
        "annotations": {FULL_NAME: kept.name},
    }
    return Layout(msgspec.json.encode({"manifests": [entry]}), blobs.fetch, where)


class Content:
    """A blob of the content store as a place to read from; another place is read anew."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self._command = command
        self._blocks: Iterator[bytes] = iter(())
        self._rest = b""
        self._offset = -1

    def at(self, number: int, offset: int) -> bytes:
        """Return up to so many bytes from a place on; nothing at the end of the blob."""
        if offset != self._offset:
            self._blocks, self._rest = programs.blocks(self._command, offset), b""
            self._offset = offset
        if not self._rest:
            self._rest = next(self._blocks, b"")
        block, self._rest = self._rest[:number], self._rest[number:]
        self._offset += len(block)
        return block


def _socket() -> str:
    """Return the socket containerd listens at; `ctr` itself would wait long for one."""
    tried = []
    for path in addresses.containerd():
        try:
            if stat.S_ISSOCK(os.stat(path).st_mode):
                return path
            tried.append(f"{path} (no socket)")
        except OSError as error:
            tried.append(f"{path} ({error.strerror})")
    told = f"no containerd answers at {', '.join(tried)}"
    raise FetchError(told, "start it, set CONTAINERD_ADDRESS, or export the image to a file")


def _kept(ctr: tuple[str, ...], name: str) -> Kept:
    """Return the image of a name; raise InputError where there is none, or several differ."""
    spaces = _namespaces(ctr)
    found = sorted(each for space in spaces for each in _listed(ctr, space, name))
    if not found:
        told = f"containerd: there is no image {name} in the namespaces {', '.join(spaces)}"
        raise InputError(told, "`ctr -n NAMESPACE images ls` shows them")
    if len({each.digest for each in found}) > 1:
        there = ", ".join(f"{each.namespace} ({each.digest})" for each in found)
        told = f"containerd: several images are called {name}: {there}"
        raise InputError(told, "set CONTAINERD_NAMESPACE, or name the digest")
    return found[0]


def _namespaces(ctr: tuple[str, ...]) -> list[str]:
    if stated := os.environ.get("CONTAINERD_NAMESPACE"):
        return [stated]
    listed = programs.output((*ctr, "namespaces", "list", "--quiet"), MOST_LISTED)
    return sorted(listed.decode("utf-8", "replace").split()) or ["default"]


def _listed(ctr: tuple[str, ...], namespace: str, name: str) -> Iterator[Kept]:
    """Yield the images of a namespace that a name means: as it is, written out, or its digest."""
    filters = [f"target.digest=={name}"] if valid(name) else _names(name)
    command = (*ctr, "--namespace", namespace, "images", "list", *filters)
    lines = programs.output(command, MOST_LISTED).decode("utf-8", "replace").splitlines()
    for line in lines[1:]:
        words = line.split()
        if len(words) > 2 and valid(words[2]):
            yield Kept(namespace, *words[:3])


def _names(name: str) -> list[str]:
    full = str(parse(name))
    return [f'name=="{each}"' for each in dict.fromkeys((name, full))]
