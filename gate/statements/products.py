"""Whether a product of a statement names the root, or a component (docs: rule 19).

A product is named by several identifiers. It is the thing when at least one of them agrees and no
purl or hash among them contradicts; an identifier the thing has none of says nothing either way.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from gate.model import Product
from gate.statements.assertions import algorithm
from gate.statements.cpe import covers, cpe_parts
from gate.statements.images import image_purl
from gate.statements.ranges import within
from sbom.distro import DISTRIBUTION_TYPES, fold, from_qualifier, release_key
from sbom.model import Component, Sbom
from sbom.purl import InvalidPurl, Parts, parse

Miss = Literal["", "product", "version", "qualifier"]
Gap = tuple[Miss, str]
"""What differs, by name and in words; `("", "")` where nothing does."""

NO_GAP: Gap = ("", "")
DOCKER_HUB = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io", "hub.docker.com"})


class Target(Struct, frozen=True, gc=False):
    """A product made ready for many comparisons: everything parsed once.

    invalid: a purl that cannot be read; such a product is nothing's.
    """

    id: str
    name: str
    version: str
    purls: tuple[Parts, ...]
    cpes: tuple[tuple[str, ...], ...]
    hashes: tuple[tuple[str, str], ...]
    serial: str
    ref: str
    versions: str
    parts: tuple["Target", ...]
    invalid: str
    shown: str


class Root(Struct, frozen=True, gc=False):
    """The product the SBOM describes, by every name it has; or what `--product` says it is."""

    purls: tuple[Parts, ...] = ()
    cpes: tuple[tuple[str, ...], ...] = ()
    digests: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    name: str = ""
    version: str = ""
    serial: str = ""
    ref: str = ""
    arch: str = ""


def compile_product(product: Product) -> Target:
    """Parse a product's identifiers."""
    purls = []
    invalid = ""
    for text in product.purls:
        try:
            purls.append(comparable(text))
        except InvalidPurl as error:
            invalid = f"{text}: {error}"
    return Target(
        product.id,
        product.name,
        product.version,
        tuple(purls),
        tuple(cpe_parts(text) for text in product.cpes),
        tuple((algorithm(name), value.lower()) for name, value in product.hashes),
        product.serial,
        product.ref,
        product.versions,
        tuple(compile_product(part) for part in product.subcomponents),
        invalid,
        next(iter((*product.purls, product.name, product.id, product.ref)), "") or product.id,
    )


def root_of(sbom: Sbom, product: str | None) -> Root:
    """Return what statements may call this SBOM's product; `product` stands in for all of it."""
    if product:
        return _named_root(product, sbom.serial)
    root, subject = sbom.root, sbom.subject
    digests = frozenset(
        digest.lower()
        for digest in (subject.image_id, subject.manifest, subject.index)
        if digest is not None
    )
    platform = subject.platform.split("/")
    arch = platform[1] if len(platform) > 1 else ""
    purl = (root.purl if root else "") or image_purl(subject.name, subject.manifest or "", arch)
    purls = _readable([purl]) if purl else ()
    name, version = (root.name, root.version) if root else ("", "")
    names = {subject.name, name, f"{name} {version}", f"{name}@{version}"} - {"", " ", "@"}
    return Root(
        purls=purls,
        cpes=tuple(cpe_parts(text) for text in root.cpes) if root else (),
        digests=digests | {p.version.lower() for p in purls if p.type == "oci" and p.version},
        names=frozenset(names),
        name=name,
        version=version,
        serial=sbom.serial,
        ref=root.ref if root else "",
        arch=arch,
    )


def is_root(target: Target, root: Root) -> Gap:
    """Return what keeps the target from being the root; nothing where it is the root."""
    gap = _ranged(target, root.version)
    if target.invalid or gap[0]:
        return ("product", target.invalid) if target.invalid else gap
    agrees = _root_agrees(target, root)
    for wanted in target.purls:
        gaps = [_root_gap(wanted, have, root) for have in root.purls]
        if not gaps and _by_digest(wanted, root):
            agrees = True
        elif gaps:
            best = min(gaps, key=_distance)
            if best[0]:
                return best
            agrees = True
    if agrees:
        return NO_GAP
    return "product", f"the product is {root_shown(root)}, not {target.shown}"


def is_component(target: Target, component: Component, serial: str) -> Gap:
    """Return what keeps the target from being the component; nothing where it is."""
    gap = _ranged(target, component.version)
    if target.invalid or gap[0]:
        return ("product", target.invalid) if target.invalid else gap
    agrees = bool(target.serial and target.ref) and (
        _serial(target.serial) == _serial(serial) and target.ref == component.ref
    )
    if target.purls:
        have = purl_of(component.purl)
        for wanted in target.purls:
            gap = purl_gap(wanted, have) if have else ("product", "the component has no purl")
            if gap[0]:
                return gap
            agrees = True
    if target.hashes and component.hashes:
        found = {(algorithm(name), value.lower()) for name, value in component.hashes}
        if any(h not in found for h in target.hashes if h[0] in {name for name, _ in found}):
            return "version", f"the file of {component.name} has another hash"
        agrees = agrees or any(each in found for each in target.hashes)
    agrees = agrees or covers(target.cpes, [cpe_parts(text) for text in component.cpes])
    return NO_GAP if agrees else ("product", f"{target.shown} is not {component.name}")


