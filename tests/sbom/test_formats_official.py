"""What we write, as the official schemas and the reference libraries of the formats see it."""

import json

import jsonschema_rs
import pytest
from hypothesis import given, settings
from test_formats_roundtrip import sboms, small

from sbom.formats import WRITTEN, read, write
from schemas import text

SMALL = small()


def official(version):
    return jsonschema_rs.validator_for(text(f"third_party/spdx/spdx-{version}.json"))


@pytest.mark.parametrize("format_", [name for name in WRITTEN if "json@" in name])
@given(sbom=sboms())
@settings(max_examples=6, deadline=None)
def test_cyclonedx_json_is_strictly_valid_for_the_reference_library(format_, sbom):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    version = SchemaVersion.from_version(format_.partition("@")[2])
    document = write(sbom, format_).decode()
    assert JsonStrictValidator(version).validate_str(document) is None


@pytest.mark.parametrize("format_", [name for name in WRITTEN if "xml@" in name])
@given(sbom=sboms())
@settings(max_examples=6, deadline=None)
def test_cyclonedx_xml_is_valid_for_the_reference_library(format_, sbom):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.xml import XmlValidator

    version = SchemaVersion.from_version(format_.partition("@")[2])
    document = write(sbom, format_).decode()
    assert XmlValidator(version).validate_str(document) is None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("format_", ["cyclonedx-xml@1.4", "cyclonedx-xml@1.6"])
def test_the_librarys_own_model_reads_our_xml(format_):
    from io import BytesIO

    from cyclonedx.model.bom import Bom
    from defusedxml.ElementTree import parse

    bom = Bom.from_xml(parse(BytesIO(write(SMALL, format_))).getroot())
    assert {str(c.purl) for c in bom.components if c.purl} == {c.purl for c in SMALL.components}


@given(sbom=sboms())
@settings(max_examples=6, deadline=None)
def test_spdx_json_follows_its_official_schema(sbom):
    document = json.loads(write(sbom, "spdx-json"))
    assert list(official("2.3").iter_errors(document)) == []


@given(sbom=sboms())
@settings(max_examples=6, deadline=None)
def test_spdx_3_follows_its_official_schema_as_a_whole(sbom):
    document = json.loads(write(sbom, "spdx3-json"))
    assert [e.message for e in official("3.0.1").iter_errors(document)] == []


def test_the_model_of_spdx_3_reads_ours():
    from io import BytesIO

    from spdx_python_model.bindings import v3_0_1 as spdx

    found = spdx.SHACLObjectSet()
    spdx.JSONLDDeserializer().read(BytesIO(write(SMALL, "spdx3-json")), found)
    # The one reference that leaves the document is to a licence of SPDX's own list.
    assert found.link() == {"https://spdx.org/licenses/CC0-1.0"}
    purls = {one.software_packageUrl for one in found.foreach_type("software_Package")} - {None}
    assert purls == {one.purl for one in SMALL.components}
    (document,) = found.foreach_type("SpdxDocument")
    (sbom,) = document.rootElement
    assert [root.name for root in sbom.rootElement] == ["app"]


# Its parser writes its tables beside itself when it is first used, and leaves the file open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_spdx_tools_finds_our_tag_value_valid(tmp_path):
    from spdx_tools.spdx.parser.tagvalue import tagvalue_parser
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    path = tmp_path / "a.spdx"
    path.write_bytes(write(SMALL, "spdx-tv"))
    document = tagvalue_parser.parse_from_file(str(path), "utf-8")
    assert validate_full_spdx_document(document) == []
    assert len(document.packages) == 5
    assert document.creation_info.document_namespace == read(path.read_bytes(), "a").serial
