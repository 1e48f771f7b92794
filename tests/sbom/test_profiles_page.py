"""docs/profiles.md says what the profiles ask for; made by running this file."""

from pathlib import Path

from sbom.profiles import PROFILES, profile

PAGE = Path(__file__).resolve().parent.parent.parent / "docs/profiles.md"
MARK = "<!-- what follows is made by `python tests/sbom/test_profiles_page.py` -->\n"


def tables() -> str:
    parts = []
    for name in PROFILES:
        asked = profile(name)
        lines = [f"\n## {name}\n", f"{asked.TITLE} ({asked.SOURCE}).\n"]
        lines += ["| element | of | asks for | section | unknown counts |", "|---|---|---|---|---|"]
        for each in asked.ELEMENTS:
            must = f": {each.must}" if each.must else ""
            need = "" if each.need == "required" else " (told of where known, not scored)"
            answer = "yes" if each.unknown else "no"
            lines.append(
                f"| `{each.id}` | {each.of} | {each.title}{must}{need} | {each.section} | {answer} |"
            )
        parts.append("\n".join(lines) + "\n")
    return "".join(parts)


def test_the_page_has_the_elements_of_every_profile():
    assert PAGE.read_text().partition(MARK)[2] == tables()


if __name__ == "__main__":
    PAGE.write_text(PAGE.read_text().partition(MARK)[0] + MARK + tables())
