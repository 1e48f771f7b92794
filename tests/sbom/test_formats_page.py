"""docs/formats.md says what each format carries; this asks the formats and holds the page to it."""

import re
from pathlib import Path

import msgspec
import pytest
from test_formats_roundtrip import FORMATS, small

from sbom.formats import MODULES, WRITTEN, read, set_aside, write
from sbom.model import Component, Evidence, Problem, Root, Sbom

PAGE = (Path(__file__).resolve().parents[2] / "docs/formats.md").read_text()
BEGIN, END = "<!-- carried: a test writes this -->\n", "<!-- end -->"

LAYER = small().layers[1].diff_id
FULL = msgspec.structs.replace(
    small(2),
    root=Root(name="app", purl="pkg:oci/app@1", version="1", ref="root"),
    problems=(Problem(source="dpkg", where="a", what="b", effect="field_lost"),),
    facts=(("exposed-port", "80/tcp"), ("user", "")),
    dependencies=(("root", ("one",)),),
    components=(
        Component(
            purl="pkg:npm/%40x/y@1",
            name="y",
            version="1",
            type="platform",
            namespace="@x",
            source="src",
            source_version="2",
            stream="a:b",
            vendor="Us",
            maker="pkg:deb/debian/x@1",
            licenses=("MIT",),
            concluded=("ISC",),
            parties=(("manufacturer", "Them"), ("supplier", "Us")),
            scope="optional",
            evidence=(
                Evidence(path="a", reader="npm", layer=LAYER),
                Evidence(path="b", reader="lock"),
            ),
            ref="one",
            cpes=("cpe:2.3:a:b:c:1:*:*:*:*:*:*:*", "cpe:/a:b:c"),
            hashes=(("SHA-256", "0" * 64),),
        ),
    ),
)
ROWS = {
    "purl, name, version": ("purl", "name", "version", "namespace"),
    "type": ("type",),
    "licences": ("licenses",),
    "concluded licences": ("concluded",),
    "hashes": ("hashes",),
    "CPEs": ("cpes",),
    "supplier": ("vendor",),
    "further parties": ("parties",),
    "scope": ("scope",),
    "evidence: paths, layer, reader": ("evidence",),
    "source package, module stream, owner": ("source", "source_version", "stream", "maker"),
    "dependencies": ("dependencies",),
    "product": ("root",),
    "layers, history, problems, image facts": ("layers", "history", "problems", "facts", "subject"),
}


def stripped(document):
    """The document as a tool reads it that knows nothing of what we add to the format."""
    return re.sub(rb"lading:", b"other:", document)


def carried(format_, members):
    """`yes` in the format's own members, `ours` in ours (properties, annotations), `no`."""
    document = write(FULL, format_)
    whole, plain = read(document, "a"), read(stripped(document), "a")

    def holds(found):
        one = next(each for each in found.components if each.name == "y")
        source = (found, FULL) if hasattr(Sbom, members[0]) else (one, FULL.components[0])
        return all(told(source[0], each) == told(source[1], each) for each in members)

    return "yes" if holds(plain) else "ours" if holds(whole) else "no"


def told(source, member):
    """A member, without the ids of the document: other tools give others."""
    value = getattr(source, member)
    if member == "root":
        return (value.purl, value.name, value.version) if value else None
    return [len(used) for _, used in value] if member == "dependencies" else value


def table():
    names = [f for f in FORMATS if f not in {"cyclonedx-json@1.7", "cyclonedx-xml@1.7"}]
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for row, members in ROWS.items():
        cells = [carried(name, members) for name in names]
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def test_the_table_of_the_page_is_what_the_formats_do():
    assert PAGE.partition(BEGIN)[2].partition(END)[0] == table()


def test_nothing_is_lost_in_any_format():
    assert all(carried(name, members) != "no" for name in WRITTEN for members in ROWS.values())


@pytest.mark.parametrize("name", MODULES)
def test_the_page_names_every_format(name):
    assert f"`{name}`" in PAGE


def test_what_a_version_sets_aside_is_counted():
    assert set_aside(FULL, "cyclonedx-json@1.4") == {
        "evidence.occurrences": 1,
        "manufacturer": 1,
        "type": 1,
    }
    assert set_aside(FULL, "cyclonedx-xml@1.5") == {"manufacturer": 1}
    assert set_aside(FULL, "cyclonedx-json") == set_aside(FULL, "cyclonedx-json@1.7") == {}
    assert set_aside(FULL, "spdx-tv") == {}
