"""The facts of a period, gathered once from the store; what is measured reads nothing else.

An image is one thing by its digests, whatever names it had. What an inventory names and the store
does not know is an image too: it was never scanned, and counts.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.structs import replace

from gate.evidence.inventory import normal
from gate.evidence.model import Facts, Image, Known, SbomFacts, VerdictFacts, Yardstick
from gate.evidence.reading import sbom_facts, verdict_facts
from gate.verdicts import KeptVerdict
from gate.verdicts import kept as kept_verdicts
from sbom.errors import LadingError, StoreError
from sbom.model import Problem, Sbom
from sbom.store import Kept
from sbom.store import kept as kept_sboms


class Asked(Struct, frozen=True, kw_only=True, gc=False):
    """What a bundle shall be about. scope: globs of names, or `team=…`, as verdicts have it.

    known, inventories: the images there are, and what told of them. signed: (digest, stage, who) of
    signed verdicts that pass an image, None where none were given.
    """

    start: str
    end: str
    as_of: str
    scope: tuple[str, ...] = ()
    yardstick: Yardstick = Yardstick()
    known: tuple[Known, ...] = ()
    inventories: tuple[str, ...] = ()
    signed: tuple[tuple[str, str, str], ...] | None = None
    problems: tuple[Problem, ...] = ()


class Group(Struct, kw_only=True, gc=False):
    """All rows of the store about one image, oldest first."""

    sboms: list[Kept]
    verdicts: list[KeptVerdict]


def gather(url: str, asked: Asked) -> Facts:
    """Gather the facts of a period from a store; without one there is only what `asked` knows."""
    sboms = [each for each in kept_sboms(url) if each.kept_at <= asked.as_of]
    verdicts = kept_verdicts(url, since=asked.start, until=asked.as_of)
    held = frozenset(each.digest for each in sboms)
    problems = list(asked.problems)
    images = [
        _image(url, group, held, asked, problems)
        for group in _grouped(sboms, verdicts)
        if asked.known or _named_so(_names(group), asked.scope)
    ]
    images = [each for each in _with_known(images, asked.known) if _in_scope(each, asked.scope)]
    counted = [each for each in images if _counts(each, asked)]
    if asked.signed is not None:
        counted = [_with_signed(each, asked.signed) for each in counted]
    return Facts(
        scope=asked.scope,
        start=asked.start,
        end=asked.end,
        as_of=asked.as_of,
        yardstick=asked.yardstick,
        images=tuple(sorted(counted, key=lambda each: (each.name, each.digest))),
        inventories=asked.inventories,
        retired=tuple(sorted(f"{e.name} {e.digest}" for e in images if not _counts(e, asked))),
        learned=_learned(url, counted, asked.as_of),
        trusted=asked.signed is not None,
        problems=tuple(problems),
    )


def documents(url: str, facts: Facts) -> dict[str, bytes]:
    """Return the SBOMs and verdicts that facts were taken from, by path."""
    from gate.verdicts import get as get_verdict
    from sbom.store import get as get_sbom

    found = {}
    for image in facts.images:
        if image.sbom:
            digest = image.sbom.digest
            found[f"records/sboms/{digest.partition(':')[2]}"] = get_sbom(url, digest)
        for verdict in image.verdicts:
            name = verdict.digest.partition(":")[2]
            found[f"records/verdicts/{name}.json"] = get_verdict(url, verdict.digest)
    return found


def _grouped(sboms: Sequence[Kept], verdicts: Sequence[KeptVerdict]) -> list[Group]:
    """Return the rows by image; two rows are of one image where they share a digest of it."""
    groups: list[Group] = []
    of: dict[str, Group] = {}

    def group_of(digests: Iterable[str]) -> Group:
        named = [each for each in digests if each]
        found = next((of[each] for each in named if each in of), None)
        if found is None:
            found = Group(sboms=[], verdicts=[])
            groups.append(found)
        of.update(dict.fromkeys(named, found))
        return found

    for sbom in sorted(sboms, key=lambda each: (each.kept_at, each.digest)):
        group_of((sbom.image_id, sbom.manifest, sbom.digest)).sboms.append(sbom)
    for row in sorted(verdicts, key=lambda each: (each.decided_at, each.digest)):
        group_of((row.image_id, row.manifest, row.sbom)).verdicts.append(row)
    return groups


def _names(group: Group) -> set[str]:
    return {each.name for each in group.sboms} | {each.name for each in group.verdicts}


def _image(
    url: str, group: Group, held: frozenset[str], asked: Asked, problems: list[Problem]
) -> Image:
    """Return an image of the store with its facts; what cannot be read is a problem."""
    dated: list[tuple[str, Kept | KeptVerdict]] = [(row.kept_at, row) for row in group.sboms]
    dated += [(row.decided_at, row) for row in group.verdicts]
    rows = [row for _, row in sorted(dated, key=lambda pair: pair[0], reverse=True)]
    sbom: Sbom | None = None
    facts: SbomFacts | None = None
    for kept in reversed(group.sboms):
        try:
            sbom, facts = sbom_facts(url, kept)
            break
        except LadingError as error:
            problems.append(_lost("SBOM", kept.digest, error))
    return Image(
        names=tuple(dict.fromkeys(row.name for row in rows if row.name)),
        image_id=next((row.image_id for row in rows if row.image_id), ""),
        manifest=next((row.manifest for row in rows if row.manifest), ""),
        index=(sbom.subject.index or "") if sbom else "",
        sbom=facts,
        verdicts=tuple(_verdicts(url, group.verdicts, held, asked.yardstick, problems)),
    )


def _verdicts(
    url: str,
    rows: Sequence[KeptVerdict],
    held: frozenset[str],
    yardstick: Yardstick,
    problems: list[Problem],
) -> Iterator[VerdictFacts]:
    """Yield the newest verdict of each stage, oldest first; earlier ones decide nothing."""
    last = {row.stage: row for row in rows}
    for row in rows:
        if last[row.stage] is not row:
            continue
        try:
            yield verdict_facts(url, row, yardstick, sbom_kept=row.sbom in held)
        except LadingError as error:
            problems.append(_lost("verdict", row.digest, error))


def _with_known(images: Sequence[Image], known: Iterable[Known]) -> list[Image]:
    """Return the images with who else names them, and those that only others name.

    A name without digest stands for the image that bore it last; an index's digest for each of its
    platforms that the store knows.
    """
    named: dict[str, list[int]] = {}
    newest: dict[str, int] = {}
    for place in sorted(range(len(images)), key=lambda at: _last_seen(images[at])):
        image = images[place]
        newest |= dict.fromkeys(map(normal, image.names), place)
        for digest in {image.manifest, image.image_id, image.index} - {""}:
            named.setdefault(digest, []).append(place)
    found: dict[int, list[Known]] = {}
    missing: dict[str, list[Known]] = {}
    for each in known:
        name = each.digest or normal(each.reference)
        places = named.get(name, []) if each.digest else [newest[name]] if name in newest else []
        for place in places:
            found.setdefault(place, []).append(each)
        if not places:
            missing.setdefault(name, []).append(each)
    return [
        *(replace(image, known=tuple(found.get(at, ()))) for at, image in enumerate(images)),
        *(
            Image(names=tuple(dict.fromkeys(one.reference for one in each)), known=tuple(each))
            for each in missing.values()
        ),
    ]


def _last_seen(image: Image) -> str:
    kept_at = image.sbom.kept_at if image.sbom else ""
    return max([kept_at, *(each.decided_at for each in image.verdicts)])


def _in_scope(image: Image, scope: Iterable[str]) -> bool:
    """Tell whether an image is meant; where its team or label is not known, it is."""
    names = (*image.names, *(each.reference for each in image.known))
    pairs = [each.partition("=")[::2] for each in scope if "=" in each]
    told = dict(image.verdicts[-1].scope) if image.verdicts else {}
    return _named_so(names, scope) and all(
        fnmatchcase(told[name], value) for name, value in pairs if name in told
    )


def _named_so(names: Collection[str], scope: Iterable[str]) -> bool:
    """Tell whether one of an image's names is one that was asked for."""
    globs = [each for each in scope if "=" not in each]
    every = {*names, *map(normal, names)}
    return not globs or any(fnmatchcase(name, each) for name in every for each in globs)


