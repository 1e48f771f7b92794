"""Manifests: from an index to one platform's image, as the OCI image specification has it.

Docker's schema 2 has the same shape under other media types. Shared by all sources.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import islice
from typing import TypeVar

import msgspec
from msgspec import Struct

from sbom.errors import InputError
from sbom.image.members import Member
from sbom.image.opened import Image, ImageLayer, Platforms, tar_layer
from sbom.image.steps import instruction, steps_of_layers
from sbom.image.streams import BROKEN, valid
from sbom.limits import Limits, exceeded
from sbom.model import Digest, Layer, Subject
from sbom.text import plain

NAME = "org.opencontainers.image.ref.name"
FULL_NAME = "io.containerd.image.name"
ATTESTATION = "vnd.docker.reference.type"
NOWHERE = "unknown/unknown"
"""The platform under which BuildKit keeps attestations in an index."""
INDEXES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
MANIFESTS = frozenset(
    {
        "",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    }
)
MOST_NESTED = 4
"""Indexes within indexes; real ones have one."""
MOST_ENTRIES = 100_000
"""Manifests, indexes and attestations that a place may name in all."""
MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "i386": "386", "i686": "386", "armv7l": "arm"}
VARIANTS = {"arm64": "v8", "arm": "v7"}
"""What an architecture without a variant means (OCI image index, `variant`)."""

Fetch = Callable[[Digest], Member | None]
T = TypeVar("T")


class Platform(Struct, frozen=True, gc=False):
    """A platform as indexes and configurations state it."""

    os: str = ""
    architecture: str = ""
    variant: str | None = None

    def __str__(self) -> str:
        return "/".join(filter(None, (self.os, self.architecture, self.variant)))


class Descriptor(Struct, frozen=True, rename="camel"):
    """Where a blob is, and what it is (OCI descriptor)."""

    digest: str
    media_type: str = ""
    artifact_type: str | None = None
    platform: Platform | None = None
    annotations: dict[str, str] | None = None

    @property
    def notes(self) -> dict[str, str]:
        """The annotations, also where there are none."""
        return self.annotations or {}


class Index(Struct, frozen=True):
    """OCI image index, or Docker's manifest list."""

    manifests: list[Descriptor] | None = None


class Manifest(Struct, frozen=True):
    """OCI image manifest."""

    config: Descriptor
    layers: list[Descriptor]
    annotations: dict[str, str] | None = None


class RootFs(Struct, frozen=True):
    """The unpacked layers of a configuration."""

    diff_ids: list[str] | None = None


class Step(Struct, frozen=True):
    """One line of a configuration's history; only some steps made a layer."""

    created_by: str | None = None
    empty_layer: bool = False


class Config(Struct, frozen=True):
    """OCI image configuration, what of it is needed here."""

    os: str = ""
    architecture: str = ""
    variant: str | None = None
    created: str | None = None
    rootfs: RootFs = RootFs()
    history: list[Step] | None = None


class Layout(Struct, frozen=True):
    """A place of images: its `index.json`, how blobs of it are fetched, its name, the tag meant."""

    index: bytes
    fetch: Fetch
    where: str
    tag: str = ""


class Choice(Struct, frozen=True):
    """One image that could be meant: its manifest, and the index that names it."""

    descriptor: Descriptor
    platform: Platform
    index: Digest | None = None


def open_layout(layout: Layout, platform: str | None, limits: Limits) -> Image:
    """Open the image of a layout's index by its tag (or digest) and platform."""
    named = _tagged(layout)
    choices = list(_choices(named, layout, limits, set()))
    return _opened(layout, _chosen(choices, layout.where, platform), named[0].notes, limits)


def open_platforms(layout: Layout, limits: Limits) -> Platforms:
    """Open the images of all platforms, in the order of the index; say what in it is no image."""
    named = _tagged(layout)
    others: list[str] = []
    walk = _choices(named, layout, limits, set(), others=others)
    found = list(islice(walk, limits.platforms + 1))
    if not found:
        raise _no_image(layout.where)
    if len(found) > limits.platforms:
        told = f"it names more than {limits.platforms} images (platforms)"
        raise exceeded(layout.where, told, "platforms")
    images = (_opened(layout, choice, named[0].notes, limits) for choice in found)
    return Platforms(tuple(images), tuple(others))


