"""The architecture as tests: who may import whom, and where the world may be touched."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ORDER = ("schemas", "sbom", "match", "gate", "lading")

# The named edge modules: the only ones that may touch network, database, subprocess, clock, chance.
WORLD = frozenset(
    [
        "http",
        "httpcore",
        "httpx",
        "psycopg",
        "random",
        "secrets",
        "socket",
        "sqlite3",
        "ssl",
        "subprocess",
        "time",
        "urllib.request",
        "uuid",
    ]
)
EDGES: dict[str, frozenset[str]] = {
    "sbom.engines.programs": frozenset({"subprocess"}),
    "sbom.registry.client": frozenset({"time"}),
    "sbom.registry.credentials": frozenset({"subprocess"}),
    "sbom.web.transport": frozenset({"httpcore", "socket", "ssl", "urllib.request"}),
    "sbom.database": frozenset({"psycopg", "sqlite3"}),
    "match.fetch.client": frozenset({"time"}),
    "match.set.store": frozenset({"sqlite3"}),
    "match.set.ledger": frozenset({"sqlite3"}),
    "match.carry.exporting": frozenset({"sqlite3"}),
    "match.carry.importing": frozenset({"sqlite3"}),
    "match.carry.laying": frozenset({"sqlite3"}),
    "match.carry.lineage": frozenset({"sqlite3"}),
    "match.carry.server": frozenset({"sqlite3"}),
    "match.carry.sheets": frozenset({"sqlite3"}),
    "match.carry.taking": frozenset({"sqlite3"}),
    "match.set.confirming": frozenset({"sqlite3"}),
    "match.set.dating": frozenset({"sqlite3"}),
    "match.set.filling": frozenset({"sqlite3"}),
    "match.changes.history": frozenset({"sqlite3"}),
    "match.house.dates": frozenset({"sqlite3"}),
    "match.set.likelihoods": frozenset({"sqlite3"}),
    "match.set.opening": frozenset({"sqlite3"}),
    "match.set.past": frozenset({"sqlite3"}),
    "match.set.reach": frozenset({"sqlite3"}),
    "match.set.recall": frozenset({"sqlite3"}),
    "match.set.regroup": frozenset({"sqlite3"}),
    "match.set.states": frozenset({"sqlite3"}),
    "match.set.supersede": frozenset({"sqlite3"}),
    "match.set.unread": frozenset({"sqlite3"}),
    "match.stock.narrow": frozenset({"sqlite3"}),
    "match.stock.needed": frozenset({"sqlite3"}),
    # uuid5 names a document by its content; no chance is involved.
    "gate.evidence.oscal": frozenset({"uuid"}),
    "lading.printing": frozenset({"subprocess"}),
}
CLOCK = "lading.clock"
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
TABLES: frozenset[str] = frozenset({"sbom.readers.reader_table"})


def modules() -> dict[str, Path]:
    """Every module of the packages by its dotted name."""
    found = {}
    for package in ORDER:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = path
    return found


def imports(path: Path) -> set[tuple[str, bool]]:
    """What the file imports, and whether it does so when it is loaded (not inside a function)."""
    found: set[tuple[str, bool]] = set()

    def visit(node: ast.AST, at_load: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                found.update((alias.name, at_load) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path}: relative import"
                found.add((child.module or "", at_load))
                found.update((f"{child.module}.{alias.name}", at_load) for alias in child.names)
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            visit(child, at_load and not inside)

    visit(ast.parse(path.read_text()), at_load=True)
    return found


MODULES = modules()


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_one_way(name):
    mine = ORDER.index(name.partition(".")[0])
    for imported, _ in imports(MODULES[name]):
        package = imported.partition(".")[0]
        if package in ORDER:
            assert ORDER.index(package) <= mine, f"{name} imports {imported}"


def test_there_is_no_import_cycle():
    graph = {
        name: {i for i, at_load in imports(path) if at_load and i in MODULES and i != name}
        for name, path in MODULES.items()
    }
    done: set[str] = set()

    def walk(name, trail):
        assert name not in trail, " → ".join([*trail[trail.index(name) :], name])
        if name not in done:
            for imported in sorted(graph[name]):
                walk(imported, [*trail, name])
            done.add(name)

    for name in graph:
        walk(name, [])


@pytest.mark.parametrize("name", MODULES)
def test_the_world_is_touched_at_the_edges_only(name):
    touched = {i for i, _ in imports(MODULES[name]) if i in WORLD}
    assert touched <= EDGES.get(name, frozenset()), f"{name} is no edge and imports {touched}"


def test_every_named_edge_exists():
    assert set(EDGES) <= set(MODULES)
    assert CLOCK in MODULES


@pytest.mark.parametrize("name", MODULES)
def test_the_clock_is_read_in_one_place(name):
    if name == CLOCK:
        return
    text = MODULES[name].read_text()
    assert not re.search(r"\.(now|utcnow|today)\(\)|datetime\.now\(", text), name


@pytest.mark.parametrize("name", MODULES)
def test_files_and_functions_stay_small(name):
    text = MODULES[name].read_text()
    assert name in TABLES or text.count("\n") <= LONGEST_FILE, f"{name} is too long"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or 0) - node.lineno
            assert length <= LONGEST_FUNCTION, f"{name}.{node.name} has {length} lines"


def test_every_place_the_architecture_page_names_exists():
    page = (ROOT / "docs/architecture.md").read_text()
    for place in re.findall(r"`((?:sbom|match|gate|lading|schemas|tests)/[\w/.]*)`", page):
        assert (ROOT / place).exists(), place


def test_nothing_names_a_package_registry_or_this_machine():
    hosts = ("pypi" + ".org", "npmjs" + ".org", "deb.debian" + ".org", "proxy.golang" + ".org")
    hosts += ("crates" + ".io/api", "repo1.maven" + ".org", "static.crates" + ".io")
    paths = ("/wo" + "rk/", "/ro" + "ot/")
    skipped = (
        ".git",
        ".venv",
        "third_party",
        "__pycache__",
        ".hypothesis",
        ".ruff",
        ".mypy",
        "build",
    )
    for path in ROOT.rglob("*"):
        if not path.is_file() or any(part.startswith(skipped) for part in path.parts):
            continue
        text = path.read_bytes().decode(errors="replace")
        for word in hosts + paths:
            assert word not in text, f"{path.relative_to(ROOT)} names {word}"
