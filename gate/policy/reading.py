"""Policy files: YAML to `Policy`, with every fault at its line; the policies Lading ships.

A policy that is empty, cannot be read, or could never deny never passes an image: it is refused
(exit 2). What a file leaves open is answered by rules 9 and 10: denied at deploy, warned of before.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple, get_args

from msgspec.structs import replace

from gate.model import Answer, Policy, Rules, Stage
from sbom.errors import InputError
from sbom.model import Fault

SHIPPED = ("default", "strict", "sp800-190", "audit-only")
STAGES: tuple[Stage, ...] = get_args(Stage)
ANSWERS: tuple[Answer, ...] = get_args(Answer)
UNKNOWNS = (
    "empty",
    "end_of_life",
    "no_feed",
    "no_purl",
    "stale_feed",
    "undecided",
    "unreadable",
    "vendor_silent",
)
"""Every unknown but `unscored`, which has a key of its own (docs/policy.md says what each is)."""
TOP = ("$schema", "name", "description", "stages")
RULES = (
    "score",
    "severity",
    "epss",
    "kev",
    "cvss",
    "unscored",
    "unfixed",
    "grace",
    "types",
    "baseline",
    "unknowns",
    "stale_days",
    "kernel",
    "optional",
    "audit",
)
SEVERITIES = ("low", "medium", "high", "critical")
GRACE = (*SEVERITIES, "since")
SINCE = ("published", "first_seen")
CVSS = ("2", "2.0", "3", "3.0", "3.1", "4", "4.0")
MAX_BYTES = 1024 * 1024
MAX_SCORE = 10.0


class Place(NamedTuple):
    """A YAML node's value with its line, so that a fault can say where it is."""

    value: Any
    line: int


def load(reference: str) -> Policy:
    """Return the shipped policy of that name, or the one in the file of that path.

    Raises:
        InputError: where there is neither, or the file is no policy.
    """
    if reference in SHIPPED:
        return read(shipped(reference).encode(), reference)
    try:
        with open(reference, "rb") as stream:
            return read(stream.read(MAX_BYTES + 1), reference)
    except OSError as error:
        raise InputError(
            f"{reference}: no such policy ({error.strerror})",
            f"name a file, or one of {', '.join(SHIPPED)}{_meant(reference, SHIPPED)}",
        ) from None


def shipped(name: str) -> str:
    """Return the YAML of a policy that Lading ships."""
    from importlib.resources import files

    if name not in SHIPPED:
        hint = f"one of {', '.join(SHIPPED)}{_meant(name, SHIPPED)}"
        raise InputError(f"{name}: no policy of that name is shipped", hint)
    return (files("gate") / "policies" / f"{name}.yaml").read_text(encoding="utf-8")


def read(data: bytes, name: str) -> Policy:
    """Read a policy file.

    Raises:
        InputError: at the first fault, with its line and what was perhaps meant.
    """
    root = _parse(data)
    found = [root] if isinstance(root, Fault) else list(_faults(root))
    if found or isinstance(root, Fault):
        more = f" ({len(found) - 1} further faults)" if len(found) > 1 else ""
        raise InputError(
            f"{name}: {found[0].place}: {found[0].what}{more}", "docs/policy.md describes the file"
        )
    top = root.value
    stages = top["stages"].value
    return Policy(
        name=str(top["name"].value) if "name" in top else name,
        digest=f"sha256:{sha256(data).hexdigest()}",
        stages=tuple((each, _rules(stages[each].value, each)) for each in STAGES if each in stages),
    )


def faults(data: bytes) -> tuple[Fault, ...]:
    """Return why the file is no valid policy, each with its line; nothing when it is one."""
    root = _parse(data)
    return (root,) if isinstance(root, Fault) else tuple(_faults(root))


def with_score(policy: Policy, score: float) -> Policy:
    """Return the policy with only its score rule replaced, in every stage (`--fail-on`)."""
    stages = tuple((stage, replace(rules, score=score)) for stage, rules in policy.stages)
    return replace(policy, stages=stages)


def _rules(given: dict[str, Place], stage: Stage) -> Rules:
    """Make a stage's rules complete."""
    values = {key: place.value for key, place in given.items()}
    usual: Answer = "deny" if stage == "deploy" else "warn"
    unknowns = values.get("unknowns", {})
    one: Answer = unknowns if isinstance(unknowns, str) else usual  # type: ignore[assignment]
    answers: dict[str, Answer] = dict.fromkeys(UNKNOWNS, one)
    if isinstance(unknowns, dict):
        answers.update({key: place.value for key, place in unknowns.items()})
    score = values.get("score")
    return Rules(
        score=None if score is None else float(score),
        cvss=str(values.get("cvss") or ""),
        unscored=values.get("unscored", usual),
        unknowns=tuple(sorted(answers.items())),
        stale_days=values.get("stale_days"),
        kernel=values.get("kernel", False),
        optional=values.get("optional", False),
        **_conditions(values),
    )


