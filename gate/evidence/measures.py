"""Facts of a period to numbers: how many of what there is are as asked, and what the others lack.

Pure. A measure counts items of one unit; each item that does not count says why. Of images, those
in use are the ones an inventory names; without any inventory, all.
"""

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct
from msgspec.structs import astuple

from gate.evidence import lacking
from gate.evidence.lacking import Lacking, newest
from gate.evidence.model import Facts, Image, Item, Measured, Unit
from sbom.days import days_between
from sbom.profiles import cisa_2026

Items = Callable[[Facts], Iterable[Item]]


class Measure(Struct, frozen=True, gc=False):
    """How something is counted. query: in words; `{…}` is filled in from the yardstick."""

    title: str
    unit: Unit
    query: str
    items: Items


def measured(name: str, facts: Facts) -> Measured:
    """Count a measure of `MEASURES`."""
    measure = MEASURES[name]
    query = measure.query
    for field in facts.yardstick.__struct_fields__:
        query = query.replace(f"{{{field}}}", f"{getattr(facts.yardstick, field):g}")
    return Measured(
        measure=name,
        title=measure.title,
        unit=measure.unit,
        query=query,
        items=tuple(sorted(measure.items(facts), key=astuple)),
    )


def in_use(facts: Facts) -> tuple[Image, ...]:
    """Return the images an inventory names; all where none was given."""
    if not facts.inventories:
        return facts.images
    return tuple(image for image in facts.images if image.known)


def days(facts: Facts) -> Iterator[str]:
    """Yield the days of the period, up to the day of the measuring."""
    from datetime import date, timedelta

    day, last = (date.fromisoformat(each[:10]) for each in (facts.start, facts.as_of))
    while day <= last:
        yield day.isoformat()
        day += timedelta(days=1)


def _of_images(lacks: Lacking, images: Callable[[Facts], Iterable[Image]]) -> Items:
    def items(facts: Facts) -> Iterator[Item]:
        for image in images(facts):
            last = newest(image)
            yield Item(
                name=image.name,
                digest=image.digest,
                sbom=image.sbom.digest if image.sbom else "",
                verdict=last.digest if last else "",
                lacks=lacks(image, facts),
            )

    return items


def _all(facts: Facts) -> Iterable[Image]:
    return facts.images


def _in_registries(facts: Facts) -> Iterable[Image]:
    return (
        image for image in facts.images if any(each.place == "registry" for each in image.known)
    )


def _references(facts: Facts) -> Iterator[Item]:
    """Yield how clusters and lists name images; a registry's own list is no use of a name."""
    named = {each for image in facts.images for each in image.known if each.place != "registry"}
    for each in named:
        pinned = "@" in each.reference
        lacks = "" if pinned else "named by a tag, which may move"
        yield Item(name=each.reference, digest=each.digest, lacks=lacks)


def _fresh_days(facts: Facts) -> Iterator[Item]:
    most = facts.yardstick.feed_days
    known = sorted(facts.learned)
    for day in days(facts):
        last = max((each for each in known if each <= day), default="")
        age = days_between(last, day) if last else None
        lacks = "advisory set was not there yet"
        if age is not None:
            lacks = f"advisory set was older than {most} days: of {last}" if age > most else ""
        yield Item(name=day, lacks=lacks)


def _exceptions(facts: Facts) -> Iterator[Item]:
    """Yield each exception that softened a verdict of the period, once."""
    seen = {
        (use.id, use.owner, use.approver, use.reason, use.until): verdict.digest
        for image in facts.images
        for verdict in image.verdicts
        for use in verdict.exceptions
    }
    for (name, owner, approver, reason, until), digest in seen.items():
        wanted = {"owner": owner, "approver": approver, "reason": reason, "end": until}
        missing = [word for word, value in wanted.items() if not value]
        lacks = f"not stated: {', '.join(missing)}" if missing else ""
        if not lacks and owner == approver:
            lacks = f"owner and approver are one: {owner}"
        yield Item(name=name, verdict=digest, lacks=lacks)


def _image(
    title: str, query: str, lacks: Lacking, images: Callable[[Facts], Iterable[Image]] = _all
) -> Measure:
    return Measure(title, "image", query, _of_images(lacks, images))


