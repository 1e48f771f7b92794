"""SPDX YAML, versions 2.2 and 2.3: the members of the JSON form."""

from sbom.documents.decoding import decode_yaml
from sbom.documents.spdx import converted, read_document
from sbom.model import Fault, Sbom


def read(data: bytes, name: str) -> Sbom:
    """Read an SPDX YAML document in UTF-8.

    Raises:
        InputError: where it is no YAML, or no mapping.
    """
    document, problems = converted(decode_yaml(data, name), name)
    return read_document(document, name, "spdx-yaml", problems)


def faults(data: bytes) -> list[Fault]:
    """Return where an SPDX YAML document breaks the specification."""
    from sbom.documents.spdx_rules import spdx_faults

    return spdx_faults(decode_yaml(data, "document"))
