"""What we write we read again, and others accept it."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbom import purl
from sbom.documents.decoding import TOOL
from sbom.formats import WRITTEN, faults, read, write
from sbom.model import (
    Change,
    Component,
    Distro,
    Evidence,
    Layer,
    Problem,
    Root,
    Sbom,
    Subject,
)

DEBIAN = Distro(id="debian", version="12", codename="bookworm", name="Debian GNU/Linux 12")
LAYERS = tuple(
    Layer(
        diff_id=f"sha256:{n:064x}",
        digest=f"sha256:{n + 9:064x}" if n else None,
        created_by="RUN x" if n else "",
        step=n,
    )
    for n in range(3)
)
# Among them what XML cannot hold, what tag-value takes for the end of a line or of a text, and
# what our own way of telling such characters looks like.
WORDS = st.one_of(
    st.text(
        alphabet="abcXYZ019 .-+~_/:<>&\"'{}é\n\r\t\x01\x85\u2028\uffff😀", min_size=1, max_size=12
    ),
    st.sampled_from(["</text>", "<text>", "_x0041_", "_x0041\x01", " ", "]]>", "--", "NONE"]),
)
FORMATS = [name for name in WRITTEN if name not in {"cyclonedx-json@1.6", "cyclonedx-xml@1.6"}]
"""Every format once: the version 1.6 of CycloneDX is the one that needs no name."""
MAYBE = st.one_of(st.just(""), WORDS)
NAMES = st.from_regex(r"[a-z][a-z0-9.+\-]{0,8}", fullmatch=True)
EVIDENCE = st.builds(
    Evidence,
    path=st.one_of(
        st.from_regex(r"[a-z][a-z0-9/ =]{0,10}", fullmatch=True),
        st.sampled_from(["", "/rooted", " spaced ", "layer=x", "a\x02b"]),
    ),
    reader=st.sampled_from(["dpkg", "python", "", "two words"]),
    layer=st.sampled_from([None, *(layer.diff_id for layer in LAYERS)]),
    rewritten=st.sampled_from([None, None, LAYERS[2].diff_id]),
)
LICENSES = st.sampled_from(["MIT", "GPL-2.0-only", "MIT OR ISC", "(MIT AND ISC)", "Ours, & none's"])
HASHES = st.sampled_from([("SHA-1", "a" * 40), ("SHA-256", "0" * 64), ("odd", "not:hex")])
PARTIES = st.tuples(
    st.sampled_from(
        ["supplier", "supplier-person", "originator", "publisher", "author", "manufacturer"]
    ),
    WORDS,
)
CPES = st.sampled_from(["cpe:2.3:a:b:c:1:*:*:*:*:*:*:*", "cpe:/a:b:c", "cpe:odd"])


@st.composite
def components(draw, number):
    type_ = draw(st.sampled_from(["deb", "npm", "pypi", "none", "broken"]))
    licenses = tuple(draw(st.lists(LICENSES, max_size=3, unique=True)))
    parties = tuple(sorted(draw(st.sets(PARTIES, max_size=3))))
    vendor = draw(WORDS if parties else MAYBE)
    if parties == (("supplier", vendor),):
        parties = ()
    name, version = draw(NAMES), draw(NAMES)
    text, release, space = "", None, draw(st.sampled_from(["", "group"]))
    if type_ == "deb":
        release, space = DEBIAN, "debian"
        text = purl.build("deb", "debian", name, version, (("distro", "debian-12"),))
    elif type_ == "broken":
        text = "pkg:" + draw(NAMES)
    elif type_ != "none":
        text = purl.build(type_, space, name, version)
    return Component(
        purl=text,
        name=name if type_ != "none" else draw(MAYBE),
        version=version,
        type=draw(st.sampled_from(["library", "application", "file", "platform", "vegetable"])),
        namespace=space,
        source=draw(MAYBE),
        source_version=draw(MAYBE),
        stream=draw(MAYBE),
        vendor=vendor,
        parties=parties,
        # A concluded licence stands for the declared one where there is none.
        concluded=tuple(draw(st.lists(LICENSES, max_size=2, unique=True))) if licenses else (),
        maker=draw(st.sampled_from([None, "pkg:deb/debian/x@1"])),
        distro=release,
        licenses=licenses,
        scope=draw(st.sampled_from(["required", "optional"])),
        evidence=tuple(draw(st.lists(EVIDENCE, max_size=3))),
        ref=draw(st.sampled_from([f"ref {number}", f"SPDXRef-{number}"])),
        cpes=tuple(draw(st.lists(CPES, max_size=2, unique=True))),
        # Their order says nothing: what the format does not know is read last.
        hashes=tuple(sorted(draw(st.lists(HASHES, max_size=2, unique=True)))),
    )


@st.composite
def sboms(draw):
    found = [draw(components(number)) for number in range(draw(st.integers(0, 3)))]
    refs = [one.ref for one in found]
    change = Change(
        event="upgraded",
        purl="pkg:npm/a@2",
        layer=LAYERS[1].diff_id,
        path=draw(WORDS),
        replaces="pkg:npm/a@1",
    )
    problem = Problem(source="dpkg", where=draw(WORDS), what=draw(WORDS), effect="field_lost")
    name = draw(WORDS)
    return Sbom(
        subject=Subject(
            name=draw(st.sampled_from([name, "other"])),
            image_id=draw(st.sampled_from([None, "sha256:1"])),
            manifest=draw(st.sampled_from([None, "sha256:2"])),
            platform=draw(st.sampled_from(["", "linux/amd64"])),
            created=draw(st.sampled_from(["", "2024-02-03T04:05:06.789+02:00", "last week"])),
        ),
        distro=draw(st.sampled_from([None, DEBIAN])) if not found else DEBIAN,
        layers=LAYERS,
        components=tuple(found),
        history=(change,) * draw(st.integers(0, 2)),
        problems=(problem,) * draw(st.integers(0, 1)),
        root=Root(
            name=name,
            purl=draw(st.sampled_from(["", "pkg:oci/app@1"])),
            version=draw(MAYBE),
            ref=draw(st.sampled_from(["", "root"])),
            cpes=tuple(draw(st.lists(CPES, max_size=2, unique=True))),
        ),
        dependencies=draw(
            st.sampled_from([(), *(((ref, ("elsewhere",)),) for ref in refs)])
            if refs
            else st.just(())
        ),
        facts=tuple(sorted(draw(st.sets(st.tuples(NAMES, MAYBE), max_size=3)))),
    )


def normal(sbom):
    """Leave out what a document adds: its own name, and purls that are told again."""
    told = tuple(p for p in sbom.problems if p.source not in {"cyclonedx", "spdx"})
    return msgspec.structs.replace(sbom, serial="", format="", problems=told)


@pytest.mark.parametrize("format_", FORMATS)
@given(sbom=sboms())
@settings(max_examples=15, deadline=None)
def test_what_is_written_is_read(format_, sbom):
    document = write(sbom, format_)
    assert faults(document) == []
    again = read(document, "a.json")
    assert normal(again) == sbom
    assert write(again, format_) == write(read(write(again, format_), "b.json"), format_)


@given(sbom=sboms(), way=st.permutations(FORMATS))
@settings(max_examples=10, deadline=None)
def test_conversion_through_every_format_loses_nothing(sbom, way):
    there = sbom
    for format_ in way:
        there = read(write(there, format_), "a")
    assert normal(there) == sbom


@pytest.mark.slow
@pytest.mark.parametrize("format_", FORMATS)
@given(sbom=sboms())
@settings(max_examples=1_000, deadline=None)
def test_what_is_written_is_read_at_length(format_, sbom):
    assert normal(read(write(sbom, format_), "a.json")) == sbom


def small(count=3):
    found = tuple(
        Component(
            purl=purl.build("deb", "debian", f"lib{n}", f"1:{n}+b1", (("distro", "debian-12"),)),
            name=f"lib{n}",
            version=f"1:{n}+b1",
            namespace="debian",
            distro=DEBIAN,
            source="src",
            source_version=f"1:{n}",
            vendor="Them <them@example.org>",
            licenses=("MIT", "Ours"),
            evidence=(Evidence(path="a/b", reader="dpkg", layer=LAYERS[n % 3].diff_id),),
            cpes=("cpe:2.3:a:b:c:1:*:*:*:*:*:*:*",),
            hashes=(("SHA-256", "0" * 64),),
        )
        for n in range(count)
    )
    return Sbom(
        subject=Subject(name="app", image_id="sha256:1", created="2024-01-01T00:00:00Z"),
        distro=DEBIAN,
        layers=LAYERS,
        components=found,
        dependencies=((found[0].purl, (found[1].purl,)),) if count > 1 else (),
    )


def test_the_properties_that_others_rely_on():
    document = json.loads(write(small(2), "cyclonedx-json"))
    component = document["components"][2]
    stated = {entry["name"]: entry["value"] for entry in component["properties"]}
    assert stated == {
        "lading:layer:diffID": LAYERS[1].diff_id,
        "lading:layer:digest": LAYERS[1].digest,
        "lading:reader": "dpkg",
        "lading:source": "src",
        "lading:sourceVersion": "1:1",
        "lading:vendor": "Them <them@example.org>",
    }
    assert component["evidence"] == {"occurrences": [{"location": "a/b"}]}
    assert component["bom-ref"] == component["purl"]
    product = {p["name"]: p["value"] for p in document["metadata"]["component"]["properties"]}
    assert product["lading:imageId"] == "sha256:1"


@pytest.mark.parametrize("format_", WRITTEN)
def test_same_input_same_bytes(format_):
    assert write(small(), format_) == write(small(), format_)
    assert write(small(), format_) != write(small(2), format_)


def test_time_is_an_input():
    sbom = small()
    timeless = msgspec.structs.replace(sbom, subject=Subject(name="app"))
    stated = json.loads(write(sbom, "cyclonedx-json", timestamp="2030-01-01T00:00:00Z"))
    image = json.loads(write(sbom, "cyclonedx-json"))
    none = json.loads(write(timeless, "cyclonedx-json"))
    assert stated["metadata"]["timestamp"] == "2030-01-01T00:00:00Z"
    assert image["metadata"]["timestamp"] == "2024-01-01T00:00:00Z"
    assert "timestamp" not in none["metadata"]
    assert len({d["serialNumber"] for d in (stated, image, none)}) == 3
    created = json.loads(write(sbom, "spdx-json"))["creationInfo"]["created"]
    assert created == "2024-01-01T00:00:00Z"


def test_references_are_unique():
    sbom = small()
    same = msgspec.structs.replace(sbom, components=sbom.components[:1] * 3, dependencies=())
    refs = [c["bom-ref"] for c in json.loads(write(same, "cyclonedx-json"))["components"]]
    assert len(set(refs)) == len(refs) == 4
    ids = [p["SPDXID"] for p in json.loads(write(same, "spdx-json"))["packages"]]
    assert len(set(ids)) == len(ids) == 5


def test_the_tool_is_this_distribution():
    from importlib.metadata import version

    assert ("lading", version("lading")) == TOOL
    (tool,) = json.loads(write(small(), "cyclonedx-json"))["metadata"]["tools"]["components"]
    assert (tool["name"], tool["version"]) == TOOL


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_librarys_own_model_reads_our_cyclonedx():
    from cyclonedx.model.bom import Bom

    bom = Bom.from_json(json.loads(write(small(), "cyclonedx-json")))
    assert {str(c.purl) for c in bom.components if c.purl} == {c.purl for c in small().components}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_spdx_tools_finds_our_spdx_valid():
    from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    document = JsonLikeDictParser().parse(json.loads(write(small(), "spdx-json")))
    assert validate_full_spdx_document(document) == []
    assert len(document.packages) == 5


def test_thousands_of_components_are_no_burden():
    import time

    sbom = small(4_000)
    best = {}
    for format_ in (name for name in FORMATS if "@" not in name):
        started = time.perf_counter()
        document = write(sbom, format_)
        written = time.perf_counter()
        assert len(read(document, "a").components) == 4_000
        best[format_] = (written - started, time.perf_counter() - written)
    # Many times what it takes on an idle machine: a quadratic step costs minutes.
    assert all(seconds < 6 for pair in best.values() for seconds in pair), best


@pytest.mark.shared
def test_every_shared_document_survives_conversion(shared):
    for number, path in enumerate(sorted((shared / "cases/sboms/files").iterdir())):
        sbom = read(path.read_bytes(), path.name)
        # Each document through three formats, each format with a third of the documents.
        for format_ in FORMATS[number % 3 :: 3]:
            document = write(sbom, format_)
            assert faults(document) == [], (path.name, format_)
            assert named(read(document, path.name)) == named(sbom), (path.name, format_)


def named(sbom):
    """An SBOM without its document's own name; what has no id is known by its purl."""
    found = tuple(msgspec.structs.replace(c, ref=c.ref or c.purl) for c in sbom.components)
    return msgspec.structs.replace(sbom, serial="", format="", components=found)


@pytest.mark.shared
def test_the_sbom_of_a_real_image_survives_every_format(shared):
    from sbom.build import build
    from sbom.sources import open_image

    sbom = build(open_image(str(shared / "images/dev-rpm-sqlite.docker.tar")))
    assert len(sbom.components) > 50
    # What is read of an image has no product yet: in a document that is the image, by its name.
    product = msgspec.structs.replace(sbom, root=Root(name=sbom.subject.name))
    for format_ in FORMATS:
        document = write(sbom, format_)
        assert faults(document) == []
        assert named(read(document, "a")) == named(product), format_
