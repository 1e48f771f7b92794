"""SPDX 3.0.1 JSON-LD: the core, software and licensing profiles are read and written.

The document is read as the JSON that the specification's context makes of it; a document of
another context would be other JSON, and is told as a problem.
"""

import msgspec

from sbom.documents.decoding import decode_any, decode_salvaging, repeated_keys
from sbom.documents.spdx import read_document
from sbom.documents.spdx3 import as_spdx_2
from sbom.documents.spdx3_members import Element, Graph
from sbom.documents.spdx_members import SOURCE
from sbom.model import Fault, Problem, Sbom


def read(data: bytes, name: str) -> Sbom:
    """Read an SPDX 3 JSON-LD document in UTF-8: a graph, or one element alone.

    Raises:
        InputError: where it is no JSON object.
    """
    document, problems = decode_salvaging(data, Graph, "@graph", SOURCE, name)
    elements = document.graph
    if elements is None:
        alone, problems = decode_salvaging(data, Element, "@graph", SOURCE, name)
        elements = [alone]
    if not isinstance(document.context, str) or "/rdf/3." not in document.context:
        what = "the @context is not that of SPDX 3; members may have other names in it"
        problems.append(Problem(source=SOURCE, where=name, what=what, effect="field_lost"))
    told, lost = as_spdx_2(elements, name)
    return read_document(told, name, "spdx3-json", problems + lost)


def faults(data: bytes) -> list[Fault]:
    """Return where an SPDX 3.0.1 document breaks the official schema."""
    from sbom.documents.spdx3_rules import spdx3_faults

    document = decode_any(data, "document")
    twice = [Fault(place=key, what="is given twice") for key in repeated_keys(data)]
    return twice + spdx3_faults(document)


def write(sbom: Sbom, *, timestamp: str = "") -> bytes:
    """Write SPDX 3.0.1 JSON-LD, the same bytes for the same SBOM and time."""
    from sbom.documents.spdx3_written import graph
    from sbom.documents.spdx_written import document

    return msgspec.json.encode(graph(document(sbom, timestamp))) + b"\n"