def _opened(layout: Layout, choice: Choice, notes: dict[str, str], limits: Limits) -> Image:
    """Open the image of one manifest. notes: the annotations of the entry that was named."""
    where, fetch = layout.where, layout.fetch
    digest = Digest(choice.descriptor.digest)
    data = fetched(fetch, digest, where, "manifest", limits)
    manifest = decoded(data, Manifest, f"{where}: manifest {digest}")
    config_digest = checked(manifest.config.digest, where)
    config = fetched(fetch, config_digest, where, "configuration", limits)
    blobs = [_blob(fetch, layer, where, n) for n, layer in enumerate(manifest.layers)]
    subject = Subject(
        name=notes.get(FULL_NAME) or _name(where, notes.get(NAME, "")),
        image_id=config_digest,
        manifest=digest,
        index=choice.index,
    )
    digests = [Digest(layer.digest) for layer in manifest.layers]
    image = assembled(subject, config, list(zip(blobs, digests, strict=True)), where, limits)
    stated = manifest.annotations or {}
    return msgspec.structs.replace(image, annotations=tuple(sorted(stated.items())))


def assembled(
    subject: Subject,
    config: bytes,
    blobs: Sequence[tuple[Member, Digest | None]],
    where: str,
    limits: Limits,
) -> Image:
    """Return the image of a configuration and its layers' blobs (with their digests if known)."""
    stated = decoded(config, Config, f"{where}: configuration {subject.image_id}")
    diff_ids = stated.rootfs.diff_ids or []
    if len(diff_ids) != len(blobs):
        told = f"the manifest has {len(blobs)} layers, the configuration {len(diff_ids)}"
        raise InputError(f"{where}: {told}", BROKEN)
    if len(blobs) > limits.layers:
        raise exceeded(where, f"it has more than {limits.layers} layers (layers)", "layers")
    steps = _steps(stated, len(blobs))
    platform = Platform(stated.os, stated.architecture, stated.variant)
    layers = []
    for number, ((member, digest), diff_id) in enumerate(zip(blobs, diff_ids, strict=True)):
        step, made_by = steps[number]
        facts = Layer(diff_id=checked(diff_id, where), digest=digest, created_by=made_by, step=step)
        layers.append(_layer(facts, f"{where}: layer {number}", member))
    created = stated.created or ""
    subject = msgspec.structs.replace(subject, platform=str(platform), created=created)
    return Image(subject=subject, layers=tuple(layers), config=config)


def decoded(data: bytes, shape: type[T], where: str) -> T:
    """Decode a JSON document of a known shape; raise InputError with the place of a fault."""
    try:
        return msgspec.json.decode(data, type=shape)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InputError(f"{where}: {error}", BROKEN) from None


def fetched(fetch: Fetch, digest: Digest, where: str, what: str, limits: Limits) -> bytes:
    """Return a small blob after its digest was compared."""
    member = fetch(checked(digest, where))
    if member is None:
        raise InputError(f"{where}: the {what} {digest} is not in it", BROKEN)
    data = member.read(limits)
    found = digest_of(data, digest)
    if found != digest:
        raise InputError(f"{where}: the {what} {digest} has the digest {found}", BROKEN)
    return data


def digest_of(data: bytes, like: str = "sha256") -> Digest:
    """Return the digest of a document, by the algorithm of another digest."""
    algorithm = like.partition(":")[0]
    if algorithm == "sha256":
        return Digest("sha256:" + sha256(data).hexdigest())
    import hashlib

    return Digest(f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}")


def checked(digest: str, where: str) -> Digest:
    """Return a digest that is one; its text names a file, so it is looked at first."""
    if not valid(digest):
        raise InputError(f"{where}: {digest!r} is no sha256 or sha512 digest", BROKEN)
    return Digest(digest)


def _layer(facts: Layer, where: str, member: Member) -> ImageLayer:
    return tar_layer(facts, f"{where} ({facts.diff_id[:19]}…)", member.size, member.stream)


def _tagged(layout: Layout) -> list[Descriptor]:
    """Return the entries that a tag means; without a tag all must mean the same name."""
    where, tag = layout.where, layout.tag
    manifests = decoded(layout.index, Index, f"{where}: index.json").manifests or []
    images = [d for d in manifests if not _other_kind(d)]
    if tag:
        images = [d for d in images if tag in _names(d)]
    names = sorted({_names(d)[-1] for d in images if len(_names(d)) > 1})
    if not images:
        known = sorted({name for d in manifests for name in _names(d)[1:2]})
        hint = f"there are {', '.join(known)}" if known else "its index.json names no image"
        raise InputError(f"{where}: no image {tag or 'in it'}", hint)
    if len(names) > 1:
        raise several(where, names)
    return images


def several(where: str, names: Sequence[str]) -> InputError:
    """Return the error of a place that holds several images, with their names."""
    return InputError(
        f"{where}: it holds {len(names)} images: {', '.join(names)}",
        f"choose one, such as {where}:{names[0]}",
    )


def _names(descriptor: Descriptor) -> list[str]:
    """Return all that an entry goes by, its digest first."""
    notes = descriptor.notes
    full, short = notes.get(FULL_NAME, ""), notes.get(NAME, "")
    return [descriptor.digest, *filter(None, dict.fromkeys((short, full)))]


