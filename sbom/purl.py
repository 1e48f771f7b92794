"""Text to package URL and back, canonical by ECMA-427 and the purl project's type definitions.

One departure (docs/decisions/0003-purl.md): Go and npm names keep their case, because their
registries tell `JSONStream` from `jsonstream`.
"""

from collections.abc import Iterable
from functools import cache, lru_cache

from msgspec import Struct

from sbom.model import Purl

Pairs = tuple[tuple[str, str], ...]

# fmt: off
LOWER_NAMESPACE = frozenset({
    "alpm", "apk", "bitbucket", "bitnami", "brew", "composer", "deb", "git", "github", "gitlab",
    "hex", "luarocks", "qpkg", "rpm", "vscode-extension", "yocto",
})
LOWER_NAME = frozenset({
    "alpm", "apk", "bitbucket", "bitnami", "brew", "composer", "deb", "git", "github", "gitlab",
    "hex", "luarocks", "oci", "otp", "pub", "pypi", "vscode-extension", "yocto",
})
NAMESPACE_FORBIDDEN = frozenset({"otp", "vcpkg"})
NAMESPACE_REQUIRED = frozenset({"swift"})
PATH_NAMES = frozenset({"composer", "golang", "npm"})
"""Types whose packages are named by a path: what tools write as one escaped name is split again."""
OWN_RULES = frozenset({
    "chrome-extension", "composer", "cpan", "git", "golang", "huggingface", "mlflow", "npm",
    "otp", "pypi", "swift", "vcpkg",
})
"""Types with a rule beyond letter case."""
AS_WRITTEN = frozenset({
    "cargo", "cran", "gem", "generic", "golang", "hackage", "maven", "npm", "nuget",
})
"""Types of which a path of plain letters that names a version is canonical as it stands."""
# fmt: on

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
TYPE_LETTERS = LETTERS + DIGITS + ".-"
KEY_LETTERS = TYPE_LETTERS + "_"
PLAIN = LETTERS + LETTERS.upper() + DIGITS + ".-_~:"
"""What is never percent-encoded: the unreserved characters and the colon."""
PLAIN_OR_SLASH = PLAIN + "/"
PLAIN_OCTETS = (PLAIN_OR_SLASH + "@").encode()
ESCAPES = {o: f"%{o:02X}" for o in range(128) if chr(o) not in PLAIN}


class InvalidPurl(ValueError):  # noqa: N818 (named as every `InvalidX` of the project is)
    """The text is no package URL; the message says why."""


class Parts(Struct, frozen=True, gc=False):
    """The parts of a purl, decoded and normalised; absent parts are empty, qualifiers sorted."""

    type: str
    namespace: str
    name: str
    version: str = ""
    qualifiers: Pairs = ()
    subpath: str = ""

    def get(self, key: str) -> str:
        """Return the value of a qualifier, empty where it is absent."""
        for name, value in self.qualifiers:
            if name == key:
                return value
        return ""


def parse(text: str) -> Parts:
    """Read a purl in any spelling that the specification reads.

    Raises:
        InvalidPurl: where the text is no purl, with the reason.
    """
    return _read(text)[0]


def build(
    type: str,  # noqa: A002 (the specification's word)
    namespace: str,
    name: str,
    version: str = "",
    qualifiers: Iterable[tuple[str, str]] = (),
    subpath: str = "",
) -> Purl:
    """Return the canonical purl of decoded parts.

    Raises:
        InvalidPurl: where the parts make no purl, with the reason.
    """
    return write(_normal(type, namespace, name, version, _sort(qualifiers), subpath))


def canonical(text: str) -> Purl:
    """Return the canonical spelling of a purl.

    Raises:
        InvalidPurl: where the text is no purl, with the reason.
    """
    return _join(*_read(text))


def read(text: str) -> tuple[Parts, Purl]:
    """Return the parts and the canonical spelling at the cost of one.

    Raises:
        InvalidPurl: where the text is no purl, with the reason.
    """
    if parts := plain(text):
        return parts, Purl(text)
    parts, query = _read(text)
    return parts, _join(parts, query)


def write(parts: Parts) -> Purl:
    """Return the canonical purl of parts that `parse` returned."""
    return _join(parts, "&".join(f"{key}={_encode(value)}" for key, value in parts.qualifiers))


def plain(text: str) -> Parts | None:
    """Return the parts of a purl that is canonical as it stands and is name and version alone.

    Most are, and looking for that first takes a third of the time of reading them in full. None
    says nothing: others may be canonical too.
    """
    if not text.isascii() or text.encode().translate(None, PLAIN_OCTETS):
        return None
    scheme, _, path = text.partition("/")
    head, _, version = path.rpartition("@")
    namespace, _, name = head.rpartition("/")
    if not (version and name and scheme[:4] == "pkg:" and scheme[4:] in AS_WRITTEN):
        return None
    if "/" in version or "@" in head or "//" in path or path[0] == "/":
        return None
    return Parts(scheme[4:], namespace, name, version)


