"""CycloneDX documents against the official schemas, and the rules that no schema can say.

The schemas are those that `cyclonedx-python-lib` ships (Apache-2.0); they are read as files, since
importing that library costs a quarter of a second.
"""

from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from os.path import isfile
from typing import Any

import msgspec

from sbom.documents.decoding import decode_any, decode_xml, repeated_keys
from sbom.documents.own_schema import schema_errors
from sbom.errors import InputError
from sbom.model import Fault

JSON_SCHEMAS = {
    "1.2": "bom-1.2-strict",
    "1.3": "bom-1.3-strict",
    "1.4": "bom-1.4",
    "1.5": "bom-1.5",
    "1.6": "bom-1.6",
    "1.7": "bom-1.7",
}
"""Of 1.2 and 1.3 the strict forms: the others let members pass that the specification lacks."""
REFERRED = ("cryptography-defs", "jsf-0.82", "spdx")
XML_VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
NAMESPACE = "http://cyclonedx.org/schema/bom/"
MAX_FAULTS = 200
MAX_TEXT = 200


def cyclonedx_json_faults(data: bytes) -> list[Fault]:
    """Return where a CycloneDX JSON document breaks its version's schema, in document order."""
    document = decode_any(data, "document")
    if not isinstance(document, dict):
        return [Fault(place="", what="not a JSON object")]
    version = document.get("specVersion")
    if not isinstance(version, str) or version not in JSON_SCHEMAS:
        known = ", ".join(JSON_SCHEMAS)
        return [Fault(place="specVersion", what=f"{version!r} is none of {known}")]
    found = [Fault(place=key, what="is given twice") for key in repeated_keys(data)]
    for place, what in schema_errors(_json_validator(version), document):
        found.append(Fault(place=place, what=_short(what)))
        if len(found) >= MAX_FAULTS:
            return found
    return found + _repeated_refs(_json_refs(document))


def cyclonedx_xml_faults(data: bytes) -> list[Fault]:
    """Return where a CycloneDX XML document breaks its version's schema, in document order."""
    # What is hostile in XML is refused before the validating parser sees it.
    root = decode_xml(data, "document")
    version = root.tag.partition("}")[0].removeprefix("{" + NAMESPACE)
    if version not in XML_VERSIONS:
        return [Fault(place="line 1", what=f"{_short(root.tag)} is no CycloneDX bom")]
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    schema = _xml_schema(version)
    try:
        schema.validate(etree.fromstring(data, parser))
    except etree.XMLSyntaxError as error:
        return [Fault(place=f"line {error.lineno}", what=_short(str(error)))]
    return [
        Fault(
            place=f"line {entry.line}",
            what=_short(entry.message.replace(f"{{{NAMESPACE}{version}}}", "")),
        )
        for entry in schema.error_log
    ][:MAX_FAULTS]


def official(file: str) -> bytes:
    """Return an official schema file.

    Raises:
        InputError: where the library that ships it is not there, or of another layout.
    """
    return _bytes(_official_path(file))


def _official_path(file: str) -> str:
    spec = find_spec("cyclonedx")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        path = f"{folder}/schema/_res/{file}"
        if isfile(path):
            return path
    raise InputError(f"the official schema {file} is not installed", "reinstall Lading")


def _bytes(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()


@lru_cache(maxsize=8)
def _json_validator(version: str) -> Any:
    from jsonschema_rs import Draft7Validator, Registry

    resources = []
    for name in REFERRED:
        schema = msgspec.json.decode(official(f"{name}.SNAPSHOT.schema.json"))
        resources.append((schema["$id"], schema))
        resources.append((f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json", schema))
    schema = msgspec.json.decode(official(f"{JSON_SCHEMAS[version]}.SNAPSHOT.schema.json"))
    return Draft7Validator(schema, registry=Registry(resources), validate_formats=True)


@lru_cache(maxsize=8)
def _xml_schema(version: str) -> Any:
    """Load a schema; the SPDX list that it imports lies beside it, so nothing is fetched."""
    from lxml import etree

    schema = _official_path(f"bom-{version}.SNAPSHOT.xsd")
    text = _bytes(schema).replace(
        b'schemaLocation="http://cyclonedx.org/schema/spdx"', b'schemaLocation="spdx.SNAPSHOT.xsd"'
    )
    parser = etree.XMLParser(no_network=True)
    return etree.XMLSchema(etree.fromstring(text, parser, base_url=schema))


def _json_refs(document: dict[str, Any]) -> Iterator[str]:
    """Yield the bom-ref of every component and service: what others refer to.

    Workflows and their parts are left out: the specification's own examples repeat theirs.
    """
    metadata = document.get("metadata")
    stack = [document, metadata.get("component") if isinstance(metadata, dict) else None]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if isinstance(value.get("bom-ref"), str):
                yield value["bom-ref"]
            for group in ("components", "services"):
                inner = value.get(group)
                stack.extend(inner if isinstance(inner, list) else ())


def _repeated_refs(refs: Iterator[str]) -> list[Fault]:
    """The schemas of JSON cannot say that each bom-ref is unique within the document."""
    seen: set[str] = set()
    repeated = {ref for ref in refs if ref in seen or seen.add(ref)}  # type: ignore[func-returns-value]
    return [
        Fault(place="bom-ref", what=f"{_short(repr(ref))} is given to several elements")
        for ref in sorted(repeated)
    ]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_TEXT else f"{line[:MAX_TEXT]}…"
