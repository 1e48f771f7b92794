"""What an image lacks of what is asked: nothing, or why it does not count as `kind: detail`.

Each function looks at one image of the period. What is not known never counts.
"""

from collections.abc import Callable, Iterable

from gate.evidence.model import Facts, Image, VerdictFacts
from gate.instants import utc
from gate.model import Stage
from sbom.days import days_between
from sbom.facts import facts_named

Lacking = Callable[[Image, Facts], str]
STAGES: tuple[Stage, ...] = ("build", "registry", "deploy")
NO_SBOM = "no SBOM is kept"
NO_VERDICT = "no verdict in the period"
SHOWN = 5
"""Ids that are named of a list; how many there are is always said."""


def newest(image: Image, stage: str = "") -> VerdictFacts | None:
    """Return the newest verdict of the period, of a stage or of any."""
    found = [each for each in image.verdicts if stage in {"", each.stage}]
    return found[-1] if found else None


def sbom(image: Image, _: Facts) -> str:
    """Ask for an SBOM."""
    return "" if image.sbom else NO_SBOM


def identity(image: Image, _: Facts) -> str:
    """Ask for an SBOM or a verdict that names the image by its content."""
    if not (image.sbom or image.verdicts):
        return "never scanned"
    return "" if image.image_id or image.manifest else "its SBOM names no digest of the image"


def verdict(image: Image, _: Facts) -> str:
    """Ask for a verdict of the period."""
    return "" if image.verdicts else NO_VERDICT


def stages(image: Image, _: Facts) -> str:
    """Ask for a verdict at each stage."""
    missing = [stage for stage in STAGES if newest(image, stage) is None]
    return f"no verdict of a stage: {', '.join(missing)}" if missing else ""


def layers(image: Image, _: Facts) -> str:
    """Ask for the layer of every component."""
    if image.sbom is None:
        return NO_SBOM
    if not image.sbom.components:
        return "no component was found"
    lost = image.sbom.components - image.sbom.placed
    return f"layers are not known: {lost} of {image.sbom.components} components" if lost else ""


def spoken_for(image: Image, _: Facts) -> str:
    """Ask that the advisory set can speak of every component."""
    last = newest(image)
    if last is None:
        return NO_VERDICT
    lost = last.components - last.matchable
    return f"no feed speaks of it: {lost} of {last.components} components" if lost else ""


def gates(image: Image, _: Facts) -> str:
    """Ask that the newest verdict of every stage the image came to lets it pass."""
    if not image.verdicts:
        return NO_VERDICT
    last = [each for stage in STAGES if (each := newest(image, stage))]
    denied = [f"{each.stage} on {each.decided_at[:10]}" for each in last if each.outcome == "deny"]
    return f"denied: at {', '.join(denied)}" if denied else ""


def built_clean(image: Image, facts: Facts) -> str:
    """Ask for a passing verdict at build, with nothing grave left open."""
    last = newest(image, "build")
    if last is None:
        return "no verdict at build"
    if last.outcome == "deny":
        return f"denied: at build on {last.decided_at[:10]}"
    return _named(f"open findings of {facts.yardstick.score:g} or more", last.grave)


def answered(image: Image, facts: Facts) -> str:
    """Ask that every grave finding is cleared by a statement, or accepted by an exception."""
    last = newest(image)
    if last is None:
        return NO_VERDICT
    return _named(f"open findings of {facts.yardstick.score:g} or more", last.grave)


def in_time(image: Image, facts: Facts) -> str:
    """Ask that no grave finding stays open for long once a fix is known."""
    last = newest(image)
    if last is None:
        return NO_VERDICT
    return _named(f"fix known for more than {facts.yardstick.fix_days} days", last.overdue)


def assessed(image: Image, _: Facts) -> str:
    """Ask that every finding has a score, or somebody's word on it."""
    last = newest(image)
    return NO_VERDICT if last is None else _named("neither score nor statement", last.unscored)


def current(image: Image, facts: Facts) -> str:
    """Ask for a verdict that is not too old."""
    last = newest(image)
    if last is None:
        return NO_VERDICT
    return _old("newest verdict", last.decided_at, facts, facts.yardstick.verdict_days)