def purl_gap(wanted: Parts, have: Parts) -> Gap:
    """Return what differs; both as `comparable` makes them.

    No version in `wanted` means all versions; each qualifier it has must be there with the same
    value; an epoch that is not stated is 0 on both sides (rule 5).
    """
    if (wanted.type, wanted.namespace, wanted.name) != (have.type, have.namespace, have.name):
        return "product", f"{_named(wanted)} is not {_named(have)}"
    if wanted.version and wanted.version != have.version:
        return "version", f"{wanted.version} is not {have.version or 'stated'}"
    if wanted.version and wanted.type == "rpm" and _epoch(wanted) != _epoch(have):
        return "version", f"epoch {_epoch(wanted)} is not {_epoch(have)}"
    if wanted.subpath and wanted.subpath != have.subpath:
        return "product", f"path {wanted.subpath} is not {have.subpath or 'stated'}"
    for key, value in wanted.qualifiers:
        found = have.get(key)
        if found != value and key != "epoch":
            return "qualifier", f"{key}={value} is not {found or 'stated'}"
    return NO_GAP


@lru_cache(maxsize=65536)
def purl_of(text: str) -> Parts | None:
    """Return a component's purl ready for comparison, None where it has none that can be read."""
    try:
        return comparable(text)
    except InvalidPurl:
        return None


def comparable(text: str) -> Parts:
    """Parse a purl and fold what different tools spell differently.

    Raises:
        InvalidPurl: where the text is no purl.
    """
    parts = parse(text)
    type_, namespace, name, version = parts.type, parts.namespace, parts.name, parts.version
    qualifiers = parts.qualifiers
    if type_ in DISTRIBUTION_TYPES:
        namespace = fold(namespace)
        qualifiers = tuple((k, _qualifier(k, v, namespace, type_)) for k, v in qualifiers)
    elif type_ == "oci":
        version = version.lower()
        qualifiers = tuple((k, _qualifier(k, v, name, type_)) for k, v in qualifiers)
    elif type_ == "golang":
        namespace, name = namespace.lower(), name.lower()
    elif type_ == "pypi":
        name = _pypi(name)
    return Parts(type_, namespace, name, version, qualifiers, parts.subpath)


def root_shown(root: Root) -> str:
    """Name the root for a message."""
    if root.purls:
        parts = root.purls[0]
        return f"{_named(parts)}@{parts.version}" if parts.version else _named(parts)
    return root.name or next(iter(sorted(root.names | root.digests)), "") or "not named"


def _named_root(product: str, serial: str) -> Root:
    lower = product.lower()
    if lower.startswith("pkg:"):
        purls = _readable([product])
        digests = {p.version for p in purls if p.type == "oci" and ":" in p.version}
        return Root(purls=purls, digests=frozenset(digests), names=frozenset({product}))
    if lower.startswith("cpe:"):
        return Root(cpes=(cpe_parts(product),), names=frozenset({product}))
    if lower.startswith(("sha256:", "sha384:", "sha512:")):
        return Root(digests=frozenset({lower}), names=frozenset({product}))
    return Root(names=frozenset({product}), name=product, serial=serial)


def _readable(texts: Iterable[str]) -> tuple[Parts, ...]:
    return tuple(parts for text in texts if (parts := purl_of(text)) is not None)


def _root_agrees(target: Target, root: Root) -> bool:
    """Tell whether any identifier but the purls names the root."""
    if target.serial:
        ours = _serial(target.serial) == _serial(root.serial)
        return ours and target.ref in {"", root.ref}
    digests = {f"{name.replace('-', '')}:{value}" for name, value in target.hashes}
    if target.id.lower() in root.digests or digests & root.digests:
        return True
    if covers(target.cpes, root.cpes):
        return True
    if target.id in root.names or target.name in root.names - {root.name}:
        return True
    return bool(target.name) and target.name == root.name and target.version in {"", root.version}


def _root_gap(wanted: Parts, have: Parts, root: Root) -> Gap:
    """Compare purls; an image's digest names it whichever of its digests that is."""
    if wanted.type == have.type == "oci" and wanted.version in root.digests:
        have = Parts(
            have.type, have.namespace, have.name, wanted.version, have.qualifiers, have.subpath
        )
    return purl_gap(wanted, have)


def _by_digest(wanted: Parts, root: Root) -> bool:
    """Tell whether an OCI purl names the image by its content, where the image has no purl."""
    arch = wanted.get("arch")
    here = wanted.type == "oci" and bool(wanted.version) and wanted.version in root.digests
    return here and (not arch or arch == root.arch)


def _ranged(target: Target, version: str) -> Gap:
    """Say where a `vers:` range keeps the version out, or cannot be compared with it."""
    if not target.versions or within(version, target.versions):
        return NO_GAP
    return "version", f"{version or 'no version'} is not in {target.versions}"


def _qualifier(key: str, value: str, namespace: str, type_: str) -> str:
    if key == "distro":
        distro = from_qualifier(value, namespace, type_)
        return (release_key(distro) if distro else "") or value
    if key == "repository_url":
        return _repository(value, namespace)
    return value


def _repository(url: str, name: str) -> str:
    """Fold a repository's address: no scheme, no slash, one Docker Hub, without the image name."""
    text = url.lower().partition("://")[2] or url.lower()
    host, slash, path = text.strip("/").partition("/")
    host = "docker.io" if host in DOCKER_HUB else host
    return f"{host}{slash}{path}".removesuffix(f"/{name}")


def _pypi(name: str) -> str:
    return "-".join(part for part in name.replace("_", "-").replace(".", "-").split("-") if part)


def _serial(text: str) -> str:
    return text.lower().removeprefix("urn:uuid:")


def _epoch(parts: Parts) -> str:
    return parts.get("epoch") or "0"


def _named(parts: Parts) -> str:
    return f"pkg:{parts.type}/{parts.namespace}{'/' if parts.namespace else ''}{parts.name}"


def _distance(gap: Gap) -> int:
    return ("", "qualifier", "version", "product").index(gap[0])
