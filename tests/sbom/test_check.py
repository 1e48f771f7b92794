"""Minimum elements: which a document states, in every format, and how it is scored."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbom.elements.check import check
from sbom.elements.sheet import COMPONENT, DOCUMENT, Row, Sheet
from sbom.elements.stated import at_least, has_uuid, is_contact, is_license_term, is_time
from sbom.errors import InputError
from sbom.formats import WRITTEN, write
from sbom.model import Component, Digest, Distro, Evidence, Root, Sbom, Subject
from sbom.profiles import PROFILES, profile
from sbom.sheets import sheet

ROOT, PART = "pkg:oci/app@1", "pkg:npm/left@1.0.0"
WHOLE = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-b58921a69b79",
    "version": 1,
    "signature": {"algorithm": "ES256", "value": "x"},
    "metadata": {
        "timestamp": "2026-01-02T03:04:05Z",
        "lifecycles": [{"phase": "build"}],
        "tools": {"components": [{"type": "application", "name": "maker", "version": "2"}]},
        "authors": [{"name": "Ann", "email": "ann@app.example"}],
        "component": {"type": "container", "bom-ref": "root", "name": "app", "purl": ROOT},
    },
    "components": [
        {
            "type": "library",
            "bom-ref": "left",
            "name": "left",
            "version": "1.0.0",
            "purl": PART,
            "supplier": {"name": "Left", "url": ["https://left.example"]},
            "hashes": [{"alg": "SHA-512", "content": "a" * 128}],
            "licenses": [{"license": {"id": "MIT"}}],
            "properties": [
                {"name": "bsi:component:filename", "value": "left.js"},
                {"name": "bsi:component:executable", "value": "non-executable"},
                {"name": "bsi:component:archive", "value": "no archive"},
                {"name": "bsi:component:structured", "value": "unstructured"},
            ],
        }
    ],
    "dependencies": [{"ref": "root", "dependsOn": ["left"]}],
}


def without(path):
    """Return the whole document without one member."""
    document = json.loads(json.dumps(WHOLE))
    *above, last = path.split(".")
    place = document
    for name in above:
        place = place[int(name)] if name.isdigit() else place[name]
    del place[last]
    return document


def checked(document, name="cisa-2026"):
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return check(sheet(data, "x"), name)


def element(told, id_):
    return next(each for each in told.elements if each.id == id_)


@pytest.mark.parametrize("name", PROFILES)
def test_a_whole_document_is_complete_under_every_profile(name):
    told = checked(WHOLE, name)
    wanting = [e.id for e in told.elements if e.need == "required" and not e.satisfied]
    assert (wanting, told.complete, told.score) == ([], True, 100)


@pytest.mark.parametrize(
    ("path", "name", "ids"),
    [
        ("signature", "cisa-2026", ["signature"]),
        ("metadata.authors", "cisa-2026", ["author"]),
        ("metadata.authors.0.email", "bsi-tr-03183-2", ["sbom-creator"]),
        ("metadata.lifecycles", "cisa-2026", ["context"]),
        ("metadata.tools.components.0.version", "cisa-2026", ["tool-version"]),
        ("metadata.timestamp", "ntia-2021", ["timestamp"]),
        ("serialNumber", "cisa-2026", ["sbom-version"]),
        ("components.0.supplier", "ntia-2021", ["supplier"]),
        ("components.0.supplier.url", "bsi-tr-03183-2", ["component-creator"]),
        ("components.0.version", "cra", ["version"]),
        ("components.0.purl", "ntia-2021", ["identifier"]),
        ("components.0.hashes", "cisa-2026", ["hash", "hash-algorithm"]),
        ("components.0.hashes", "bsi-tr-03183-2", ["hash-deployable"]),
        ("components.0.licenses", "cisa-2026", ["license"]),
        (
            "components.0.properties",
            "bsi-tr-03183-2",
            ["archive", "executable", "filename", "structured"],
        ),
        ("dependencies", "ntia-2021", ["dependency"]),
        ("metadata.component", "cra", ["product", "top-level"]),
    ],
)
def test_what_is_left_out_is_missing_and_nothing_else(path, name, ids):
    told = checked(without(path), name)
    assert sorted(e.id for e in told.elements if e.need == "required" and not e.satisfied) == ids
    assert not told.complete
    assert told.score < 100


@pytest.mark.parametrize(
    ("licence", "state"),
    [
        ("NOASSERTION", "unknown"),
        ("Unknown", "unknown"),
        ("withheld", "withheld"),
        ("REDACTED", "withheld"),
        ("MIT", "present"),
    ],
)
def test_unknown_and_withheld_are_kept_apart_and_count_where_the_profile_says(licence, state):
    document = json.loads(json.dumps(WHOLE))
    document["components"][0]["licenses"] = [{"license": {"name": licence}}]
    outcome = element(checked(document), "license")
    assert (getattr(outcome, state), outcome.missing, outcome.satisfied) == (1, 0, True)
    if state != "present":
        assert not element(checked(document, "bsi-tr-03183-2"), "distribution-license").satisfied


@pytest.mark.parametrize("aggregate", ["unknown", "incomplete", "incomplete_first_party_only"])
def test_an_open_composition_says_that_dependencies_are_unknown(aggregate):
    document = without("dependencies")
    for named in ({}, {"dependencies": ["root"]}, {"assemblies": ["left"]}):
        document["compositions"] = [{"aggregate": aggregate, **named}]
        outcome = element(checked(document), "dependency")
        assert (outcome.unknown, outcome.satisfied) == (1, True)
    document["compositions"] = [{"aggregate": "complete", "dependencies": ["root"]}]
    assert element(checked(document), "dependency").missing == 1


def test_a_document_without_components_is_not_complete():
    told = checked({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}, "ntia-2021")
    assert not told.complete
    assert element(told, "component-name").satisfied is False


def test_examples_name_what_is_missing_and_are_few():
    document = json.loads(json.dumps(WHOLE))
    document["components"] = [{"type": "library", "name": f"p{n}"} for n in range(9)]
    outcome = element(checked(document), "version")
    assert (outcome.missing, outcome.examples) == (9, ("p0", "p1", "p2", "p3", "p4"))


def test_the_score_is_the_mean_of_the_required_parts_rounded_down():
    rows = tuple(Row(label=str(n), told={"name": ("x",)} if n else {}) for n in range(2))
    told = check(Sheet(told={"format": ("SPDX",)}, rows=rows), "cra")
    # format 1, top-level 0, product 0, names a half, versions 0, identifiers 0: 1.5 of 6.
    assert told.score == 25


SMALL = Sbom(
    subject=Subject(
        name="app", image_id=Digest("sha256:" + "1" * 64), created="2026-01-02T03:04:05Z"
    ),
    root=Root(name="app"),
    distro=Distro(id="debian", version="12"),
    components=(
        Component(
            purl="pkg:deb/debian/a@1?distro=debian-12",
            name="a",
            version="1",
            vendor="A Team <a@team.example>",
            licenses=("MIT",),
            hashes=(("SHA-512", "b" * 128),),
            evidence=(Evidence(path="p"),),
        ),
    ),
)


@pytest.mark.parametrize("format_", WRITTEN)
def test_what_we_write_states_the_same_in_every_format(format_):
    data = write(SMALL, format_, timestamp="2026-01-02T03:04:05Z")
    told = checked(data, "cisa-2026")
    stated = {e.id for e in told.elements if e.satisfied}
    wanted = {
        "format",
        "format-version",
        "timestamp",
        "tool",
        "tool-version",
        "sbom-version",
        "coverage",
    }
    wanted |= {
        "producer",
        "component-name",
        "version",
        "identifier",
        "hash",
        "hash-algorithm",
        "license",
    }
    wanted |= {"dependency"} | ({"context"} if not format_.endswith("@1.4") else set())
    assert wanted <= stated
    assert told.components == 1
    assert element(checked(data, "bsi-tr-03183-2"), "component-creator").satisfied
    assert checked(data, "cra").complete


SPDX_TEXT = """SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: app
DocumentNamespace: https://app.example/3e671687-395b-41f5-a30f-b58921a69b79
Creator: Organization: App (sbom@app.example)
Creator: Tool: maker-2.0
Created: 1970-01-01T00:00:00Z
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-app

