"""Foreign documents as bytes: encodings, bounds on size, and errors that name file and place.

Rule 25: a document may be hostile, so what it can cost is bounded before it is decoded.
"""

from datetime import UTC, datetime
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

import msgspec
from msgspec import structs

from sbom.errors import InputError
from sbom.model import Problem, Sbom

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

T = TypeVar("T")

TOOL = ("lading", "0.1.0")
"""Who writes our documents: the name and the version of this distribution (a test holds it)."""
AUTHOR = "document-author"
"""The fact that says who made a document."""

MAX_BYTES = 1 << 30
"""A document of a million components is about half of this."""
MAX_JSON_OBJECTS = 16_000_000
MAX_XML_TAGS = 6_000_000
MAX_XML_DEPTH = 200
MAX_YAML_BYTES = 16 << 20

BOMS = (
    # UTF-32's mark begins with UTF-16's: the longer one is asked first.
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\xef\xbb\xbf", "utf-8"),
)


def utf8(data: bytes, name: str) -> bytes:
    """Return a text document as UTF-8 without byte order mark.

    UTF-16 and UTF-32 are told by their mark or, as JSON and XML begin with ASCII, by the zeros
    beside the first character.

    Raises:
        InputError: where it is empty, too large, or not what its encoding says.
    """
    if len(data) > MAX_BYTES:
        raise InputError(
            f"{name}: the document has {len(data)} bytes, more than {MAX_BYTES}", "split it"
        )
    encoding, mark = _encoding(data)
    body = data[len(mark) :] if mark else data
    if not body.strip():
        raise InputError(f"{name}: the document is empty", "write it anew")
    if encoding == "utf-8":
        return body
    try:
        text = body.decode(encoding)
        if text.startswith("<?xml"):
            # The declaration names the encoding that the text no longer has.
            text = text.partition("?>")[2]
        return text.encode()
    except UnicodeError as error:
        place = getattr(error, "start", 0)
        raise InputError(
            f"{name}: byte {place}: not {encoding.upper()}", "save it as UTF-8"
        ) from None


def decode_json(data: bytes, type_: type[T], name: str) -> T:
    """Decode UTF-8 JSON into a type.

    Raises:
        InputError: where it is no JSON, or nests or holds more than any SBOM does.
        msgspec.ValidationError: where it is JSON of another shape; the message names the place.
    """
    if len(data) > MAX_JSON_OBJECTS and data.count(b"{") > MAX_JSON_OBJECTS:
        raise InputError(
            f"{name}: the document has more than {MAX_JSON_OBJECTS} objects", "split it"
        )
    try:
        return msgspec.json.decode(data, type=type_)
    except msgspec.ValidationError:
        raise
    except RecursionError:
        raise InputError(f"{name}: nested too deeply", "no SBOM is") from None
    except UnicodeDecodeError as error:
        place = _line(data, error.start) if error.object is data else "a text"
        raise InputError(f"{name}: {place}: not UTF-8", "save it as UTF-8") from None
    except msgspec.DecodeError as error:
        raise InputError(f"{name}: {_json_place(data, str(error))}", "write it anew") from None


def decode_salvaging(
    data: bytes, type_: type[T], counted: str, source: str, name: str
) -> tuple[T, list[Problem]]:
    """Decode a JSON document, leaving out what has the wrong form.

    Args:
        data: the document in UTF-8.
        type_: its form.
        counted: the member that lists its components; given twice, only the last counts.
        source: the reader, for problems.
        name: the document, for problems.

    Returns:
        What could be read, and a problem for what could not.

    Raises:
        InputError: where it is no JSON object.
    """
    problems: list[Problem] = []
    try:
        document = decode_json(data, type_, name)
    except msgspec.ValidationError:
        document, problems = salvage(decode_any(data, name), type_, source, name)
    return document, problems + last_counts(data, counted, source, name)


