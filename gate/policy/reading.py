"""Policy files: YAML to `Policy`, with every fault at its line; the policies Lading ships.

A policy that is empty, cannot be read, or could never deny never passes an image: it is refused
(exit 2). One that extends others is judged beside them, so it can only tighten what they ask.
"""

import os
from hashlib import sha256

from msgspec.structs import replace

from gate.places import MAX_BYTES, Place, compose, meant
from gate.policy.check import faults_in
from gate.policy.document import PolicyDocument
from gate.policy.model import Policy
from gate.policy.rules import scope, stages, terms
from gate.shapes import read as read_shape
from sbom.errors import InputError
from sbom.model import Fault

SHIPPED = ("default", "strict", "sp800-190", "audit-only")
MAX_CHAIN = 8
"""How many policies may extend one another."""


def load(reference: str) -> Policy:
    """Return the shipped policy of that name, or the one in the file of that path.

    Raises:
        InputError: where there is neither, or the file is no policy.
    """
    return _load(reference, ())


def shipped(name: str) -> str:
    """Return the YAML of a policy that Lading ships."""
    from importlib.resources import files

    if name not in SHIPPED:
        hint = f"one of {', '.join(SHIPPED)}{meant(name, SHIPPED)}"
        raise InputError(f"{name}: no policy of that name is shipped", hint)
    return (files("gate") / "policies" / f"{name}.yaml").read_text(encoding="utf-8")


def read(data: bytes, name: str, chain: tuple[str, ...] = ()) -> Policy:
    """Read a policy file; what it extends is looked for in the folder of `name`.

    Raises:
        InputError: at the first fault, with its line and what was perhaps meant.
    """
    root = compose(data, "policy")
    found = [root] if isinstance(root, Fault) else list(faults_in(root))
    if found or isinstance(root, Fault):
        more = f" ({len(found) - 1} further faults)" if len(found) > 1 else ""
        raise InputError(
            f"{name}: {found[0].place}: {found[0].what}{more}", "docs/policy.md describes the file"
        )
    return _made(root, data, name, chain)


def faults(data: bytes) -> tuple[Fault, ...]:
    """Return why the file is no valid policy, each with its line; nothing when it is one."""
    root = compose(data, "policy")
    return (root,) if isinstance(root, Fault) else tuple(faults_in(root))


def with_score(policy: Policy, score: float) -> Policy:
    """Return the policy with only its own score rule replaced, in every stage (`--fail-on`).

    What it extends stays as it is: the command line cannot loosen an organisation's policy.
    """
    own = tuple((stage, replace(rules, score=score)) for stage, rules in policy.stages)
    scopes = tuple(
        replace(each, stages=tuple((s, replace(rules, score=score)) for s, rules in each.stages))
        for each in policy.scopes
    )
    return replace(policy, stages=own, scopes=scopes)


def exception_files(policy: Policy) -> tuple[str, ...]:
    """Return the files of exceptions that a policy, or one it extends, names."""
    own = policy.terms.files
    return tuple(dict.fromkeys((*own, *(f for e in policy.extends for f in exception_files(e)))))


def _load(reference: str, chain: tuple[str, ...]) -> Policy:
    if reference in SHIPPED:
        return read(shipped(reference).encode(), reference, chain)
    try:
        with open(reference, "rb") as stream:
            return read(stream.read(MAX_BYTES + 1), reference, chain)
    except OSError as error:
        why = "" if isinstance(error, FileNotFoundError) else f" ({error.strerror})"
        raise InputError(
            f"{reference}: no such policy{why}",
            f"name a file, or one of {', '.join(SHIPPED)}{meant(reference, SHIPPED)}",
        ) from None


def _made(root: Place, data: bytes, name: str, chain: tuple[str, ...]) -> Policy:
    document: PolicyDocument = read_shape(root, PolicyDocument)
    folder = os.path.dirname(name)
    given = document.extends
    wanted = (given,) if isinstance(given, str) else given
    extends = tuple(_extended(each, root, name, chain) for each in wanted)
    asked = terms(document.exceptions)
    digest = sha256(data)
    for each in extends:
        digest.update(each.digest.encode())
    return Policy(
        name=document.name or name,
        digest=f"sha256:{digest.hexdigest()}",
        stages=stages(document.stages),
        scopes=tuple(scope(each) for each in document.scopes),
        extends=extends,
        terms=replace(asked, files=tuple(os.path.join(folder, each) for each in asked.files)),
    )


def _extended(reference: str, root: Place, name: str, chain: tuple[str, ...]) -> Policy:
    """Return a policy that another extends; a ring of them, or one too long, is refused."""
    path = reference if reference in SHIPPED else os.path.join(os.path.dirname(name), reference)
    line = root.value["extends"].line
    whole = (*chain, os.path.normpath(name))
    if os.path.normpath(path) in whole:
        raise InputError(f"{name}: line {line}: {reference} extends this policy in turn")
    if len(whole) > MAX_CHAIN:
        raise InputError(f"{name}: line {line}: more than {MAX_CHAIN} policies extend one another")
    return _load(path, whole)