PackageName: app
SPDXID: SPDXRef-app
PackageDownloadLocation: NOASSERTION

PackageName: left
SPDXID: SPDXRef-left
PackageVersion: 1.0.0
PackageSupplier: NOASSERTION
PackageDownloadLocation: NOASSERTION
PackageLicenseDeclared: NOASSERTION
Relationship: SPDXRef-left DEPENDENCY_OF SPDXRef-app
"""


def test_spdx_tells_the_unknown_from_the_missing():
    told = checked(SPDX_TEXT.encode())
    assert element(told, "author").satisfied
    assert element(told, "timestamp").unknown == 1
    assert not element(told, "timestamp").satisfied
    assert element(told, "producer").unknown == element(told, "license").unknown == 1
    assert element(told, "dependency").present == 1
    assert element(told, "identifier").examples == ("left",)
    assert element(checked(SPDX_TEXT.encode(), "bsi-tr-03183-2"), "sbom-creator").satisfied


def test_an_envelope_counts_as_the_signature_of_what_it_carries():
    import base64

    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "app", "digest": {"sha256": "1" * 64}}],
        "predicateType": "https://cyclonedx.org/bom",
        "predicate": without("signature"),
    }
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    envelope = {
        "payloadType": "application/vnd.in-toto+json",
        "payload": payload,
        "signatures": [{"keyid": "k", "sig": "AA=="}],
    }
    assert not element(checked(without("signature")), "signature").satisfied
    assert element(checked(envelope), "signature").satisfied
    assert checked(envelope).complete


@pytest.mark.parametrize("name", PROFILES)
def test_profiles_ask_for_what_sheets_can_tell(name):
    elements = profile(name).ELEMENTS
    assert len({each.id for each in elements}) == len(elements)
    for each in elements:
        assert each.asks in (DOCUMENT if each.of == "document" else COMPONENT)
        assert bool(each.holds) == bool(each.must)
        assert each.section


def test_words_are_held_to_their_specifications():
    assert is_time("2026-01-02T03:04:05.5+01:00[Europe/Berlin]")
    assert not is_time("2026-01-02")
    assert not is_time("2026-13-02T03:04:05Z")
    assert is_contact("a@b.example")
    assert is_contact("https://b.example/x")
    assert not is_contact("Ann")
    assert is_license_term("MIT OR LicenseRef-own")
    assert is_license_term("Apache-2.0")
    assert not is_license_term("Our licence")
    assert has_uuid("urn:uuid:3e671687-395b-41f5-a30f-b58921a69b79")
    assert at_least("SPDX 3.0.1", "SPDX", "3.0.1")
    assert not at_least("CycloneDX 1.10x", "CycloneDX", "1.6")
    assert at_least("CycloneDX 1.10", "CycloneDX", "1.6")
    assert not at_least("CycloneDX 1.5", "CycloneDX", "1.6")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "metadata",
                    "tools",
                    "components",
                    "hashes",
                    "alg",
                    "content",
                    "licenses",
                    "license",
                    "supplier",
                    "name",
                    "properties",
                    "dependencies",
                    "ref",
                    "dependsOn",
                    "compositions",
                    "aggregate",
                    "packages",
                    "externalRefs",
                    "relationships",
                    "creationInfo",
                    "creators",
                    "checksums",
                    "@graph",
                    "type",
                    "spdxId",
                    "createdBy",
                    "from",
                    "to",
                    "relationshipType",
                    "externalReferences",
                    "url",
                    "contact",
                    "authors",
                    "bom-ref",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)
KINDS = (
    {"bomFormat": "CycloneDX", "specVersion": "1.6"},
    {"spdxVersion": "SPDX-2.3"},
    {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"},
)


@settings(max_examples=60)
@given(
    st.sampled_from(KINDS),
    st.dictionaries(
        st.sampled_from(
            [
                "metadata",
                "components",
                "dependencies",
                "compositions",
                "packages",
                "relationships",
                "creationInfo",
                "@graph",
            ]
        ),
        JSON,
    ),
)
def test_any_document_is_judged(kind, more):
    for name in PROFILES:
        told = checked(kind | more, name)
        assert 0 <= told.score <= 100
        assert told.complete == (told.score == 100)


@pytest.mark.parametrize("data", [b"", b"{}", b"nothing", b"<x/>"])
def test_what_is_no_document_is_an_input_error(data):
    with pytest.raises(InputError):
        sheet(data, "x")


XML = b"""<?xml version="1.0"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.6" version="1"
     serialNumber="urn:uuid:3e671687-395b-41f5-a30f-b58921a69b79">
  <metadata><timestamp>2026-01-02T03:04:05Z</timestamp>
    <lifecycles><lifecycle><phase>build</phase></lifecycle></lifecycles>
    <tools><tool><name>maker</name><version>2</version></tool></tools>
    <authors><author><name>Ann</name><email>ann@app.example</email></author></authors>
    <component type="container" bom-ref="root"><name>app</name></component></metadata>
  <components><component type="library" bom-ref="left">
    <supplier><name>Left</name><url>https://left.example</url></supplier>
    <name>left</name><version>1.0.0</version>
    <hashes><hash alg="SHA-512">%s</hash></hashes>
    <licenses><license><id>MIT</id></license></licenses>
    <purl>pkg:npm/left@1.0.0</purl>
    <properties><property name="bsi:component:filename">left.js</property>
      <property name="bsi:component:executable">non-executable</property>
      <property name="bsi:component:archive">no archive</property>
      <property name="bsi:component:structured">unstructured</property></properties>
  </component></components>
  <dependencies><dependency ref="root"><dependency ref="left"/></dependency></dependencies>
  <Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>
</bom>""" % (b"a" * 128)


@pytest.mark.parametrize("name", PROFILES)
def test_xml_tells_the_same_as_json(name):
    told, same = checked(XML, name), checked(WHOLE, name)
    assert [(e.id, e.present) for e in told.elements] == [(e.id, e.present) for e in same.elements]
    document = XML.replace(b"<dependencies>", b"<!--").replace(
        b"</dependencies>",
        b"--><compositions><composition><aggregate>unknown</aggregate><dependencies><dependency ref='root'/></dependencies></composition></compositions>",
    )
    assert element(checked(document), "dependency").unknown == 1
