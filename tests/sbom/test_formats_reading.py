"""Documents of other tools, in small fixtures of our own words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sbom.distro import release_key
from sbom.documents.decoding import moment
from sbom.errors import InputError
from sbom.formats import read, write
from sbom.model import Distro, Evidence, Layer, Root

LAYER = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64


def cyclonedx(*components, **members):
    document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "components": list(components)}
    return json.dumps(document | members).encode()


def spdx(*packages, **members):
    document = {"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "packages": list(packages)}
    return json.dumps(document | members).encode()


def properties(**stated):
    return [{"name": name.replace("__", ":"), "value": value} for name, value in stated.items()]


def one(data):
    sbom = read(data, "a.json")
    assert len(sbom.components) == 1
    return sbom.components[0]


def test_trivy_in_cyclonedx():
    prefix = "aquasecurity__trivy__"
    stated = {
        "SrcName": "curl",
        "SrcVersion": "7.88",
        "SrcRelease": "3+b1",
        "SrcEpoch": "1",
        "Modularitylabel": "perl:5.26:1:2",
        "LayerDiffID": LAYER,
        "FilePath": "/usr/lib/x",
        "PkgType": "debian",
    }
    found = one(
        cyclonedx(
            {
                "bom-ref": "r1",
                "name": "libcurl4",
                "version": "1:7.88-3",
                "purl": "pkg:deb/debian/libcurl4@1%3A7.88-3?arch=amd64&distro=debian-12.1",
                "supplier": {"name": "Somebody <a@example.org>"},
                "properties": properties(**{prefix + k: v for k, v in stated.items()}),
            }
        )
    )
    assert found.purl == "pkg:deb/debian/libcurl4@1:7.88-3?arch=amd64&distro=debian-12.1"
    assert (found.source, found.source_version) == ("curl", "1:7.88-3+b1")
    assert (found.arch, found.stream, found.ref) == ("amd64", "perl:5.26:1:2", "r1")
    assert found.distro == Distro(id="debian", version="12.1")
    assert found.vendor == "Somebody <a@example.org>"
    assert found.evidence == (Evidence(path="usr/lib/x", layer=LAYER),)


def test_syft_in_cyclonedx():
    stated = {
        "syft__package__foundBy": "apk-db-cataloger",
        "syft__location__0__path": "/lib/apk/db/installed",
        "syft__location__0__layerID": LAYER,
        "syft__location__1__path": "/etc/x",
        "syft__location__1__layerID": OTHER,
        "syft__metadata__originPackage": "openssl",
        "syft__cpe23": "cpe:2.3:a:b:c:1:*:*:*:*:*:*:*",
    }
    system = {
        "type": "operating-system",
        "name": "alpine",
        "version": "3.16.2",
        "properties": properties(
            syft__distro__id="alpine",
            syft__distro__versionID="3.16.2",
            syft__distro__prettyName="Alpine Linux v3.16",
        ),
    }
    library = {
        "name": "libssl1.1",
        "purl": "pkg:apk/alpine/libssl1.1@1.1.1q-r0?arch=x86_64&distro=alpine-3.16.2&upstream=foo",
        "cpe": "cpe:2.3:a:x:y:1:*:*:*:*:*:*:*",
        "properties": properties(**stated),
    }
    sbom = read(cyclonedx(system, library), "a.json")
    alpine = Distro(id="alpine", version="3.16.2", name="Alpine Linux v3.16")
    assert sbom.distro == alpine
    (found,) = sbom.components
    assert found.distro == alpine
    assert found.source == "openssl"
    assert len(found.cpes) == 2
    assert [(seen.path, seen.layer) for seen in found.evidence] == [
        ("lib/apk/db/installed", LAYER),
        ("etc/x", OTHER),
    ]


@pytest.mark.parametrize(
    ("purl", "source", "version"),
    [
        ("pkg:deb/debian/a@1?upstream=src", "src", ""),
        ("pkg:deb/debian/a@1%2Bb1?upstream=src%401", "src", "1"),
        ("pkg:rpm/x/a-libs@2-1?upstream=a-b-2.0-1.el9.src.rpm", "a-b", "2.0-1.el9"),
        ("pkg:rpm/x/a-libs@2-1?upstream=odd.src.rpm", "odd", ""),
        ("pkg:rpm/x/a-libs@2-1?sourcerpm=a-b-2.0-1.el9.src.rpm", "a-b", "2.0-1.el9"),
        ("pkg:deb/debian/a@1?source=src", "src", ""),
        ("pkg:deb/debian/a@1%2Bb1?source=src&sourceversion=1", "src", "1"),
        ("pkg:apk/alpine/a@1-r0?origin=src", "src", ""),
        ("pkg:rpm/x/a-libs@2-1?source=true", "", ""),
        ("pkg:deb/debian/a@1", "", ""),
    ],
)
def test_source_packages_in_the_purl(purl, source, version):
    found = one(cyclonedx({"name": "a", "purl": purl}))
    assert (found.source, found.source_version) == (source, version)


@pytest.mark.parametrize("key", ["rpmmod", "modularitylabel"])
def test_the_module_stream_in_the_purl(key):
    found = one(cyclonedx({"name": "a", "purl": f"pkg:rpm/x/a@1?{key}=nodejs:16"}))
    assert found.stream == "nodejs:16"


@pytest.mark.parametrize(
    ("query", "release"),
    [
        ("os_distro=bookworm&os_name=debian&os_version=12", "debian:12"),
        ("distro=debian-11&os_name=debian&os_version=12", "debian:11"),
        ("os_name=debian", "debian"),
    ],
)
def test_the_release_in_qualifiers_of_its_own(query, release):
    found = one(cyclonedx({"name": "a", "purl": f"pkg:deb/debian/a@1?{query}"}))
    assert release_key(found.distro) == release


def test_the_purls_version_decides():
    found = one(cyclonedx({"name": "stdlib", "version": "go1.2", "purl": "pkg:golang/stdlib@1.2"}))
    assert found.version == "1.2"
    found = one(cyclonedx({"name": "stdlib", "version": "1.3", "purl": "pkg:golang/stdlib"}))
    assert found.version == "1.3"


def test_nested_components_are_listed_in_order():
    inner = {
        "name": "b",
        "purl": "pkg:npm/b@1",
        "components": [{"name": "c", "purl": "pkg:npm/c@1"}],
    }
    outer = {"name": "a", "purl": "pkg:npm/a@1", "components": [inner]}
    sbom = read(cyclonedx(outer, {"name": "d", "purl": "pkg:npm/d@1"}), "a.json")
    assert [found.name for found in sbom.components] == ["a", "b", "c", "d"]


def test_duplicates_are_kept():
    twice = {"name": "a", "purl": "pkg:npm/a@1"}
    assert len(read(cyclonedx(twice, twice), "a.json").components) == 2


def test_a_purl_that_is_none_is_kept_as_it_is_and_told():
    sbom = read(cyclonedx({"name": "a", "bom-ref": "r", "purl": "npm:a@1"}), "a.json")
    assert sbom.components[0].purl == "npm:a@1"
    (problem,) = sbom.problems
    assert problem.effect == "record_lost"
    assert problem.where == "a.json: r"
    assert "npm:a@1" in problem.what


def test_a_cpe_alone_is_told_and_neither_is_not():
    sbom = read(
        cyclonedx({"name": "a", "cpe": "cpe:2.3:a:b:c"}, {"name": "b", "bom-ref": "x"}), "f"
    )
    assert [found.ref for found in sbom.components] == ["", "x"]
    (problem,) = sbom.problems
    assert problem.what.startswith("no purl")


def test_the_product_and_its_image():
    product = {
        "bom-ref": "root",
        "name": "app",
        "version": "1",
        "purl": "pkg:oci/app@sha256:1",
        "properties": [
            {"name": "aquasecurity:trivy:ImageID", "value": "sha256:1"},
            {"name": "aquasecurity:trivy:DiffID", "value": LAYER},
            {"name": "aquasecurity:trivy:DiffID", "value": OTHER},
        ],
    }
    sbom = read(cyclonedx(metadata={"component": product}, serialNumber="urn:uuid:1"), "a.json")
    assert sbom.root == Root(purl="pkg:oci/app@sha256:1", name="app", version="1", ref="root")
    assert sbom.subject.image_id == "sha256:1"
    assert sbom.layers == (Layer(diff_id=LAYER), Layer(diff_id=OTHER))
    assert sbom.serial == "urn:uuid:1"
    assert sbom.components == ()


def test_a_product_that_lists_its_modules_is_listed_with_them():
    product = {"name": "app", "purl": "pkg:npm/app@1", "components": [{"name": "m"}]}
    sbom = read(cyclonedx(metadata={"component": product}), "a.json")
    assert [found.name for found in sbom.components] == ["app", "m"]


def test_licences_in_each_form():
    found = one(
        cyclonedx(
            {
                "name": "a",
                "licenses": [
                    {"license": {"id": "MIT"}},
                    {"license": {"name": "Ours"}},
                    {"expression": "MIT OR ISC"},
                ],
            }
        )
    )
    assert found.licenses == ("MIT", "Ours", "MIT OR ISC")


def test_a_wrong_type_costs_its_member_only():
    sbom = read(
        cyclonedx(
            {"name": "a", "version": 1.5, "purl": "pkg:npm/a@1", "licenses": "MIT"},
            "no component",
            {"name": "b", "purl": "pkg:npm/b@1", "components": [{"name": ["?"]}]},
        ),
        "a.json",
    )
    assert [found.purl for found in sbom.components] == ["pkg:npm/a@1", "pkg:npm/b@1", ""]
    assert [(p.where, p.effect) for p in sbom.problems] == [
        ("a.json.components[0].licenses", "field_lost"),
        ("a.json.components[1]", "record_lost"),
        ("a.json.components[2].components[0].name", "field_lost"),
    ]


def test_a_list_given_twice_is_told():
    text = b'{"bomFormat":"CycloneDX","components":[{"name":"a"}],"components":[]}'
    (problem,) = read(text, "a.json").problems
    assert problem.effect == "record_lost"
    assert "twice" in problem.what


def test_xml_is_read_as_json_is():
    text = """<?xml version="1.0"?>
    <bom xmlns="http://cyclonedx.org/schema/bom/1.4" serialNumber="urn:uuid:1">
      <metadata><component type="container" bom-ref="root"><name>app</name></component></metadata>
      <components>
        <component type="operating-system"><name>debian</name><version>12</version></component>
        <component type="library" bom-ref="a">
          <supplier><name>Them</name></supplier>
          <name>a</name><version>1</version><scope>optional</scope>
          <hashes><hash alg="SHA-1">abc</hash></hashes>
          <licenses><license><id>MIT</id></license><expression>MIT OR ISC</expression></licenses>
          <purl> pkg:deb/debian/a@1?distro=debian-12 </purl>
          <properties><property name="aquasecurity:trivy:SrcName">s</property></properties>
          <evidence><occurrences><occurrence><location>/x</location></occurrence></occurrences>
          </evidence>
          <components><component type="library"><name>b</name></component></components>
        </component>
      </components>
      <dependencies><dependency ref="root"><dependency ref="a"/></dependency></dependencies>
    </bom>"""
    sbom = read(text.encode(), "a.xml")
    a, b = sbom.components
    assert sbom.format == "cyclonedx-xml 1.4"
    assert (a.purl, a.source, a.scope) == ("pkg:deb/debian/a@1?distro=debian-12", "s", "optional")
    assert (a.vendor, a.licenses, a.hashes) == ("Them", ("MIT", "MIT OR ISC"), (("SHA-1", "abc"),))
    assert a.evidence == (Evidence(path="x"),)
    assert a.distro == sbom.distro == Distro(id="debian", version="12")
    assert b.name == "b"
    assert sbom.root == Root(name="app", ref="root")
    assert sbom.dependencies == (("root", ("a",)),)


def purl_of(text):
    return {
        "referenceCategory": "PACKAGE-MANAGER",
        "referenceType": "purl",
        "referenceLocator": text,
    }


def test_spdx_with_the_dialects():
    package = {
        "SPDXID": "SPDXRef-1",
        "name": "a",
        "versionInfo": "1",
        "supplier": "Organization: Them",
        "licenseDeclared": "NOASSERTION",
        "licenseConcluded": "MIT",
        "sourceInfo": "built package from: src 2.0",
        "checksums": [{"algorithm": "SHA256", "checksumValue": "ab"}],
        "externalRefs": [
            purl_of("pkg:deb/debian/a@1"),
            {"referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:b:c"},
        ],
        "attributionTexts": [f"LayerDiffID: {LAYER}"],
    }
    system = {
        "SPDXID": "SPDXRef-OperatingSystem-1",
        "name": "debian",
        "versionInfo": "12",
        "primaryPackagePurpose": "OPERATING-SYSTEM",
    }
    relations = [
        {
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relationshipType": "DESCRIBES",
            "relatedSpdxElement": "SPDXRef-1",
        }
    ]
    sbom = read(spdx(package, system, relationships=relations), "a.json")
    (found,) = sbom.components
    assert (found.source, found.source_version, found.vendor) == ("src", "2.0", "Them")
    assert (found.licenses, found.hashes) == (("MIT",), (("SHA-256", "ab"),))
    assert found.evidence == (Evidence(path="", layer=LAYER),)
    assert sbom.distro == Distro(id="debian", version="12")
    assert sbom.root is not None
    assert (sbom.root.purl, sbom.root.ref) == ("pkg:deb/debian/a@1", "SPDXRef-1")


def test_a_package_of_several_purls_is_listed_under_each():
    refs = [purl_of("pkg:npm/a@1"), purl_of("pkg:npm/b@1"), purl_of("pkg:npm/a@1")]
    sbom = read(spdx({"SPDXID": "SPDXRef-1", "name": "a", "externalRefs": refs}), "a.json")
    assert [found.purl for found in sbom.components] == ["pkg:npm/a@1", "pkg:npm/b@1"]


def test_spdx_dependencies_in_both_directions():
    packages = [{"SPDXID": f"SPDXRef-{x}", "name": x} for x in "abc"]
    ends = [("a", "DEPENDS_ON", "b"), ("c", "DEPENDENCY_OF", "a"), ("a", "CONTAINS", "c")]
    relations = [
        {
            "spdxElementId": f"SPDXRef-{x}",
            "relationshipType": kind,
            "relatedSpdxElement": f"SPDXRef-{y}",
        }
        for x, kind, y in ends
    ]
    sbom = read(spdx(*packages, relationships=relations), "a.json")
    assert sbom.dependencies == (("SPDXRef-a", ("SPDXRef-b", "SPDXRef-c")),)


TAG_VALUE = """SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: x
DocumentNamespace: urn:x:y
Creator: Tool: none
Created: 2024-01-01T00:00:00Z
# a comment
PackageName: a
SPDXID: SPDXRef-a
PackageVersion: 1
PackageDownloadLocation: NOASSERTION
PackageChecksum: SHA1: abc
PackageCopyrightText: <text>several
PackageName: not.a.package
lines</text>
ExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1
FileName: ./x
SPDXID: SPDXRef-x
PackageName: b
SPDXID: SPDXRef-b
PackageDownloadLocation: NOASSERTION
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-b
Relationship: SPDXRef-a DEPENDS_ON SPDXRef-b
"""


def test_spdx_tag_value():
    sbom = read(TAG_VALUE.encode(), "a.spdx")
    assert [(found.name, found.purl) for found in sbom.components] == [
        ("a", "pkg:npm/a@1"),
        ("b", ""),
    ]
    assert sbom.components[0].hashes == (("SHA-1", "abc"),)
    assert sbom.dependencies == (("SPDXRef-a", ("SPDXRef-b",)),)
    assert sbom.root is not None
    assert sbom.root.name == "b"
    assert sbom.serial == "urn:x:y"
    assert sbom.problems == ()


def test_a_line_that_is_no_tag_is_told():
    (problem,) = read((TAG_VALUE + "what is this\n").encode(), "a.spdx").problems
    assert problem.where == "a.spdx: line 25"
    (problem,) = read((TAG_VALUE + "PackageComment: <text>open\n").encode(), "a.spdx").problems
    assert "never closed" in problem.what


def test_spdx_yaml_keeps_versions_as_they_are():
    text = b"spdxVersion: SPDX-2.2\nSPDXID: SPDXRef-DOCUMENT\npackages:\n"
    text += b"- SPDXID: SPDXRef-a\n  name: a\n  versionInfo: 1.10\n"
    assert one(text).version == "1.10"


def test_spdx_xml():
    text = b"<Document><spdxVersion>SPDX-2.2</spdxVersion><SPDXID>SPDXRef-DOCUMENT</SPDXID>"
    text += b"<packages><SPDXID>SPDXRef-a</SPDXID><name>a</name><externalRefs><referenceType>purl"
    text += b"</referenceType><referenceLocator>pkg:npm/a@1</referenceLocator></externalRefs>"
    text += b"<filesAnalyzed>false</filesAnalyzed></packages></Document>"
    assert one(text).purl == "pkg:npm/a@1"


def test_syft_json():
    document = {
        "artifacts": [
            {
                "id": "1",
                "name": "libssl",
                "version": "1",
                "foundBy": "dpkg",
                "locations": [{"path": "/var/lib/dpkg/status", "layerID": LAYER}],
                "licenses": [{"value": "MIT"}, "ISC"],
                "cpes": [{"cpe": "cpe:2.3:a:b:c"}],
                "purl": "pkg:deb/ubuntu/libssl@1?distro=ubuntu-20.04",
                "metadata": {"source": "openssl", "sourceVersion": "1.1", "maintainer": "M"},
            },
            {"id": "2", "name": "x", "purl": "", "cpes": ["cpe:2.3:a:x:y"]},
        ],
        "artifactRelationships": [{"parent": "1", "child": "2", "type": "dependency-of"}],
        "source": {"target": {"userInput": "u:1", "imageID": OTHER, "layers": [{"digest": LAYER}]}},
        "distro": {"id": "ubuntu", "versionID": "20.04", "prettyName": "Ubuntu"},
        "schema": {"version": "11.0.0"},
    }
    sbom = read(json.dumps(document).encode(), "a.json")
    found, other = sbom.components
    assert (found.source, found.source_version, found.vendor) == ("openssl", "1.1", "M")
    assert found.licenses == ("MIT", "ISC")
    assert found.distro == Distro(id="ubuntu", version="20.04", name="Ubuntu")
    expected = Evidence(path="var/lib/dpkg/status", reader="dpkg", layer=LAYER)
    assert found.evidence == (expected,)
    assert other.purl == ""
    assert sbom.problems[0].what.startswith("no purl")
    assert sbom.layers == (Layer(diff_id=LAYER),)
    assert sbom.dependencies == (("2", ("1",)),)
    assert sbom.format == "syft-json 11.0.0"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings(encoding):
    text = cyclonedx({"name": "é", "purl": "pkg:npm/a@1"}).decode()
    assert one(text.encode(encoding)).purl == "pkg:npm/a@1"
    xml = '<?xml version="1.0" encoding="UTF-16"?><bom xmlns="http://cyclonedx.org/schema/bom/1.4">'
    xml += "<components><component><name>é</name></component></components></bom>"
    if "16" in encoding:
        assert one(xml.encode(encoding)).name == "é"
    assert len(read(TAG_VALUE.encode(encoding), "x").components) == 2


def test_the_product_is_never_read_as_a_component_of_our_own_spdx():
    sbom = read(cyclonedx({"name": "a"}, metadata={"component": {"name": "app"}}), "a.json")
    again = read(write(sbom, "spdx-json"), "b.json")
    assert [found.name for found in again.components] == ["a"]
    assert again.root == Root(name="app")


def test_what_is_no_sbom_is_refused():
    with pytest.raises(InputError, match=r"a\.txt: line 1"):
        read(b"hello", "a.txt")


@pytest.mark.shared
def test_every_document_of_the_shared_set(shared):
    base = shared / "cases/sboms"
    cases = json.loads((base / "cases.json").read_text())
    wrong = []
    for case in cases:
        sbom = read((base / case["file"]).read_bytes(), case["file"])
        purls = [found.purl for found in sbom.components if found.purl]
        distinct = {case["distinct_purls"], case["distinct_purls_with_metadata"]}
        counts = {case["with_purl"], case["purl_refs"], case["purl_refs"] + case["metadata_purls"]}
        if len(set(purls)) not in distinct and len(purls) not in counts:
            wrong.append(f"{case['file']}: {len(purls)} purls")
    assert len(cases) >= 102
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:00:00-05:00"])
def test_a_time_beyond_the_calendar_is_none(time):
    assert moment(time) == ""


TEXTS = st.text(st.sampled_from("aB0.@/%-"), max_size=6)
PURLS = st.builds("pkg:{}/{}@{}".format, st.sampled_from(["npm", "golang", "deb"]), TEXTS, TEXTS)


@given(PURLS | TEXTS, TEXTS, TEXTS, TEXTS, st.booleans())
def test_a_bare_component_is_read_as_one_that_says_more(purl, name, version, group, same):
    stated = {"purl": purl, "name": name, "version": version, "group": group}
    stated |= {"type": "framework", "bom-ref": purl if same else "r1"}
    bare = read(cyclonedx(stated), "a.json")
    more = read(cyclonedx(stated | {"scope": "optional"}), "a.json")
    assert more.problems == bare.problems
    assert [replace(one, scope="required") for one in more.components] == [*bare.components]
