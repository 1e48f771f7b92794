"""SPDX RDF/XML: what spdx-tools writes, other shapes of the same graph, and graphs that mean harm."""

import re
import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_formats_roundtrip import small

from sbom.documents.decoding import decode_xml
from sbom.documents.rdf import Ref, nodes
from sbom.errors import InputError
from sbom.formats import faults, read, write

OPENING = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#" xmlns="http://spdx.org/rdf/terms#"
 xmlns:spdx="http://spdx.org/rdf/terms#">"""


def rdf(*elements):
    return f"{OPENING}{''.join(elements)}</rdf:RDF>".encode()


def by_name(sbom):
    """RDF is a graph: its packages have no order."""
    found = tuple(sorted(sbom.components, key=lambda one: one.name))
    return msgspec.structs.replace(sbom, serial="", format="", components=found)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_spdx_tools_writes_is_read_as_the_tag_value_it_came_from(tmp_path):
    from spdx_tools.spdx.parser.tagvalue import tagvalue_parser
    from spdx_tools.spdx.writer.rdf import rdf_writer

    tags, graph = tmp_path / "a.spdx", tmp_path / "a.rdf.xml"
    tags.write_bytes(write(small(), "spdx-tv"))
    document = tagvalue_parser.parse_from_file(str(tags), "utf-8")
    with graph.open("wb") as stream:
        rdf_writer.write_document_to_stream(document, stream, validate=False)
    data = graph.read_bytes()
    assert faults(data) == []
    found = read(data, "a.rdf")
    assert by_name(found) == by_name(read(tags.read_bytes(), "a.spdx"))
    assert found.format == "spdx-rdf 2.3"
    # Without our annotations there is what SPDX itself says.
    plain = read(re.sub(rb"lading: \{", b"{", data), "a.rdf")
    one = next(each for each in plain.components if each.name == "lib1")
    assert one.vendor == "Them <them@example.org>"
    assert one.licenses == ("LicenseRef-Ours AND MIT",)
    assert one.hashes == small().components[1].hashes
    assert one.cpes == small().components[1].cpes
    assert plain.root.name == "app"
    assert len(plain.dependencies) == 1


PACKAGE = """<Package rdf:about="urn:d#SPDXRef-a" spdx:versionInfo="1"><name>a</name>
 <originator>Person: Bo</originator>
 <supplier>Organization: Us</supplier>
 <externalRef rdf:parseType="Resource"><referenceLocator>pkg:npm/a@1</referenceLocator>
  <referenceType rdf:resource="http://spdx.org/rdf/references/purl"/></externalRef>
 <checksum><Checksum><algorithm rdf:resource="http://spdx.org/rdf/terms#checksumAlgorithm_sha3_256"/>
  <checksumValue>00</checksumValue></Checksum></checksum>
 <licenseDeclared><DisjunctiveLicenseSet>
  <member rdf:resource="http://spdx.org/licenses/MIT"/><member rdf:nodeID="later"/>
  </DisjunctiveLicenseSet></licenseDeclared>
 <licenseConcluded rdf:resource="http://spdx.org/licenses/ISC"/></Package>"""
LATER = """<OrLaterOperator rdf:nodeID="later"><member rdf:resource="http://spdx.org/licenses/GPL-2.0"/>
 </OrLaterOperator>"""
ELSEWHERE = """<rdf:Description rdf:about="urn:d#SPDXRef-a"><primaryPackagePurpose
 rdf:resource="http://spdx.org/rdf/terms#purpose_application"/><relationship><Relationship>
 <relationshipType rdf:resource="http://spdx.org/rdf/terms#relationshipType_dependsOn"/>
 <relatedSpdxElement rdf:resource="urn:d#SPDXRef-b"/></Relationship></relationship></rdf:Description>"""


def test_every_form_of_writing_a_graph_is_read():
    (one,) = (sbom := read(rdf(PACKAGE, LATER, ELSEWHERE), "a.rdf")).components
    assert (one.purl, one.version, one.type) == ("pkg:npm/a@1", "1", "application")
    assert one.licenses == ("GPL-2.0+ OR MIT",)
    assert one.concluded == ("ISC",)
    assert one.hashes == (("SHA3-256", "00"),)
    assert one.vendor == "Us"
    assert one.parties == (("originator-person", "Bo"), ("supplier", "Us"))
    assert sbom.dependencies == (("SPDXRef-a", ("SPDXRef-b",)),)


def test_the_graph_is_the_one_that_rdflib_reads():
    from rdflib import BNode, Graph, URIRef

    data = rdf(PACKAGE, LATER, ELSEWHERE)
    theirs = set()
    for one, says, other in Graph().parse(data=data, format="xml"):
        value = str(other).strip() if not isinstance(other, BNode) else "_"
        kind = "ref" if isinstance(other, URIRef | BNode) else "text"
        theirs.add(("_" if isinstance(one, BNode) else str(one), str(says), kind, value))
    ours = set()
    terms = "http://spdx.org/rdf/terms#"
    for node in nodes(decode_xml(data, "a")).values():
        name = "_" if node.id.startswith("_:") else node.id
        if node.type:
            type_ = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
            ours.add((name, type_, "ref", terms + node.type))
        for says, values in node.properties.items():
            for value in values:
                told = value.id if isinstance(value, Ref) else value.strip()
                kind = "ref" if isinstance(value, Ref) else "text"
                ours.add((name, terms + says, kind, "_" if told.startswith("_:") else told))
    assert ours == theirs


def test_licences_that_hold_themselves_or_each_other_end_soon():
    sets = "".join(
        f'<ConjunctiveLicenseSet rdf:nodeID="n{n}"><member rdf:nodeID="n{n + 1}"/>'
        f'<member rdf:nodeID="n{n + 1}"/><member rdf:nodeID="n{n}"/></ConjunctiveLicenseSet>'
        for n in range(200)
    )
    package = '<Package rdf:about="urn:d#SPDXRef-a"><licenseDeclared rdf:nodeID="n0"/></Package>'
    started = time.perf_counter()
    (one,) = read(rdf(package, sets), "a").components
    assert time.perf_counter() - started < 5
    assert len("".join(one.licenses)) <= 10_000


def test_faults_are_named():
    places = [fault.place for fault in faults(rdf(PACKAGE))]
    assert {"spdxVersion", "dataLicense", "packages[0].downloadLocation"} <= set(places)


@given(st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=4)), max_size=5))
@settings(max_examples=100, deadline=None)
def test_spoiled_graphs_are_read_or_refused(changes):
    data = rdf(PACKAGE, LATER, ELSEWHERE)
    for place, octets in changes:
        data = data[:place] + octets + data[place + len(octets) :]
    faults(data)
    try:
        told = [problem.where for problem in read(data, "a").problems]
    except InputError as refused:
        told = [str(refused)]
    assert not any("\n" in line for line in told)
