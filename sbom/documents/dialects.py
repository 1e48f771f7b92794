"""What documents say of a component beside its purl: our properties, and those of trivy and syft.

One table maps every tool's name for a fact to ours (rules.md 3), so that a document of another
tool reads as our own does; unknown properties are not ours to read.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import DecodeError, Struct
from msgspec.json import decode

from sbom.distro import DISTRIBUTION_TYPES, from_qualifier, read_name
from sbom.model import Component, Digest, Distro, Evidence, Purl
from sbom.purl import InvalidPurl, Parts, plain, read

# fmt: off
FIELDS: dict[str, str] = {
    "lading:source": "source",
    "lading:sourceVersion": "source_version",
    "lading:rpm:modularityLabel": "stream",
    "lading:vendor": "vendor",
    "lading:maker": "maker",
    "lading:reader": "reader",
    "lading:layer:diffID": "layer",
    "lading:cpe": "cpes",
    "lading:hash": "hashes",
    "lading:ref": "ref",
    "lading:type": "type",
    "lading:purl": "purl",
    "lading:evidence": "evidence",
    "lading:concluded": "concluded",
    "lading:party": "parties",
    "aquasecurity:trivy:SrcName": "source",
    "aquasecurity:trivy:SrcVersion": "trivy_version",
    "aquasecurity:trivy:SrcRelease": "trivy_release",
    "aquasecurity:trivy:SrcEpoch": "trivy_epoch",
    "aquasecurity:trivy:Modularitylabel": "stream",
    "aquasecurity:trivy:LayerDiffID": "layer",
    "aquasecurity:trivy:FilePath": "paths",
    "syft:metadata:source": "source",
    "syft:metadata:sourceVersion": "source_version",
    "syft:metadata:originPackage": "source",
    "syft:metadata:sourceRpm": "source_rpm",
    "syft:metadata:modularityLabel": "stream",
    "syft:metadata:maintainer": "vendor",
    "syft:metadata:vendor": "vendor",
    "syft:package:foundBy": "reader",
    "syft:cpe23": "cpes",
    "cdx:npm:package:path": "paths",
    "SrcFile": "paths",
}
# fmt: on
SEVERAL = frozenset({"cpes", "hashes", "paths", "evidence", "concluded", "parties"})
"""Facts of which a component may have several."""
DISTRIBUTION_SPELLINGS = DISTRIBUTION_TYPES | {"alpine"}
"""Purl types of distribution packages; `alpine` is what old versions of syft write for `apk`."""

OPTIONAL = frozenset({"optional", "excluded"})
"""CycloneDX scopes of what is not, or need not be, there when the product runs."""

SOURCE_QUALIFIERS = {"apk": "origin", "deb": "source", "rpm": "sourcerpm"}
"""The qualifiers by which osv-scalibr names a package's source."""
NOT_QUALIFIED: tuple[Distro | None, str, str, str] = (None, "", "", "")


class Property(Struct, gc=False, omit_defaults=True):
    """A name and a value of a tool's own, as CycloneDX has them."""

    name: str | None = None
    value: str | None = None


class Facts(Struct, gc=False, kw_only=True):
    """What properties say of one component.

    places: paths, each with its context. evidence: records in JSON, where places cannot tell all.
    parties: texts `ROLE: NAME`.
    """

    ref: str = ""
    type: str = ""
    purl: str = ""
    source: str = ""
    source_version: str = ""
    source_rpm: str = ""
    trivy_version: str = ""
    trivy_release: str = ""
    trivy_epoch: str = ""
    stream: str = ""
    vendor: str = ""
    maker: str = ""
    reader: str = ""
    layer: str = ""
    cpes: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    places: tuple[tuple[str, str], ...] = ()
    evidence: tuple[str, ...] = ()
    concluded: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()


NO_FACTS = Facts()


def facts_of(properties: Iterable[Property]) -> Facts:
    """Return the facts that properties state, by our name for them; the first word counts."""
    one: dict[str, Any] = {}
    several: dict[str, list[str]] = {}
    located: dict[str, str] = {}
    for stated in properties:
        name, value = stated.name, stated.value
        if not name or not value:
            continue
        fact = FIELDS.get(name)
        if fact is None:
            if name.startswith("syft:location:"):
                located[name[14:]] = value
        elif fact in SEVERAL:
            several.setdefault(fact, []).append(value)
        elif fact not in one:
            one[fact] = value
    if not several and not located:
        return Facts(**one)
    return Facts(
        **one,
        cpes=tuple(several.get("cpes", ())),
        hashes=tuple(several.get("hashes", ())),
        evidence=tuple(several.get("evidence", ())),
        concluded=tuple(several.get("concluded", ())),
        parties=tuple(several.get("parties", ())),
        places=_places(several.get("paths", ()), located),
    )


