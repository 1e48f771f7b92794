"""Rules for stated words: times, addresses, digests, versions, licences."""

import re

TIME = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)"
    r"(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)(?:\[!?[^\[\]]+\])*",
    re.ASCII,
)
EMAIL = re.compile(r"(?:mailto:)?[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+")
ADDRESS = re.compile(r"https?://[^\s]+")
SHA512 = re.compile(r"[0-9a-fA-F]{128}")
NUMBER = re.compile(r"\d{1,3}\.\d{1,3}(?:\.\d{1,3})?", re.ASCII)
WORD = re.compile(r"[^\s()]+")
REFERENCE = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+")
UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_time(text: str) -> bool:
    """Tell whether a text is a time with a zone: RFC 3339, or RFC 9557, which adds suffixes."""
    return TIME.fullmatch(text) is not None


def is_contact(text: str) -> bool:
    """Tell whether a text is an e-mail address or a web address."""
    return EMAIL.fullmatch(text) is not None or ADDRESS.fullmatch(text) is not None


def is_address(text: str) -> bool:
    """Tell whether a text is a web address."""
    return ADDRESS.fullmatch(text) is not None


def is_sha512(text: str) -> bool:
    """Tell whether a text is a SHA-512 in hexadecimal digits."""
    return SHA512.fullmatch(text) is not None


def has_uuid(text: str) -> bool:
    """Tell whether a text holds a UUID (RFC 9562)."""
    return UUID.search(text) is not None


def is_license_term(text: str) -> bool:
    """Tell whether a text is an SPDX licence id, `LicenseRef-…`, or an expression of such."""
    from sbom.documents.licenses import is_expression, spdx_ids

    known = spdx_ids() | {word for word in WORD.findall(text) if REFERENCE.fullmatch(word)}
    return text in known or is_expression(text, known)


def at_least(text: str, name: str, lowest: str) -> bool:
    """Tell whether `NAME VERSION` is a specification in this or a later version."""
    stated, _, version = text.partition(" ")
    if stated != name or NUMBER.fullmatch(version) is None:
        return False
    return [int(part) for part in version.split(".")] >= [int(part) for part in lowest.split(".")]
