"""CycloneDX VEX in XML and in every version: valid by the official schemas, the same statements."""

import msgspec
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from cyclonedx.validation.xml import XmlValidator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from statement_strategies import statements

from gate.model import Product, Statement, Status
from gate.statements.assertions import assertions
from gate.statements.heading import Heading
from gate.vex import VERSIONS, WRITTEN, faults, format_of, read, write
from sbom.errors import InputError

HEADING = Heading(author="Acme", timestamp="2024-03-01T00:00:00Z")
VERSION = {each: SchemaVersion.from_version(each) for each in VERSIONS}
few = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def said(**fields):
    values = {
        "document": "d#statements[0]",
        "author": "Acme",
        "vulnerabilities": ("CVE-2024-0001", "GHSA-2345-6789-cfgh"),
        "products": (
            Product(
                purls=("pkg:oci/shop@sha256%3A5b1f",),
                subcomponents=(
                    Product(purls=("pkg:npm/lodash@4.17.20",), hashes=(("sha-256", "ab" * 32),)),
                ),
            ),
            Product(cpes=("cpe:2.3:a:acme:shop:1.0:*:*:*:*:*:*:*",)),
            Product(purls=("pkg:npm/x",), versions="vers:npm/<2|>3"),
        ),
        "status": Status.NOT_AFFECTED,
        "timestamp": "2024-01-01T00:00:00Z",
        "justification": "component_not_present",
        "impact": 'a & b <c> "d" \x01 _x0041_ \n  e',
        "notes": "Ticket 7.",
    }
    return Statement(**(values | fields))


def content(each):
    return {assertion for statement in each for assertion in assertions(statement)}


@pytest.mark.parametrize("format_", [each for each in WRITTEN if each.startswith("cyclonedx")])
def test_every_version_and_form_is_valid_by_the_official_validators(format_):
    data, lost = write(format_, [said(timestamp=HEADING.timestamp)], HEADING)
    assert not lost
    assert not faults(data)
    name, _, version = format_.partition("@")
    validator = XmlValidator if name.endswith("-xml") else JsonStrictValidator
    assert validator(VERSION[version or "1.6"]).validate_str(data.decode()) is None
    assert format_of(data, "d")[0] == "cyclonedx"


@pytest.mark.parametrize("format_", ["cyclonedx-xml", "cyclonedx-xml@1.7"])
@few
@given(st.lists(statements(), min_size=1, max_size=4))
def test_read_of_write_is_the_same_in_xml(format_, made):
    made = [s for s in made if all(len(p.cpes) < 2 for p in s.products)]
    if not made:
        return
    data, _ = write(format_, made, HEADING)
    plain, _ = write("cyclonedx", made, HEADING)
    in_xml, problems = read(data, "d")
    assert not problems
    assert content(in_xml) == content(read(plain, "d")[0])
    assert write(format_, made, HEADING)[0] == data


def test_texts_survive_whatever_xml_does_to_them():
    (read_again,), _ = read(write("cyclonedx-xml", [said()], HEADING)[0], "d")
    (in_json,), _ = read(write("cyclonedx", [said()], HEADING)[0], "d")
    assert read_again.impact == in_json.impact


def test_only_1_4_has_no_time_of_an_analysis_and_that_is_told():
    for version in VERSIONS:
        _, lost = write(f"cyclonedx-xml@{version}", [said()], HEADING)
        assert bool(lost) == (version == "1.4")
        assert all("timestamp" in each.what for each in lost)


FOREIGN = b"""<?xml version="1.0"?>
<c:bom xmlns:c="http://cyclonedx.org/schema/bom/1.5" version="1">
  <c:metadata>
    <c:timestamp>2024-01-01T00:00:00Z</c:timestamp>
    <c:authors><c:author><c:name> Acme </c:name></c:author></c:authors>
    <c:component type="container" bom-ref="shop"><c:name>shop</c:name></c:component>
  </c:metadata>
  <c:components>
    <c:component type="library" bom-ref="dj">
      <c:name>django</c:name><c:version>3.2</c:version><c:purl>pkg:pypi/django@3.2</c:purl>
    </c:component>
  </c:components>
  <c:vulnerabilities>
    <c:vulnerability>
      <c:id>CVE-2024-0001</c:id>
      <c:ratings><c:rating><c:score>9</c:score></c:rating></c:ratings>
      <c:analysis>
        <c:state>not_affected</c:state>
        <c:justification>code_not_reachable</c:justification>
        <c:responses><c:response>update</c:response></c:responses>
      </c:analysis>
      <c:affects><c:target><c:ref>dj</c:ref></c:target></c:affects>
    </c:vulnerability>
  </c:vulnerabilities>
</c:bom>"""


def test_documents_of_others_are_read():
    assert not faults(FOREIGN)
    (statement,), problems = read(FOREIGN, "d")
    assert not problems
    assert statement.author == "Acme"
    assert statement.status is Status.NOT_AFFECTED
    assert statement.justification == "vulnerable_code_not_in_execute_path"
    assert [p.purls for p in statement.products] == [("pkg:pypi/django@3.2",)]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"<bom/>", "no CycloneDX bom"),
        (b"<bom", "line 1"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "d: "),
        (b"<x>" * 500, "d: "),
        (FOREIGN.replace(b"vulnerabilit", b"vulnerabilid"), "vulnerabilities"),
    ],
)
def test_xml_that_is_none_of_ours_is_an_error_in_one_line(data, told):
    assert faults(data)
    with pytest.raises(InputError, match=told) as caught:
        read(data, "d")
    assert "\n" not in str(caught.value)


def test_a_list_in_the_place_of_a_text_ends_no_reading():
    odd = FOREIGN.replace(b"<c:state>not_affected</c:state>", b"<c:state><c:x/></c:state>")
    statements_, problems = read(odd, "d")
    assert (statements_, len(problems)) == ((), 1)
    assert msgspec.json.encode(problems)
