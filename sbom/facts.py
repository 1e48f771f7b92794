"""What an image's configuration says of how it will run: the facts of NIST SP 800-190, 4.1.2.

They are kept beside the SBOM as (name, value), for the gate and the evidence; docs/facts.md lists
them. What is not known is said. Of variables that look like secrets only the names are told, and
no fact repeats a secret's value (rules.md 25). The configuration is another's: it may be anything.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from sbom.image.steps import LONGEST
from sbom.image.users import number_of
from sbom.model import Component, Problem
from sbom.secrets import is_secret, without_secrets

Fact = tuple[str, str]

SSHD = (b"usr/sbin/sshd", b"usr/bin/sshd", b"usr/sbin/dropbear", b"usr/sbin/tinysshd")
"""Where the servers lie that let someone log in to a running container."""
SSH_PORTS = frozenset({"22/tcp", "2222/tcp"})
SSH_PACKAGES = frozenset({"dropbear", "dropbear-bin", "openssh-server", "tinysshd"})
"""Packages of such servers; the same in deb, rpm and apk, but for apk's `openssh`, which needs
`openssh-server` and so is there with it."""
ROOTS = frozenset({"", "0", "root"})
PREFIX = "org.opencontainers.image."
BASE = {f"{PREFIX}base.name": "base-name", f"{PREFIX}base.digest": "base-digest"}
"""The predefined annotations (OCI image-spec, annotations.md) of what this image is built on."""
ANNOTATIONS = frozenset(
    PREFIX + name
    for name in (
        "authors", "created", "description", "documentation", "licenses", "revision", "source",
        "title", "url", "vendor", "version",
    )
)  # fmt: skip
"""The other predefined ones that say something of the image itself."""
MOST = 256
"""Facts of one name that are kept; a configuration with more is told of."""


def image_facts(
    config: bytes,
    annotations: Iterable[Fact],
    components: Iterable[Component],
    programs: Iterable[str],
    users: bytes = b"",
) -> tuple[tuple[Fact, ...], tuple[Problem, ...]]:
    """Return the facts of an image, sorted, and what of its configuration could not be read.

    Args:
        config: the configuration as JSON (OCI image-spec, config.md), empty where there is none.
        annotations: of the manifest.
        components: what is in the image.
        programs: paths of `SSHD` that are in its final file system.
        users: its users, as `sbom.image.users` keeps them.
    """
    problems: list[Problem] = []
    whole = _members(_decoded(config, problems), "configuration", problems)
    running = _members(whole.get("config"), "config", problems)
    ports = _keys(running, "ExposedPorts", problems)
    labels = _pairs(running.get("Labels"), "config.Labels", problems)
    found = [("config", "read" if whole else "none")]
    if whole:
        found += _of_build(whole, problems)
        found += _of_running(running, users, problems)
        found += [("exposed-port", _port(port)) for port in ports]
    found += _of_annotations({**labels, **dict(annotations)})
    found += _of_ssh(ports, components, programs)
    return _bounded(found, problems), tuple(problems)


def runs_as_root(user: str, users: bytes = b"") -> str:
    """Return `yes`, `no`, or `unknown` for a name whose number the image does not tell.

    user: as configured: name or number, with a group after a colon; empty means root.
    users: the image's, as `sbom.image.users` keeps them.
    """
    name = user.partition(":")[0].strip()
    if name in ROOTS:
        return "yes"
    number = name if name.isascii() and name.isdigit() else number_of(users, name)
    if not number:
        return "unknown"
    return "no" if number.strip("0") else "yes"


def facts_named(facts: Iterable[Fact], name: str) -> tuple[str, ...]:
    """Return the values of a fact, in order."""
    return tuple(value for each, value in facts if each == name)


def _of_build(whole: dict[str, Any], problems: list[Problem]) -> Iterator[Fact]:
    """Yield who made the image, when, and in how many steps."""
    for member in ("created", "author"):
        text = _text(whole, member, problems)
        if text:
            yield member, text
    steps = whole.get("history")
    if isinstance(steps, list) and steps:
        yield "steps", str(len(steps))


def _of_running(running: dict[str, Any], users: bytes, problems: list[Problem]) -> Iterator[Fact]:
    """Yield how a container of the image runs."""
    user = _text(running, "User", problems)
    yield "user", user or "root"
    yield "runs-as-root", runs_as_root(user, users)
    yield "healthcheck", _healthcheck(running.get("Healthcheck"), problems)
    for member, name in (("Entrypoint", "entrypoint"), ("Cmd", "command")):
        words = _texts(running, member, problems)
        if words:
            yield name, _command(words)
    for member, name in (("WorkingDir", "workdir"), ("StopSignal", "stop-signal")):
        if text := _text(running, member, problems):
            yield name, text
    for volume in _keys(running, "Volumes", problems):
        yield "volume", volume
    for variable in _texts(running, "Env", problems):
        name, _, value = variable.partition("=")
        if value and is_secret(name):
            yield "secret-variable", name


def _healthcheck(stated: object, problems: list[Problem]) -> str:
    """Return the command that tells whether a container is well; `none`, or `disabled`."""
    check = _members(stated, "config.Healthcheck", problems)
    words = _texts(check, "Test", problems)
    if not words:
        return "none"
    if words[0] == "NONE":
        return "disabled"
    return _command(words[1:] if words[0] in {"CMD", "CMD-SHELL"} else words)


def _of_annotations(stated: dict[str, str]) -> Iterator[Fact]:
    """Yield what OCI's predefined annotations say; the manifest's count before the labels."""
    for key, value in stated.items():
        if key in BASE and value:
            yield BASE[key], value
        elif key in ANNOTATIONS and value:
            yield f"label-{key}", value


def _of_ssh(
    ports: Iterable[str], components: Iterable[Component], programs: Iterable[str]
) -> Iterator[Fact]:
    """Yield each sign that someone can log in to a running container."""
    signs = [f"port {port} is exposed" for port in ports if _port(port) in SSH_PORTS]
    signs += [f"package {one.name} {one.version}" for one in components if one.name in SSH_PACKAGES]
    signs += [f"program /{path}" for path in programs]
    for sign in signs or ["none"]:
        yield "ssh", sign


def _port(text: str) -> str:
    """Return a port as `8080/tcp`, the protocol said also where the configuration leaves it out."""
    return text if "/" in text else f"{text}/tcp"


def _command(words: Iterable[str]) -> str:
    """Return a command in one line; the word after a secret's option is hidden as well."""
    return without_secrets(" ".join(words))


