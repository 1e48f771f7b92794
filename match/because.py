"""The reasons in words: one sentence for each finding and each dismissal, never two rules in one.

Each says which record of which feed, which range, and which rule of precedence.
"""

from typing import Literal

from msgspec import Struct

from match.ecosystems import LANGUAGES, Lookup, PackageKey
from match.judge import LISTED, UNCOMPARED, Bounds, Judgement, words
from match.set.store import Spoken

Reason = Literal[
    "fixed", "out_of_range", "not_affected", "owned", "precedence", "withdrawn", "stream", "arch"
]
"""Why a record that names a component does not affect it."""
UNNAMED = "its version"
"""What stands for a version that is not known, where a record clears it."""


class Sentence(Struct, frozen=True, gc=False):
    """A sentence about every version in a range: what stands before and after the version.

    unnamed: what stands for a version that is not known.
    """

    before: str
    after: str
    unnamed: str = ""

    def about(self, version: str) -> str:
        """Return the sentence about one version."""
        return f"{self.before}{version or self.unnamed}{self.after}"


def affected(spoken: Spoken, key: PackageKey, at: tuple[int, int], why: str, rule: str) -> Sentence:
    """Say why a component is affected, or may be.

    Args:
        spoken: the deciding record's claim.
        key: what the component was looked up under.
        at: place and how of the range, as in `affected`.
        why: what keeps it uncertain, or empty.
        rule: the rule of precedence, from `rule`.
    """
    record, name = f"{spoken.advisory} ({spoken.feed})", name_in(key)
    place, how = at
    unnamed = ""
    if spoken.claim.claim == "unknown":
        before, after = f"{record} does not know yet whether {name} ", " is affected"
        unnamed = "of no known version"
    elif how == UNCOMPARED:
        before, after = f"{record} names {name}, but whether ", " is affected is undecided"
        unnamed = "it"
        if not why:
            why = f"the range {words(spoken.claim.intervals[place])} has no order"
    elif how == LISTED:
        before, after = f"{record} lists {name} ", " as affected"
    else:
        span = _span(spoken.claim.intervals[place])
        before, after = f"{record} says that {name} {span} is affected, ", " is in that range"
        unnamed = "it"
    if why:
        since = f" since {why}" if how == UNCOMPARED else f", undecided since {why}"
        after = f"{after}{since}"
    return Sentence(before, f"{after}, and {rule}.", unnamed)


def rule(lookup: Lookup, own_release: str) -> str:
    """Say who speaks for the component and why.

    Args:
        lookup: its release is the one whose records are asked.
        own_release: the component's own release, or empty where it is not known.
    """
    release = lookup.key.release
    if lookup.key.names == "cpe":
        return f"by CPE: it is mapped to {lookup.key.name} and no other record names it"
    if not release:
        return "no distribution speaks for it, so the records of its ecosystem decide"
    if lookup.whole:
        return f"the release of {release} is not known, so every release of it counts"
    if own_release and own_release != release and not own_release.startswith(f"{release}:"):
        return f"{release} speaks for {own_release}, which has no feed in the set"
    return f"{release} speaks for its own packages"


def rejected(rule: str, date: str) -> str:
    """Say that a vulnerability's CVE was rejected, and that a record with its own word stands."""
    return f"{rule}; its CVE was rejected by the CNA on {date[:10]}, which ends no other record"


def silent(maker: str, release: str, days: int | None) -> str:
    """Say that the distribution that made a language package has said nothing."""
    since = "" if days is None else f" for {days} days"
    return (
        f"{maker} owns its files, of which {release or 'its distribution'} has said nothing{since}"
    )


def owned(maker: str, word: str) -> str:
    """Say that the distribution has judged the package that owns the component's files."""
    return f"Its files belong to {maker}, and the distribution speaks for them: {word}"


def other_stream(spoken: Spoken, lookup: Lookup, stream: str | None) -> str:
    """Say that a record is about another module stream."""
    about = f"module {stream}" if stream else "a module" if stream is None else "no module"
    own = f"of module {lookup.stream}" if lookup.stream else "of no module"
    record, name = f"{spoken.advisory} ({spoken.feed})", name_in(lookup.key)
    return f"{record} is about {about}; {name} here is {own}."