def _conditions(values: dict[str, Any]) -> dict[str, Any]:
    """Return the rules that look at more than the score, complete."""
    grace = {key: place.value for key, place in values.get("grace", {}).items()}
    types = {key: place.value for key, place in values.get("types", {}).items()}
    epss = values.get("epss")
    return {
        "kev": values.get("kev", "ignore"),
        "epss": None if epss is None else float(epss),
        "severity": values.get("severity", ""),
        "unfixed": values.get("unfixed", "deny"),
        "since": grace.pop("since", SINCE[0]),
        "grace": tuple(sorted(grace.items())),
        "types": tuple(sorted(types.items())),
        "baseline": values.get("baseline", "warn"),
    }


def _faults(root: Place) -> Iterator[Fault]:
    """Yield every fault, in the order of the file as far as it can be followed."""
    if not isinstance(root.value, dict) or not root.value:
        yield _fault(root, "a policy is a mapping with `stages`")
        return
    yield from _strangers(root, TOP, "")
    for key in ("name", "description"):
        if key in root.value and not isinstance(root.value[key].value, str):
            yield _fault(root.value[key], f"{key} is a text")
    stages = root.value.get("stages")
    if stages is None:
        yield _fault(root, "there is no `stages`")
    elif not isinstance(stages.value, dict) or not stages.value:
        yield _fault(stages, f"stages holds rules for at least one of {', '.join(STAGES)}")
    else:
        yield from _strangers(stages, STAGES, "stages.")
        for stage in STAGES:
            if stage in stages.value:
                yield from _stage_faults(stages.value[stage], stage)


def _stage_faults(place: Place, stage: Stage) -> Iterator[Fault]:
    if not isinstance(place.value, dict) or not place.value:
        yield _fault(place, f"stages.{stage} has no rules")
        return
    yield from _strangers(place, RULES, f"stages.{stage}.")
    found = False
    for key, (wrong, what) in CHECKS.items():
        if key in place.value and wrong(place.value[key].value):
            found = True
            yield _fault(place.value[key], f"stages.{stage}.{key} is {what}")
    for key, faults_of in MAPPINGS.items():
        for fault in (
            faults_of(place.value[key], f"stages.{stage}.{key}") if key in place.value else ()
        ):
            found = True
            yield fault
    if not found:
        yield from _toothless(place, stage)


def _unknown_faults(place: Place, where: str) -> Iterator[Fault]:
    if isinstance(place.value, dict):
        yield from _strangers(place, UNKNOWNS, f"{where}.")
        for key, each in place.value.items():
            if key in UNKNOWNS and each.value not in ANSWERS:
                yield _fault(each, f"{where}.{key} is one of {', '.join(ANSWERS)}")
    elif place.value not in ANSWERS:
        what = f"one of {', '.join(ANSWERS)}, or a mapping from unknown to answer"
        yield _fault(place, f"{where} is {what}")


def _grace_faults(place: Place, where: str) -> Iterator[Fault]:
    """Yield what is wrong with grace periods; a graver finding never has the longer one."""
    if not isinstance(place.value, dict) or not place.value.keys() - {"since"}:
        yield _fault(place, f"{where} is a mapping from {', '.join(SEVERITIES)} to days")
        return
    yield from _strangers(place, GRACE, f"{where}.")
    shortest = None
    for key in SEVERITIES:
        each = place.value.get(key)
        if each is None:
            continue
        if each.value is None or _no_days(each.value):
            yield _fault(each, f"{where}.{key} is a number of days")
        elif shortest is not None and each.value > shortest:
            yield _fault(each, f"{where}.{key} is longer than that of what is less grave")
        else:
            shortest = each.value
    since = place.value.get("since")
    if since is not None and since.value not in SINCE:
        yield _fault(since, f"{where}.since is one of {', '.join(SINCE)}")