MEASURES: dict[str, Measure] = {
    "identified": _image(
        "known by their content",
        "images whose SBOM or verdict names the digest of the manifest or configuration",
        lacking.identity,
    ),
    "catalogued": _image(
        "with an SBOM", "images of which an SBOM is kept at the end of the period", lacking.sbom
    ),
    "judged": _image(
        "with a verdict",
        "images that were held against the advisory set, and decided upon, in the period",
        lacking.verdict,
    ),
    "every-stage": _image(
        "judged at every stage",
        "images in use with verdicts of the period at build, registry and deploy",
        lacking.stages,
        in_use,
    ),
    "layers": _image(
        "every component in its layer",
        "images whose newest SBOM names the layer of every component",
        lacking.layers,
    ),
    "spoken-for": _image(
        "every component spoken for",
        "images in whose newest verdict a feed of the advisory set speaks of every component",
        lacking.spoken_for,
    ),
    "gates-hold": _image(
        "let pass at every gate they came to",
        "images in use whose newest verdict at each stage lets them pass",
        lacking.gates,
        in_use,
    ),
    "built-clean": _image(
        "built without grave findings",
        "images in use whose newest verdict at build passes, without a finding of CVSS {score} or"
        " more that neither a VEX statement clears nor an exception accepts",
        lacking.built_clean,
        in_use,
    ),
    "deployed-passing": _image(
        "let pass at deploy",
        "images in use whose newest verdict at deploy lets them pass",
        lacking.deployed,
        in_use,
    ),
    "current": _image(
        "judged lately",
        "images in use whose newest verdict is at most {verdict_days} days old",
        lacking.current,
        in_use,
    ),
    "configuration": _image(
        "with a configuration that was read",
        "images whose configuration was read, and is held against the practices of this bundle",
        lacking.configuration,
    ),
    "not-root": _image(
        "not run as root",
        "images whose configured user is known and is not root",
        lacking.not_root,
    ),
    "no-ssh": _image(
        "without ssh",
        "images without ssh server among packages and programs, and without its ports",
        lacking.no_ssh,
    ),
    "no-secrets": _image(
        "without secrets in variables",
        "images in whose configuration no variable that has a value looks like a secret",
        lacking.no_secrets,
    ),
    "base-known": _image(
        "with a known base", "images whose base is named, by name or digest", lacking.base
    ),
    "base-fresh": _image(
        "on a base of late",
        "images whose base was made at most {base_days} days before",
        lacking.fresh_base,
    ),
    "supported": _image(
        "on a supported system",
        "images whose distribution is supported at the end of the period",
        lacking.support,
    ),
    "archived": _image(
        "with their records kept",
        "images whose newest verdict is kept, whole, and so is the SBOM it judged",
        lacking.archive,
    ),
    "assessed": _image(
        "every finding assessed",
        "images in whose newest verdict every finding has a score or a statement",
        lacking.assessed,
    ),
    "answered": _image(
        "every grave finding answered",
        "images in use in whose newest verdict each finding of CVSS {score} or more is cleared by a"
        " VEX statement or accepted by an exception",
        lacking.answered,
        in_use,
    ),
    "in-time": _image(
        "remedied in time",
        "images in use in whose newest verdict no open finding of CVSS {score} or more has had a"
        " known fix for more than {fix_days} days; one whose fix has no date counts as late",
        lacking.in_time,
        in_use,
    ),
    "trusted": _image(
        "with a signed verdict",
        "images in use that a signed verdict lets pass, by a key of the trust file",
        lacking.attestation,
        in_use,
    ),
    "registry-clean": _image(
        "fit to stay in their registry",
        "images of the listed registries whose newest verdict lets them pass, and is at most"
        " {verdict_days} days old",
        lacking.passing,
        _in_registries,
    ),
    "pinned": Measure(
        "named by digest",
        "reference",
        "references in the inventories of clusters and lists that name a digest",
        _references,
    ),
    "feeds-fresh": Measure(
        "with a fresh advisory set",
        "day",
        "days of the period on which the advisory set was at most {feed_days} days old",
        _fresh_days,
    ),
    "exceptions": Measure(
        "with owner, approver, reason and end",
        "exception",
        "exceptions that softened a verdict of the period and name owner, another approver, reason"
        " and last day",
        _exceptions,
    ),
} | {
    f"element-{each.id}": _image(
        f"SBOM tells {each.title}",
        f"images whose newest SBOM answers the element `{each.id}` of the profile cisa-2026"
        " (`lading sbom check`)",
        lacking.element(each.id),
    )
    for each in cisa_2026.ELEMENTS
}