def deployed(image: Image, _: Facts) -> str:
    """Ask that the newest verdict at deploy lets it pass."""
    last = newest(image, "deploy")
    if last is None:
        return "no verdict at deploy"
    return f"denied: at deploy on {last.decided_at[:10]}" if last.outcome == "deny" else ""


def passing(image: Image, facts: Facts) -> str:
    """Ask that the newest verdict lets it pass, and is not too old."""
    return gates(image, facts) or current(image, facts)


def archive(image: Image, _: Facts) -> str:
    """Ask that the newest verdict and the SBOM it judged are kept."""
    last = newest(image)
    if last is None:
        return NO_VERDICT
    return "" if last.sbom_kept else f"the SBOM that was judged is not kept: {last.sbom}"


def attestation(image: Image, facts: Facts) -> str:
    """Ask for a signed verdict that lets it pass, by a trusted key."""
    if not facts.trusted:
        return "no signed verdicts were given"
    return "" if image.attested else "no signed verdict by a trusted key lets it pass"


def configuration(image: Image, _: Facts) -> str:
    """Ask that the configuration was read."""
    if image.sbom is None:
        return NO_SBOM
    read = "read" in facts_named(image.sbom.facts, "config")
    return "" if read else "configuration is not known"


def not_root(image: Image, facts: Facts) -> str:
    """Ask that it runs as a user who is known not to be root."""
    lost = configuration(image, facts)
    if lost or image.sbom is None:
        return lost
    told = facts_named(image.sbom.facts, "runs-as-root")
    if told == ("no",):
        return ""
    return "runs as root" if "yes" in told else "whether it runs as root is not known"


def no_ssh(image: Image, _: Facts) -> str:
    """Ask that no sign of an ssh server was found."""
    if image.sbom is None:
        return NO_SBOM
    told = facts_named(image.sbom.facts, "ssh")
    if told == ("none",):
        return ""
    return f"ssh: {'; '.join(told[:SHOWN])}" if told else "whether it has ssh is not known"


def no_secrets(image: Image, facts: Facts) -> str:
    """Ask that no variable looks like a secret."""
    lost = configuration(image, facts)
    if lost or image.sbom is None:
        return lost
    return _named("variables look like secrets", facts_named(image.sbom.facts, "secret-variable"))


def base(image: Image, _: Facts) -> str:
    """Ask that the base is named."""
    if image.sbom is None:
        return NO_SBOM
    named = (facts_named(image.sbom.facts, name) for name in ("base-name", "base-digest"))
    return "" if any(named) else "its base is not known"


def fresh_base(image: Image, facts: Facts) -> str:
    """Ask that the base is not too old."""
    if image.sbom is None:
        return NO_SBOM
    created = max(facts_named(image.sbom.facts, "base-created"), default="")
    if not utc(created):
        return "age of its base is not known"
    return _old("base", created, facts, facts.yardstick.base_days)


def support(image: Image, facts: Facts) -> str:
    """Ask that the distribution is supported."""
    if image.sbom is None:
        return NO_SBOM
    until, system = image.sbom.supported_until, image.sbom.system or "no distribution"
    if not until:
        return f"support of the system is not known: {system}"
    return f"support has ended: {system} on {until}" if until < facts.as_of[:10] else ""


def element(name: str) -> Lacking:
    """Ask that the SBOM answers a minimum element; a verified signature beside it counts."""

    def lacks(image: Image, _: Facts) -> str:
        if image.sbom is None:
            return NO_SBOM
        if name == "signature" and any(each.signed_by for each in image.verdicts):
            return ""
        return "" if (name, True) in image.sbom.answers else "its SBOM does not tell it for all"

    return lacks


def _old(what: str, since: str, facts: Facts, most: int) -> str:
    """Say that something of a day is older than so many days; nothing where it is not."""
    age = days_between(since, facts.as_of)
    if age is not None and age <= most:
        return ""
    return f"{what} is older than {most} days: {'of no date' if age is None else f'{age} days'}"


def _named(kind: str, ids: Iterable[str]) -> str:
    """Return `kind: ids`, the first of them by name; nothing where there are none."""
    all_ids = tuple(dict.fromkeys(ids))
    if not all_ids:
        return ""
    more = f" and {len(all_ids) - SHOWN} more" if len(all_ids) > SHOWN else ""
    return f"{kind}: {', '.join(all_ids[:SHOWN])}{more}"