def _read(text: str) -> tuple[Parts, str]:
    """Return the parts and the canonical text of the qualifiers."""
    rest, _, subpath = text.rpartition("#") if "#" in text else (text, "", "")
    path, _, query = rest.partition("?")
    scheme, colon, path = path.partition(":")
    if not colon or (scheme != "pkg" and scheme.lower() != "pkg"):
        raise InvalidPurl("a package URL begins with pkg:")
    type_, slash, path = path.lstrip("/").partition("/")
    if not slash:
        raise InvalidPurl("the name is missing")
    path, version = _split_version(path.strip("/"))
    namespace, _, name = path.rpartition("/")
    if "%" in path:
        namespace, name = _decode(namespace), _decode(name)
    qualifiers, query = _read_qualifiers(query) if query else ((), "")
    version = _decode(version) if "%" in version else version
    subpath = _decode(subpath) if subpath else ""
    return _normal(type_, namespace, name, version, qualifiers, subpath), query


def _join(parts: Parts, query: str) -> Purl:
    """Return the canonical purl; `query` is the text of the qualifiers."""
    name, space, version = parts.name, parts.namespace, parts.version
    path = name if not name.strip(PLAIN) else _encode(name, parts.type == "git")
    if space:
        path = f"{space if not space.strip(PLAIN_OR_SLASH) else _encode(space, keep=True)}/{path}"
    if version:
        path = f"{path}@{version if not version.strip(PLAIN) else _encode(version)}"
    text = f"pkg:{parts.type}/{path}?{query}" if query else f"pkg:{parts.type}/{path}"
    if parts.subpath:
        text = f"{text}#{_encode(parts.subpath, keep=True)}"
    return Purl(text)


def _split_version(path: str) -> tuple[str, str]:
    """Split at the last `@`, unless it opens a scope (`@angular/animation` without version)."""
    head, at, version = path.rpartition("@")
    if not at or ((not head or head[-1] == "/") and "/" in version):
        return path, ""
    if head and head[-1] == "/":
        raise InvalidPurl("the name is missing")
    return head, version


def _normal(
    type_: str, namespace: str, name: str, version: str, qualifiers: Pairs, subpath: str
) -> Parts:
    if type_.strip(TYPE_LETTERS) or not type_ or type_[0] not in LETTERS:
        type_ = _read_type(type_)
    if namespace and (namespace[0] == "/" or namespace[-1] == "/" or "//" in namespace):
        namespace = "/".join(filter(None, namespace.split("/")))
    if type_ in LOWER_NAMESPACE:
        namespace = namespace.lower()
    if type_ in LOWER_NAME:
        name = name.lower()
    if not name:
        raise InvalidPurl("the name is missing")
    if subpath:
        subpath = "/".join(s for s in subpath.split("/") if s not in {"", ".", ".."})
    parts = Parts(type_, namespace, name, version, qualifiers, subpath)
    return _by_type(parts) if type_ in OWN_RULES else parts


def _read_type(text: str) -> str:
    type_ = text.lower()
    if not type_ or type_.strip(TYPE_LETTERS) or type_[0] not in LETTERS:
        raise InvalidPurl(f"{text[:40]!r} is no package type")
    return type_


def _by_type(parts: Parts) -> Parts:
    """Apply the rules that single type definitions add."""
    type_, namespace, name, version = parts.type, parts.namespace, parts.name, parts.version
    if type_ in PATH_NAMES:
        if "/" not in name:
            return parts
        *space, name = _segments(f"{namespace}/{name}")
        namespace = "/".join(space)
    elif type_ == "pypi":
        name = name.replace("_", "-")
    elif type_ == "git":
        # The namespace is the host, the name the repository's whole path.
        host, *path = _segments(f"{namespace}/{name}")
        namespace, name = (host, "/".join(path)) if path else ("", host)
    elif type_ == "huggingface":
        version = version.lower()
    elif type_ == "mlflow" and "databricks" in parts.get("repository_url"):
        # Databricks' model names ignore case, Azure ML's do not.
        name = name.lower()
    else:
        _check(parts)
    return Parts(type_, namespace, name, version, parts.qualifiers, parts.subpath)


def _segments(path: str) -> list[str]:
    segments = [segment for segment in path.split("/") if segment]
    if not segments:
        raise InvalidPurl("the name is missing")
    return segments