def decode_any(data: bytes, name: str) -> object:
    """Decode UTF-8 JSON of any shape.

    Raises:
        InputError: where it is no JSON, or holds what no program can (a number such as 1e999).
    """
    try:
        return decode_json(data, object, name)
    except msgspec.ValidationError as error:
        raise InputError(f"{name}: {error}", "write it anew") from None


def repeated_keys(data: bytes, keys: frozenset[str] = frozenset()) -> list[str]:
    """Return the members that an object of a JSON text has twice; readers differ on which counts.

    Args:
        data: JSON that `decode_json` accepted.
        keys: the members to look for; all where empty.
    """
    import json

    found: set[str] = set()

    def note(pairs: list[tuple[str, object]]) -> None:
        # What is inside is not kept, so that memory stays small.
        names = [name for name, _ in pairs if not keys or name in keys]
        found.update(name for name in set(names) if names.count(name) > 1)

    try:
        json.loads(data, object_pairs_hook=note, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return []
    return sorted(found)


def last_counts(data: bytes, key: str, source: str, name: str) -> list[Problem]:
    """Return a Problem where an object has `key`, a list of records, twice: one list is lost."""
    if data.count(b'"%s"' % key.encode()) < 2 or not repeated_keys(data, frozenset({key})):
        return []
    what = f"the member {key!r} is given twice in one object; only the last is read"
    return [Problem(source=source, where=name, what=what, effect="record_lost")]


def decode_xml(data: bytes, name: str) -> "Element":
    """Parse XML without entities, document types or external references.

    Raises:
        InputError: where it is no such XML, or is larger or deeper than any SBOM is.
    """
    import xml.etree.ElementTree as ET

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if len(data) > MAX_BYTES or data.count(b"<") > MAX_XML_TAGS:
        raise InputError(f"{name}: the document is too large", "split it")
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise InputError(
            f"{name}: the document declares a document type or entities", "remove them"
        ) from None
    except (ET.ParseError, ValueError, LookupError) as error:
        raise InputError(f"{name}: not XML: {error}", "write it anew") from None
    if _too_deep(root):
        raise InputError(f"{name}: nested more than {MAX_XML_DEPTH} deep", "no SBOM is")
    return root


def salvage(value: object, type_: type[T], source: str, where: str) -> tuple[T, list[Problem]]:
    """Convert decoded JSON to a struct member by member; what has a wrong type is a Problem.

    Raises:
        InputError: where the value is no object at all, or nests without end.
    """
    if not isinstance(value, dict):
        raise InputError(f"{where}: not an object", "give an SBOM document")
    kept: dict[str, object] = {}
    lost: list[Problem] = []
    for field in structs.fields(type_):  # type: ignore[arg-type]
        stated = value.get(field.encode_name)
        if stated is None:
            continue
        place = f"{where}.{field.encode_name}"
        try:
            kept[field.name], problems = _member(stated, field.type, source, place)
            lost += problems
        except (msgspec.ValidationError, InputError) as error:
            lost.append(_lost(source, place, error, "field_lost"))
        except RecursionError:
            raise InputError(f"{where}: nested too deeply", "no SBOM is") from None
    return type_(**kept), lost


def _member(value: object, type_: Any, source: str, place: str) -> tuple[object, list[Problem]]:
    """Convert one member; lists keep the entries that are right, numbers stand for texts."""
    kind = next((a for a in get_args(type_) if a is not NoneType), type_)
    if kind is str and isinstance(value, int | float):
        return str(value), []
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return salvage(value, kind, source, place)
    inner = get_args(kind)
    if not (isinstance(value, list) and inner and isinstance(inner[0], type)):
        return msgspec.convert(value, type_), []
    kept: list[object] = []
    lost: list[Problem] = []
    for number, entry in enumerate(value):
        where = f"{place}[{number}]"
        try:
            one, problems = _member(entry, inner[0], source, where)
        except (msgspec.ValidationError, InputError) as error:
            lost.append(_lost(source, where, error, "record_lost"))
        else:
            kept.append(one)
            lost += problems
    return kept, lost


def _lost(
    source: str, where: str, error: Exception, effect: Literal["record_lost", "field_lost"]
) -> Problem:
    what = error.message.removeprefix(f"{where}: ") if isinstance(error, InputError) else str(error)
    return Problem(source=source, where=where, what=what, effect=effect)


def named_by_content(namespace: bytes, content: bytes) -> str:
    """Return a UUIDv5 (RFC 9562, 5.5): the same content has the same, whoever writes it."""
    from hashlib import sha1

    octets = bytearray(sha1(namespace + content).digest()[:16])
    octets[6] = octets[6] & 0x0F | 0x50
    octets[8] = octets[8] & 0x3F | 0x80
    text = octets.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def unique(name: str, taken: set[str], numbers: dict[str, int], mark: str = "-") -> str:
    """Return a name that is not `taken` yet, with a number behind it where need be; take it.

    numbers: the last one tried of each name, so that many of one name take no longer than others.
    """
    found, number = name, numbers.get(name, 1)
    while found in taken:
        number += 1
        found = f"{name}{mark}{number}"
    numbers[name] = number
    taken.add(found)
    return found


def moment(text: str) -> str:
    """Return an RFC 3339 time in UTC, whole seconds; empty where the text is none."""
    try:
        found = msgspec.convert(text, datetime)
        return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if found.tzinfo else ""
    except (msgspec.ValidationError, OverflowError):  # the first and last days there are
        return ""


def authors(sbom: Sbom) -> list[str]:
    """Return who made the document, in their own names: facts, as every format carries them."""
    return [value for name, value in sbom.facts if name == AUTHOR]


def decode_yaml(data: bytes, name: str) -> Any:
    """Read YAML with the safe loader; aliases, which can multiply without bound, are refused.

    Raises:
        InputError: where it is no such YAML.
    """
    import yaml

    class Loader(yaml.SafeLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("aliases are not read")
            return super().compose_node(parent, index)

    # A version `1.10` is a text, and so is a date, as they are in every other form.
    Loader.yaml_implicit_resolvers = {
        first: [(tag, regexp) for tag, regexp in rows if tag.endswith((":bool", ":null"))]
        for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    if len(data) > MAX_YAML_BYTES:
        raise InputError(f"{name}: the YAML document is too large", "write it as JSON")
    try:
        return yaml.load(data, Loader)  # noqa: S506 (Loader is the safe one, and stricter)
    except RecursionError:
        raise InputError(f"{name}: nested too deeply", "no SBOM is") from None
    except (yaml.YAMLError, ValueError) as error:
        what = " ".join(str(error).split())
        raise InputError(f"{name}: not YAML: {what}", "write it anew") from None


def _encoding(data: bytes) -> tuple[str, bytes]:
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return encoding, mark
    head = data[:4]
    if len(head) == 4 and head.count(0):
        zeros = tuple(octet == 0 for octet in head)
        if zeros == (False, True, False, True):
            return "utf-16-le", b""
        if zeros == (True, False, True, False):
            return "utf-16-be", b""
    return "utf-8", b""


def _json_place(data: bytes, message: str) -> str:
    """Turn `JSON is malformed: … (byte 12)` into a line and column people can look up."""
    what, _, byte = message.rstrip(")").rpartition("(byte ")
    if not byte.isdigit():
        return f"not JSON: {message.removeprefix('JSON is malformed: ')}"
    return f"{_line(data, int(byte))}: not JSON: {what.strip().removeprefix('JSON is malformed: ')}"


def _line(data: bytes, byte: int) -> str:
    number, start = data.count(b"\n", 0, byte) + 1, data.rfind(b"\n", 0, byte) + 1
    return f"line {number}, column {byte - start + 1}"


def _too_deep(root: "Element") -> bool:
    level: list[Element] = [root]
    for _ in range(MAX_XML_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return False
    return True
