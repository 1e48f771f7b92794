"""The dependency graph of an SBOM: whether a component is reached only through certain others."""

from collections.abc import Iterable

from gate.statements.products import Target, is_component, purl_of
from sbom.model import Component, Sbom


class Paths:
    """The graph of one SBOM, read when first asked: most SBOMs are asked nothing."""

    def __init__(self, sbom: Sbom) -> None:
        self._sbom = sbom
        self._below: dict[str, tuple[str, ...]] | None = None
        self._by_name: dict[str, list[Component]] = {}
        self._by_purl: dict[str, set[str]] = {}

    def only_through(self, modules: Iterable[Target], component: Component) -> bool:
        """Tell whether each path from the root to the component has one of the modules in it.

        False where no path is known at all: what is not in the graph is not proved unreachable.
        """
        below = self._read()
        through = {ref for module in modules for ref in self._refs(module)}
        wanted = {component.ref, *self._by_purl.get(component.purl, ())} - {""}
        if not through or not wanted or wanted & through:
            return False
        roots = self._roots(below)
        reached = _reach(below, roots, frozenset())
        return wanted <= reached and not wanted & _reach(below, roots, frozenset(through))

    def _read(self) -> dict[str, tuple[str, ...]]:
        if self._below is None:
            self._below = dict(self._sbom.dependencies)
            for each in self._sbom.components:
                parts = purl_of(each.purl)
                self._by_name.setdefault(parts.name if parts else "", []).append(each)
                if each.purl and each.ref:
                    self._by_purl.setdefault(each.purl, set()).add(each.ref)
        return self._below

    def _refs(self, module: Target) -> set[str]:
        """Return the refs of the components that the module is."""
        names = {parts.name for parts in module.purls} or set(self._by_name)
        return {
            each.ref
            for name in names
            for each in self._by_name.get(name, ())
            if each.ref and not is_component(module, each, self._sbom.serial)[0]
        }

    def _roots(self, below: dict[str, tuple[str, ...]]) -> frozenset[str]:
        root = self._sbom.root
        if root and root.ref in below:
            return frozenset({root.ref})
        return frozenset(below) - {ref for refs in below.values() for ref in refs}


def _reach(
    below: dict[str, tuple[str, ...]], roots: Iterable[str], without: frozenset[str]
) -> set[str]:
    """Return all refs reached from the roots, none of `without` among them or on the way."""
    reached = set(roots) - without
    stack = list(reached)
    while stack:
        for ref in below.get(stack.pop(), ()):
            if ref not in reached and ref not in without:
                reached.add(ref)
                stack.append(ref)
    return reached
