"""Which components a user means: by a purl in full or in part, by a name, or by a source's name.

Letter case, `_` for `-` and how a purl is escaped make no difference: people type what they read.
"""

from collections.abc import Iterable

from sbom.model import Component
from sbom.purl import InvalidPurl, Parts, parse

NEAR = 3
"""So many others are named where none is meant."""
ALIKE = 0.75
"""How alike two names have to be (`difflib`), where one may be the other mistyped."""


def meant(components: Iterable[Component], text: str) -> tuple[Component, ...]:
    """Return the components that `text` names: as a purl or a name, else as their source package.

    text: a purl, with or without qualifiers and version; `NAME`, `NAME@VERSION`, with or without a
        namespace (`org.apache:log4j`, `@babel/core`); or a document's own reference.
    """
    every = tuple(components) if text else ()
    asked, called = _parts(text), _fold(text)
    exact = tuple(each for each in every if text in {each.purl, each.ref})
    if exact or asked:
        return exact or tuple(each for each in every if asked and _covers(asked, each))
    found = tuple(each for each in every if called in _names(each))
    return found or tuple(each for each in every if called in _sources(each))


def near(components: Iterable[Component], text: str) -> tuple[str, ...]:
    """Return the purls of those that may have been meant: of another version, or a like name."""
    from difflib import get_close_matches

    of_name: dict[str, dict[str, None]] = {}
    for each in components:
        if each.purl:
            for name in _unversioned(each):
                of_name.setdefault(_fold(name), {})[each.purl] = None
    asked = _parts(text)
    # An `@` that begins a name is a scope's, as npm has them.
    called = _fold(asked.name if asked else text[:1] + text[1:].partition("@")[0])
    names = [called] if called in of_name else get_close_matches(called, of_name, NEAR, ALIKE)
    return tuple(dict.fromkeys(purl for each in names for purl in of_name[each]))[:NEAR]


def _parts(text: str) -> Parts | None:
    try:
        return parse(text)
    except InvalidPurl:
        return None


def _covers(asked: Parts, component: Component) -> bool:
    """Tell whether a purl, perhaps without version or qualifiers, is a component's."""
    own = _parts(component.purl)
    return (
        own is not None
        and (asked.type, asked.namespace, asked.name) == (own.type, own.namespace, own.name)
        and asked.version in {"", own.version}
        and {*asked.qualifiers} <= {*own.qualifiers}
        and asked.subpath in {"", own.subpath}
    )


def _names(component: Component) -> set[str]:
    names = _unversioned(component)
    return {_fold(each) for each in (*names, *(f"{each}@{component.version}" for each in names))}


def _unversioned(component: Component) -> tuple[str, ...]:
    name, of = component.name, component.namespace
    return (name, f"{of}/{name}", f"{of}:{name}") if of else (name,)


def _sources(component: Component) -> set[str]:
    source = component.source
    return {_fold(source), _fold(f"{source}@{component.source_version}")} if source else set()


def _fold(text: str) -> str:
    return text.casefold().replace("_", "-")
