"""Documentation is checked as code is: help texts, links, and the commands the README shows."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from lading.commands import COMMANDS, command_of, load
from lading.quick import parse

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def help_page() -> str:
    """docs/cli.md as it should be: every command's help, as the program prints it."""
    parts = ["# The command line\n\nMade by `python tests/test_docs.py`; a test compares it.\n"]
    for name in ["", *COMMANDS]:
        done = subprocess.run(
            [sys.executable, "-m", "lading", *name.split(), "--help"],
            capture_output=True,
            text=True,
            check=True,
            env={"COLUMNS": "100", "PATH": "", "LANG": "C.UTF-8"},
        )
        text = "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())
        parts.append(f"## lading {name}".rstrip() + f"\n\n```\n{text}\n```\n")
    return "\n".join(parts)


def test_the_help_page_is_what_the_program_prints():
    assert (ROOT / "docs/cli.md").read_text() == help_page()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_commands_the_readme_shows_are_well_formed():
    lines = re.findall(r"^lading (.+?)(?:\s+#.*)?$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(lines) > 5
    for line in lines:
        found = command_of(line.split())
        assert found, line
        assert parse(found[1], load(found[0])) is not None, line


def test_the_readme_names_the_two_commands_and_they_exist():
    text = (ROOT / "README.md").read_text()
    for script in ("examples/run.sh", "tests/run.sh"):
        assert f"sh {script}" in text
        assert (ROOT / script).is_file()
    assert "tests/run.sh" in (ROOT / ".ci/run").read_text()


if __name__ == "__main__":
    (ROOT / "docs/cli.md").write_text(help_page())
