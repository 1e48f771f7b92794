"""The table of readers is whole, and docs/readers.md is what it says."""

import ast
from pathlib import Path

import pytest

from sbom.readers import READERS, load

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs/readers.md"
HEAD = """# What is read in an image, and what cannot be known

Made by `python tests/sbom/readers/test_reader_table.py` of the table in
`sbom/readers/reader_table.py`; a test compares it.
"""
READER_NAMES = [entry.name for entry in READERS]


def page() -> str:
    """docs/readers.md as it should be."""
    parts = [HEAD]
    for entry, (_, module) in zip(READERS, load(), strict=True):
        files = [f"`{glob}`" for glob in module.GLOBS]
        if module.MAGIC:
            files.append("executables, by their first bytes")
        parts.append(
            f"## {entry.name}: {entry.title}\n\n"
            f"- **Files:** {', '.join(files)}\n"
            f"- **Reads:** {entry.reads}\n"
            f"- **Cannot know:** {entry.cannot}\n"
        )
    return "\n".join(parts)


def test_the_page_says_what_the_table_says():
    assert PAGE.read_text() == page()


@pytest.mark.parametrize(("name", "module"), load(), ids=READER_NAMES)
def test_a_reader_has_the_shape(name, module):
    assert module.__name__ == f"sbom.readers.{name}"
    assert module.__doc__
    assert module.GLOBS or module.MAGIC
    assert all(isinstance(glob, str) and not glob.startswith("/") for glob in module.GLOBS)
    assert all(isinstance(magic, bytes) and magic for magic in module.MAGIC)


@pytest.mark.parametrize("entry", READERS, ids=READER_NAMES)
def test_every_reader_says_what_it_reads_and_what_it_cannot_know(entry):
    assert len(entry.reads) > 20
    assert len(entry.cannot) > 20


def test_load_gives_the_named_readers_in_the_tables_order():
    assert [name for name, _ in load(["php", "dpkg"])] == ["dpkg", "php"]
    assert [name for name, _ in load()] == READER_NAMES
    with pytest.raises(KeyError, match="cobol"):
        load(["dpkg", "cobol"])


def test_every_module_is_a_reader_or_says_that_it_is_none():
    for path in (ROOT / "sbom/readers").glob("*.py"):
        text = ast.get_docstring(ast.parse(path.read_text())) or ""
        is_reader = path.stem in READER_NAMES
        assert is_reader or path.stem == "__init__" or text.startswith("Not a reader:"), path.name


def test_every_reader_has_a_test():
    tests = {path.stem for path in Path(__file__).parent.glob("test_reader_*.py")}
    assert {f"test_reader_{name}" for name in READER_NAMES} <= tests


if __name__ == "__main__":
    PAGE.write_text(page())