def _check(parts: Parts) -> None:
    """Refuse what a type definition forbids."""
    if parts.type in NAMESPACE_FORBIDDEN and parts.namespace:
        raise InvalidPurl(f"{parts.type} packages have no namespace")
    if parts.type in NAMESPACE_REQUIRED and not parts.namespace:
        raise InvalidPurl(f"{parts.type} packages need a namespace")
    if parts.type == "cpan" and "::" in parts.name:
        raise InvalidPurl("a CPAN distribution's name has no '::' (that is a module's)")
    if parts.type == "chrome-extension":
        _check_chrome(parts.name, parts.version)


def _check_chrome(name: str, version: str) -> None:
    if len(name) != 32 or name.strip(LETTERS):
        raise InvalidPurl("a Chrome extension's name is its id of 32 letters")
    numbers = version.split(".") if version else []
    if len(numbers) > 4 or not all(n.isascii() and n.isdigit() for n in numbers):
        raise InvalidPurl("a Chrome extension's version is one to four numbers")


@lru_cache(maxsize=1024)
def _read_qualifiers(query: str) -> tuple[Pairs, str]:
    """Read `key=value&…`; return the pairs in canonical order, and their canonical text."""
    found: dict[str, tuple[tuple[str, str], str]] = {}
    for text in query.split("&"):
        pair = _read_pair(text)
        if pair and found.setdefault(pair[0][0], pair)[0] != pair[0]:
            raise InvalidPurl(f"the qualifier {pair[0][0]!r} is given twice")
    pairs = sorted(found.values())
    return tuple([pair for pair, _ in pairs]), "&".join([text for _, text in pairs])


@lru_cache(maxsize=4096)
def _read_pair(text: str) -> tuple[tuple[str, str], str] | None:
    """Return a qualifier and its canonical text; None where it has no value.

    The components of a document share most of their qualifiers, hence the two caches.
    """
    key, equals, value = text.partition("=")
    if text and not equals:
        raise InvalidPurl(f"the qualifier {text[:40]!r} has no value")
    if not value:
        return None
    key, value = _read_key(key), _decode(value)
    return (key, value), f"{key}={_encode(value)}"


def _sort(pairs: Iterable[tuple[str, str]]) -> Pairs:
    """Return qualifiers in canonical order; those without a value do not count."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if value:
            key = _read_key(name)
            if found.setdefault(key, value) != value:
                raise InvalidPurl(f"the qualifier {key!r} is given twice")
    return tuple(sorted(found.items()))


def _read_key(name: str) -> str:
    key = name.lower()
    if not key or key.strip(KEY_LETTERS) or key[0] not in LETTERS:
        raise InvalidPurl(f"{name[:40]!r} is no qualifier key")
    return key


def _decode(text: str) -> str:
    """Undo percent-encoding; a `%` that begins no escape stands for itself."""
    if "%" not in text:
        return text
    ascii_escapes = _ascii_escapes()
    first, *rest = text.split("%")
    pieces = [first]
    for piece in rest:
        character = ascii_escapes.get(piece[:2])
        if character is None:
            return _decode_octets(text)
        pieces += (character, piece[2:])
    return "".join(pieces)


def _decode_octets(text: str) -> str:
    first, *rest = text.encode("utf-8", "replace").split(b"%")
    octets, escapes = bytearray(first), _octet_escapes()
    for piece in rest:
        octet = escapes.get(piece[:2].upper())
        octets += b"%" + piece if octet is None else octet + piece[2:]
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise InvalidPurl("a percent-encoded part is not UTF-8") from None


@cache
def _ascii_escapes() -> dict[str, str]:
    """Return the characters by their two digits; made when the first escape is there: 0.1 ms."""
    written = {f"{o:02X}": chr(o) for o in range(128)}
    return written | {digits.lower(): character for digits, character in written.items()}


@cache
def _octet_escapes() -> dict[bytes, bytes]:
    return {b"%02X" % o: bytes([o]) for o in range(256)}


def _encode(text: str, keep: bool = False) -> str:  # noqa: FBT001, FBT002
    """Percent-encode what is not plain; `keep` leaves `/` as it is."""
    if not text.strip(PLAIN):
        return text
    encoded = text.translate(ESCAPES) if text.isascii() else _encode_octets(text)
    return encoded.replace("%2F", "/") if keep else encoded


def _encode_octets(text: str) -> str:
    try:
        octets = text.encode()
    except UnicodeEncodeError:
        raise InvalidPurl("the text holds a lone surrogate, which UTF-8 cannot write") from None
    return "".join(c if (c := chr(o)) in PLAIN else f"%{o:02X}" for o in octets)