def component(  # noqa: PLR0913 (a document may say this much)
    *,
    purl: str,
    name: str,
    version: str,
    namespace: str = "",
    type: str = "library",  # noqa: A002 (the formats' word)
    ref: str = "",
    scope: str = "",
    vendor: str = "",
    licenses: tuple[str, ...] = (),
    cpes: tuple[str, ...] = (),
    hashes: tuple[tuple[str, str], ...] = (),
    places: tuple[tuple[str, str], ...] = (),
    concluded: tuple[str, ...] = (),
    parties: tuple[tuple[str, str], ...] = (),
    facts: Facts = NO_FACTS,
    distro: Distro | None = None,
) -> tuple[Component, str]:
    """Assemble a component; return it with what keeps it from being matched, if anything.

    The purl's version decides over the one beside it: tools write `go1.26.8` beside `1.26.8` and
    then report falsely. A purl that is none stays as the text it is. `distro` is the document's;
    `places` are paths where it was seen, each with what the document adds to it; `parties` are all
    whom the document names, with their roles. Each of `cpes` is given once.
    """
    purl = purl or facts.purl
    parts, canonical, fault = _parts(purl)
    qualified = _qualified(parts, distro) if parts and parts.qualifiers else NOT_QUALIFIED
    if parts:
        namespace, name, version = parts.namespace, name or parts.name, parts.version or version
    elif not purl and (cpes or facts.cpes):
        fault = f"no purl: {_short(name)} has a CPE only, and nothing is matched by CPE"
    release, arch, upstream, stream = qualified
    source, source_version = _source(facts, upstream)
    evidence, unread = _evidence(facts, places or facts.places)
    vendor = facts.vendor or vendor
    found = Component(
        purl=canonical,
        name=name,
        version=version,
        type=facts.type or type,
        namespace=namespace,
        source=source,
        source_version=source_version,
        arch=arch,
        stream=stream or facts.stream,
        vendor=vendor,
        maker=Purl(facts.maker) if facts.maker else None,
        distro=release,
        licenses=licenses,
        scope="optional" if scope in OPTIONAL else "required",
        evidence=evidence,
        ref=facts.ref or ref,
        cpes=tuple(dict.fromkeys(cpes + facts.cpes)) if facts.cpes else cpes,
        hashes=(*hashes, *map(_hash, facts.hashes)) if facts.hashes else hashes,
        concluded=concluded + facts.concluded if facts.concluded else concluded,
        parties=_parties(parties, facts.parties, vendor) if parties or facts.parties else (),
    )
    return found, fault or unread


def bare(
    purl: str,
    name: str,
    type: str,  # noqa: A002 (the formats' word)
    ref: str,
) -> Component | None:
    """Return what `component` would of a document that says no more than this.

    Plain lists of modules do, and asking each for all that it does not state takes twice as long.
    None where the purl itself says more, or has to be read with care.
    """
    parts = plain(purl)
    if parts is None:
        return None
    return Component(
        purl=Purl(purl),
        name=name or parts.name,
        version=parts.version,
        type=type,
        namespace=parts.namespace,
        # Most are referred to by their purl: one text is enough for both.
        ref=purl if ref == purl else ref,
    )


def _parts(purl: str) -> tuple[Parts | None, Purl, str]:
    """Return what a purl is made of, its canonical form, and why it cannot be read, if so."""
    if not purl:
        return None, Purl(""), ""
    try:
        parts, canonical = read(purl)
    except InvalidPurl as error:
        return None, Purl(purl), f"the package URL {_short(purl)} cannot be read: {error}"
    return parts, canonical, ""


def operating_system(
    name: str, version: str, properties: Iterable[Property] = (), description: str = ""
) -> Distro:
    """Read the component of type operating-system that says which distribution this is."""
    stated = {stated.name: stated.value for stated in properties if stated.name}
    found = read_name(
        stated.get("syft:distro:id") or name, stated.get("syft:distro:versionID") or version
    )
    return Distro(
        id=found.id,
        version=found.version,
        codename=stated.get("lading:distro:codename")
        or stated.get("syft:distro:versionCodename")
        or found.codename,
        name=stated.get("syft:distro:prettyName") or description,
    )