def _type_faults(place: Place, where: str) -> Iterator[Fault]:
    if not isinstance(place.value, dict) or not place.value:
        yield _fault(place, f"{where} is a mapping from a purl type (npm, deb) to an answer")
        return
    for key, each in place.value.items():
        if not key or not set(key) <= TYPE_LETTERS:
            yield _fault(each, f"{where}.{key} is no purl type, which is in small letters")
        if each.value not in ANSWERS:
            yield _fault(each, f"{where}.{key} is one of {', '.join(ANSWERS)}")


def _toothless(place: Place, stage: Stage) -> Iterator[Fault]:
    """Refuse a stage that could never deny and does not say that this is meant."""
    rules = _rules({k: v for k, v in place.value.items() if k != "audit"}, stage)
    answers = {rules.unscored, rules.kev, *(answer for _, answer in rules.unknowns)}
    teeth = rules.score is not None or rules.epss is not None or rules.severity
    audit = place.value.get("audit")
    if not teeth and "deny" not in answers and not (audit and audit.value):
        what = "can never deny: give it a score, or say `audit: true` if that is meant"
        yield _fault(place, f"stages.{stage} {what}")


def _strangers(place: Place, known: tuple[str, ...], where: str) -> Iterator[Fault]:
    for key, each in place.value.items():
        if key not in known:
            what = f"{where}{key} is not known; one of {', '.join(known)}"
            yield _fault(each, f"{what}{_meant(str(key), known)}")


def _meant(word: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _fault(place: Place, what: str) -> Fault:
    return Fault(place=f"line {place.line}", what=what)


def _no_score(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value is not None and not (number and 0 <= value <= MAX_SCORE)


def _no_probability(value: Any) -> bool:
    return _no_score(value) or (value is not None and value > 1)


def _no_days(value: Any) -> bool:
    return value is not None and (
        isinstance(value, bool) or not isinstance(value, int) or value < 0
    )


def _no_switch(value: Any) -> bool:
    return not isinstance(value, bool)


CHECKS: dict[str, tuple[Any, str]] = {
    "score": (_no_score, "a CVSS score from 0 to 10, or null"),
    "cvss": (lambda value: str(value) not in CVSS, f"a CVSS version: {', '.join(CVSS)}"),
    "severity": (lambda value: value not in SEVERITIES, f"one of {', '.join(SEVERITIES)}"),
    "epss": (_no_probability, "a probability from 0 to 1, or null"),
    **dict.fromkeys(
        ("unscored", "kev", "unfixed", "baseline"),
        (lambda value: value not in ANSWERS, f"one of {', '.join(ANSWERS)}"),
    ),
    "stale_days": (_no_days, "a number of days, or null"),
    "kernel": (_no_switch, "true or false"),
    "optional": (_no_switch, "true or false"),
    "audit": (_no_switch, "true or false"),
}
"""For each rule: what makes a value wrong, and what is right."""
MAPPINGS = {"unknowns": _unknown_faults, "grace": _grace_faults, "types": _type_faults}
"""For each rule that is a mapping: what yields its faults."""
TYPE_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-+")
"""Characters of a purl's type."""


def _parse(data: bytes) -> Place | Fault:
    """Read YAML into values with their lines; nothing but plain scalars, lists and mappings."""
    import yaml

    if len(data) > MAX_BYTES:
        return Fault(place="line 1", what=f"larger than {MAX_BYTES} bytes")
    try:
        node = yaml.compose(data, Loader=yaml.SafeLoader)
        if node is None:
            return Fault(place="line 1", what="the policy is empty")
        return _place(node, yaml.SafeLoader(b""), 0)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return Fault(place=f"line {mark.line + 1 if mark else 1}", what=f"no YAML: {error.problem}")
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return Fault(place="line 1", what=f"no YAML: {' '.join(str(error).split())[:120]}")


def _place(node: Any, loader: Any, depth: int) -> Place:
    """Turn a YAML node into values; depth and keys are bounded, for the file may be anyone's."""
    from yaml import MappingNode, ScalarNode
    from yaml.constructor import ConstructorError

    line = node.start_mark.line + 1
    if isinstance(node, ScalarNode):
        return Place(loader.construct_object(node), line)
    if not isinstance(node, MappingNode) or depth > 3:
        raise ConstructorError(
            None, None, "a policy has no lists and is not this deep", node.start_mark
        )
    values: dict[Any, Place] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, ScalarNode):
            raise ConstructorError(None, None, "a key is a word", key_node.start_mark)
        key = key_node.value
        if key in values:
            raise ConstructorError(None, None, f"{key} is given twice", key_node.start_mark)
        value = _place(value_node, loader, depth + 1)
        values[key] = Place(value.value, key_node.start_mark.line + 1)
    return Place(values, line)