def _choices(
    descriptors: Sequence[Descriptor],
    layout: Layout,
    limits: Limits,
    seen: set[str],
    index: Digest | None = None,
    depth: int = 0,
    others: list[str] | None = None,
) -> Iterator[Choice]:
    """Yield the images of entries, those of indexes within them as well, each once.

    seen: the digests that were looked at: an index that is named again in every other one would
        be as many images as nobody can count. others: takes what is no image.
    """
    where = layout.where
    for descriptor in descriptors:
        if descriptor.digest in seen:
            continue
        if len(seen) >= MOST_ENTRIES:
            raise InputError(f"{where}: it names more than {MOST_ENTRIES} manifests", BROKEN)
        seen.add(descriptor.digest)
        kind = _other_kind(descriptor)
        if kind:
            if others is not None:
                others.append(f"{descriptor.digest} is {kind}")
        elif descriptor.media_type in INDEXES:
            if depth == MOST_NESTED:
                raise InputError(f"{where}: indexes lie in indexes more than {depth} deep", BROKEN)
            digest = checked(descriptor.digest, where)
            data = fetched(layout.fetch, digest, where, "index", limits)
            inner = decoded(data, Index, f"{where}: index {digest}").manifests or []
            yield from _choices(inner, layout, limits, seen, digest, depth + 1, others)
        else:
            platform = descriptor.platform or _platform_of(descriptor, layout, limits)
            yield Choice(descriptor, platform, index)


def _other_kind(descriptor: Descriptor) -> str:
    """Return what an entry is that is neither an image nor an index; nothing for those."""
    if ATTESTATION in descriptor.notes or str(descriptor.platform) == NOWHERE:
        return f"an attestation ({descriptor.platform or 'no platform'})"
    if descriptor.artifact_type:
        return f"an artifact of type {plain(descriptor.artifact_type)[:80]}"
    if descriptor.media_type not in INDEXES | MANIFESTS:
        return f"a document of type {plain(descriptor.media_type)[:80]}"
    return ""


def _platform_of(descriptor: Descriptor, layout: Layout, limits: Limits) -> Platform:
    """Ask the configuration, where the index does not say."""
    fetch, where = layout.fetch, layout.where
    data = fetched(fetch, Digest(descriptor.digest), where, "manifest", limits)
    manifest = decoded(data, Manifest, f"{where}: manifest {descriptor.digest}")
    config = fetched(fetch, Digest(manifest.config.digest), where, "configuration", limits)
    stated = decoded(config, Config, f"{where}: configuration {manifest.config.digest}")
    return Platform(stated.os, stated.architecture, stated.variant)


def _chosen(choices: Sequence[Choice], where: str, platform: str | None) -> Choice:
    if not choices:
        raise _no_image(where)
    if platform is None and len(choices) == 1:
        return choices[0]
    wanted = _folded(platform or f"linux/{os.uname().machine}")
    fitting = [c for c in choices if _folded(str(c.platform)) == wanted]
    if len(fitting) == 1:
        return fitting[0]
    there = ", ".join(sorted({str(choice.platform) for choice in choices}))
    if fitting:
        digests = ", ".join(choice.descriptor.digest for choice in fitting)
        raise InputError(
            f"{where}: several images for {'/'.join(wanted)}: {digests}", f"write {where}@DIGEST"
        )
    told = f"no image for {platform or '/'.join(wanted)}, there are {there}"
    raise InputError(f"{where}: {told}", "choose one with --platform")


def _no_image(where: str) -> InputError:
    return InputError(f"{where}: no image manifest in it", "it holds attestations only")


def _folded(platform: str) -> tuple[str, str, str]:
    """Return os, architecture and variant by Go's names, the usual variant filled in."""
    system, _, machine = platform.lower().partition("/")
    architecture, _, variant = machine.partition("/")
    architecture = MACHINES.get(architecture, architecture)
    return system, architecture, variant or VARIANTS.get(architecture, "")


def _blob(fetch: Fetch, descriptor: Descriptor, where: str, number: int) -> Member:
    member = fetch(checked(descriptor.digest, where))
    if member is None:
        told = f"layer {number} ({descriptor.digest}) is not in it"
        raise InputError(f"{where}: {told}", "save the image again with all its layers")
    return member


def _steps(config: Config, layers: int) -> list[tuple[int, str]]:
    """Return number and text of the step that made each layer; none where they do not fit."""
    steps = config.history or []
    numbers = steps_of_layers([step.empty_layer for step in steps], layers)
    if numbers is None:
        return [(0, "")] * layers
    return [(number, instruction(steps[number - 1].created_by or "")) for number in numbers]


def _name(path: str, tag: str) -> str:
    """Return a name for an image that has only a tag: the place it lies in stands before it."""
    if "/" in tag or ":" in tag:
        return tag
    stem = os.path.basename(os.path.normpath(path))
    return f"{stem}:{tag}" if tag else stem