def _decoded(config: bytes, problems: list[Problem]) -> object:
    if not config:
        return None
    try:
        return msgspec.json.decode(config)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        problems.append(_lost("configuration", f"it cannot be read: {error}"))
        return None


def _members(value: object, where: str, problems: list[Problem]) -> dict[str, Any]:
    """Return an object's members; null is none, anything else is a problem."""
    if isinstance(value, dict):
        return value
    if value is not None:
        problems.append(_lost(where, "it is no object"))
    return {}


def _text(members: dict[str, Any], name: str, problems: list[Problem]) -> str:
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        problems.append(_lost(name, "it is no text"))
    return value if isinstance(value, str) else ""


def _texts(members: dict[str, Any], name: str, problems: list[Problem]) -> list[str]:
    """Return a list of texts; a lone text counts as one word (old builders write it so)."""
    value = members.get(name)
    values = [value] if isinstance(value, str) else value or []
    values = values if isinstance(values, list) else [None]
    if not all(isinstance(each, str) for each in values):
        problems.append(_lost(name, "it is no list of texts"))
    return [each for each in values if isinstance(each, str)]


def _keys(members: dict[str, Any], name: str, problems: list[Problem]) -> list[str]:
    """Return the keys of an object that is used as a set (ExposedPorts, Volumes)."""
    return sorted(_members(members.get(name), name, problems))


def _pairs(value: object, where: str, problems: list[Problem]) -> dict[str, str]:
    members = _members(value, where, problems)
    if not all(isinstance(each, str) for each in members.values()):
        problems.append(_lost(where, "some of its values are no texts"))
    return {name: each for name, each in members.items() if isinstance(each, str)}


def _bounded(found: list[Fact], problems: list[Problem]) -> tuple[Fact, ...]:
    """Return the facts sorted, each once, with no more and no longer ones than anyone needs."""
    kept: list[Fact] = []
    counts: dict[str, int] = {}
    for name, value in sorted(set(found)):
        counts[name] = counts.get(name, 0) + 1
        if counts[name] <= MOST:
            text = without_secrets(value[: 2 * LONGEST])
            kept.append((name, text if len(text) <= LONGEST else f"{text[:LONGEST]}…"))
    for name, count in counts.items():
        if count > MOST:
            problems.append(_lost(name, f"it has {count} values, {MOST} of them are kept"))
    return tuple(kept)


def _lost(where: str, what: str) -> Problem:
    return Problem(source="config", where=where, what=what, effect="field_lost")