def _qualified(parts: Parts, distro: Distro | None) -> tuple[Distro | None, str, str, str]:
    """Return what a purl's qualifiers say: release, architecture, `upstream`, module stream.

    The release is the document's own distribution where the qualifier names the same.
    """
    stated = dict(parts.qualifiers)
    release = None
    if "distro" in stated:
        release = from_qualifier(stated["distro"], parts.namespace, parts.type)
    elif "os_name" in stated and parts.type in DISTRIBUTION_SPELLINGS:
        release = read_name(stated["os_name"], stated.get("os_version", ""))
    if release and distro and (release.id, release.version) == (distro.id, distro.version):
        release = distro
    stream = stated.get("rpmmod") or stated.get("modularitylabel", "")
    return release, stated.get("arch", ""), _upstream(parts.type, stated), stream


def _upstream(type_: str, stated: Mapping[str, str]) -> str:
    """Return the source as `upstream` has it; osv-scalibr has a qualifier of each type's own."""
    if "upstream" in stated or type_ not in SOURCE_QUALIFIERS:
        return stated.get("upstream", "")
    source, version = stated.get(SOURCE_QUALIFIERS[type_], ""), stated.get("sourceversion", "")
    return f"{source}@{version}" if source and version else source


def _source(facts: Facts, upstream: str) -> tuple[str, str]:
    """Return name and version of the source package: as stated, else as `upstream=` has it."""
    name, version = facts.source, facts.source_version
    if facts.trivy_version and not version:
        version = facts.trivy_version
        version = f"{version}-{facts.trivy_release}" if facts.trivy_release else version
        version = f"{facts.trivy_epoch}:{version}" if facts.trivy_epoch.strip("0") else version
    upstream = upstream or facts.source_rpm
    if name or not upstream:
        return name, version
    if upstream.endswith((".src.rpm", ".nosrc.rpm")):
        return _source_rpm(upstream)
    name, _, stated = upstream.partition("@")
    return name, stated or version


def _source_rpm(file: str) -> tuple[str, str]:
    """Split `NAME-VERSION-RELEASE.src.rpm`."""
    stem = file.removesuffix(".rpm").rpartition(".")[0]
    head, _, release = stem.rpartition("-")
    name, _, version = head.rpartition("-")
    return (name, f"{version}-{release}") if name else (stem, "")


def _places(paths: Iterable[str], located: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return paths with their contexts; `syft:location:0:path` and `…:0:layerID` are one place."""
    found = [(path, "") for path in paths]
    for key, path in located.items():
        number, _, what = key.partition(":")
        if what == "path":
            layer = located.get(f"{number}:layerID")
            found.append((path, f"layer={layer}" if layer else ""))
    return tuple(found)


def _evidence(
    facts: Facts, places: tuple[tuple[str, str], ...]
) -> tuple[tuple[Evidence, ...], str]:
    """Return where it was seen, and what could not be read of it."""
    reader, layer = facts.reader, facts.layer
    if facts.evidence:
        try:
            return tuple([decode(text, type=Evidence) for text in facts.evidence]), ""
        except (DecodeError, UnicodeError, RecursionError) as error:
            return (), f"the property lading:evidence cannot be read: {error}"
    if places:
        return tuple([_seen(path, context, reader, layer) for path, context in places]), ""
    return (Evidence(path="", reader=reader, layer=Digest(layer)),) if layer else (), ""


def _parties(
    stated: tuple[tuple[str, str], ...], told: tuple[str, ...], vendor: str
) -> tuple[tuple[str, str], ...]:
    """Return everyone named; nobody where the vendor, as supplier, is all there is to say."""
    if not told and len(stated) == 1 and stated[0] == ("supplier", vendor):
        return ()
    others = [(role, name) for role, _, name in (text.partition(": ") for text in told)]
    return tuple(sorted({*stated, *others}))


def _seen(path: str, context: str, reader: str, layer: str) -> Evidence:
    """Read one place; where it differs in reader or layer, its context says so."""
    if context.startswith(("reader=", "layer=")):
        stated = dict(word.partition("=")[::2] for word in context.split(" "))
        reader, layer = stated.get("reader", reader), stated.get("layer", layer)
    return Evidence(path=path.lstrip("/"), reader=reader, layer=Digest(layer) if layer else None)


def _hash(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    return name, value


def _short(text: str) -> str:
    return repr(text if len(text) <= 120 else f"{text[:120]}…")