def other_builds(spoken: Spoken, lookup: Lookup, product: str) -> str:
    """Say that a record is about the builds of another channel of the distribution."""
    record, name = f"{spoken.advisory} ({spoken.feed})", name_in(lookup.key)
    version = lookup.version
    return f"{record} is about {name} in builds of {product}; {version} here is none of these."


def other_arch(spoken: Spoken, lookup: Lookup, arch: str) -> str:
    """Say that a record is about builds for other architectures."""
    about = ", ".join(spoken.claim.arches)
    record = f"{spoken.advisory} ({spoken.feed})"
    return f"{record} is about {name_in(lookup.key)} for {about}; this one is for {arch}."


def refused(spoken: Spoken, lookup: Lookup, maker: str) -> str:
    """Say that a distribution does not speak for a package of a third-party repository."""
    record = f"{spoken.advisory} ({spoken.feed})"
    return (
        f"{record} is about {name_in(lookup.key)} of {lookup.key.release}; this one was made by"
        f" {maker}, for whom the distribution does not speak."
    )


def not_affected(
    spoken: Spoken, lookup: Lookup, judgement: Judgement, why: str = ""
) -> tuple[Reason, str]:
    """Return (reason, sentence) of a record that names the component and does not affect it.

    why: what keeps it open whether the record is about the component at all.
    """
    record = f"{spoken.advisory} ({spoken.feed})"
    name, version, claim = name_in(lookup.key), lookup.version or UNNAMED, spoken.claim
    if claim.withdrawn:
        return "withdrawn", f"{record} was withdrawn on {claim.withdrawn[:10]}."
    if claim.claim == "not_affected":
        return _cleared(spoken, name, version, judgement, why)
    if judgement.fixed:
        mended = f"{name} is fixed in {judgement.fixed}"
        return "fixed", f"{record} says that {mended}; {version} is not before that."
    if not claim.intervals and not claim.listed:
        return "out_of_range", f"{record} names {name} and no version of it."
    unsure = "may be affected" if claim.claim == "unknown" else "is affected"
    said = f"{record} says that {name} {unsure} {_ranges(spoken)}"
    return "out_of_range", f"{said}; {version} is not."


def _cleared(
    spoken: Spoken, name: str, version: str, judgement: Judgement, why: str
) -> tuple[Reason, str]:
    """Say what follows from a record that says which versions are not affected."""
    record = f"{spoken.advisory} ({spoken.feed})"
    alone = "and no record says that it is affected"
    if why := why or judgement.why:
        said = f"{record} says of {name} only what is not affected"
        open_ = f"whether it means {version} cannot be told since {why}"
        return "not_affected", f"{said}; {open_}, {alone}."
    if judgement.verdict == "inside":
        called = name if version == UNNAMED else f"{name} {version}"
        return "not_affected", f"{record} says that {called} is not affected."
    said = f"{record} says only that {name} is not affected {_ranges(spoken)}"
    return "out_of_range", f"{said}, which {version} is not, {alone}."


def _ranges(spoken: Spoken) -> str:
    """Return in words the versions that a record is about: `before 2.0, in 3 versions it lists`."""
    ranges = [_span(each) for each in spoken.claim.intervals]
    if listed := len(spoken.claim.listed):
        ranges.append("in 1 version it lists" if listed == 1 else f"in {listed} versions it lists")
    return ", ".join(ranges)


def _span(bounds: Bounds) -> str:
    return words(bounds) if any(bounds) else "in all versions"


def name_in(key: PackageKey) -> str:
    """Return a package's name as its ecosystem has it, without what the join puts before it."""
    prefix, slash, rest = key.name.partition("/")
    language = LANGUAGES.get(prefix) if slash and not key.release else None
    own = language is not None and language.prefix and language.scheme == key.scheme
    return rest if own else key.name