def _counts(image: Image, asked: Asked) -> bool:
    """Tell whether an image is of the period: an inventory names it, or it was looked at then.

    Without an inventory nobody says what is in use, so everything that is kept counts.
    """
    if not asked.inventories or image.known or image.verdicts:
        return True
    return image.sbom is not None and image.sbom.kept_at >= asked.start


def _with_signed(image: Image, signed: Iterable[tuple[str, str, str]]) -> Image:
    digests = {image.manifest, image.image_id, image.index}
    if image.sbom:
        digests.add(image.sbom.digest)
    found = {(stage, who) for digest, stage, who in signed if digest in digests}
    return replace(image, attested=tuple(sorted(found)))


def _learned(url: str, images: Iterable[Image], as_of: str) -> tuple[str, ...]:
    """Return the days on which the advisory set was fetched: its states', and what verdicts say."""
    from match.set.states import states

    found = {verdict.learned for image in images for verdict in image.verdicts}
    with suppress(StoreError):  # Without a set in the store, verdicts know when theirs was fetched.
        found |= {state.learned for state in states(url)}
    return tuple(sorted({each[:10] for each in found if each and each <= as_of}))


def _lost(what: str, digest: str, error: LadingError) -> Problem:
    return Problem(
        source="evidence", where=f"{what} {digest}", what=str(error), effect="record_lost"
    )
