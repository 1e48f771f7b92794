"""Tar as a stream: one header after the other, contents only when they are asked for.

Read is what POSIX.1-2017 (ustar, pax) and GNU tar write. `tarfile` takes about ten times as long.
"""

import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from struct import Struct as Layout

from msgspec import Struct

from sbom.errors import InputError
from sbom.image.streams import BROKEN

BLOCK = 512
ZEROS = bytes(BLOCK)
HEADER = Layout("100s8s16x12s12x8s1s100s8s80x155s12x")
"""name, mode, size, checksum, type, link name, magic, prefix (POSIX.1-2017, pax, ustar)."""
USTAR = b"ustar\x0000"
ADLER = 65_521
LARGEST_HEADER = 1 << 20
"""A pax header or GNU long name is never larger; nothing of it is needed beyond a path."""

LONGEST_LENGTH = 19
"""Digits of a size, or of the length of a pax record."""

FILE, FOLDER, SYMLINK, HARDLINK, SPARSE, OTHER = "file", "dir", "symlink", "hardlink", "sparse", "-"
KINDS = {
    b"0": FILE,
    b"\0": FILE,
    b"7": FILE,
    b"1": HARDLINK,
    b"2": SYMLINK,
    b"3": OTHER,
    b"4": OTHER,
    b"5": FOLDER,
    b"6": OTHER,
    b"S": SPARSE,
    b"D": FOLDER,
    b"V": OTHER,
}
BODILESS = frozenset({HARDLINK, SYMLINK, FOLDER, OTHER})
"""Entries without content, whatever their size field says (as all container engines read them)."""
SPARSE_KEYS = frozenset(
    {b"GNU.sparse.major", b"GNU.sparse.map", b"GNU.sparse.size", b"GNU.sparse.realsize"}
)
KEYS = frozenset({b"path", b"linkpath", b"size", b"GNU.sparse.name"}) | SPARSE_KEYS
"""What of a pax header says where a file is; the rest is times, owners and attributes."""
EXTENSIONS = frozenset({b"L", b"K", b"x", b"X", b"g"})


class Entry(Struct, gc=False):
    """One member of an archive. `path` is as written; `link` is where a link leads."""

    path: bytes
    kind: str
    size: int
    mode: int
    link: bytes = b""


class Tar:
    """One pass over a tar stream: iterate over it, and call `head` or `read` on what is wanted.

    skip: moves the stream on by so many bytes without reading them, where it can.
    Iterating raises InputError, naming the place, where the archive is damaged or ends too early.
    """

    def __init__(
        self, stream: Iterator[bytes], where: str, skip: Callable[[int], None] | None = None
    ) -> None:
        self._stream = stream
        self._where = where
        self._skip_ahead = skip
        self._chunk = b""
        self._at = 0
        self._before = 0
        self._left = 0
        self._padding = 0

    @property
    def offset(self) -> int:
        """The place in the archive where the current entry's content begins."""
        return self._before + self._at

    def __iter__(self) -> Iterator[Entry]:
        shared: dict[bytes, bytes] = {}
        extended: dict[bytes, bytes] = {}
        while (block := self._next_block()) is not None:
            fields = HEADER.unpack(block)
            flag = fields[4]
            self._check(block, fields[3])
            if flag in EXTENSIONS:
                self._left, self._padding = self._content(fields[2])
                found = self._extension(flag)
                if flag == b"g":
                    shared = {**shared, **found}
                else:
                    extended |= found
                continue
            entry = self._entry(fields, {**shared, **extended} if extended or shared else None)
            if flag == b"S":
                self._skip_sparse_map(block)
            extended = {}
            yield entry

    def head(self, number: int) -> bytes:
        """Return the first bytes of the current entry's content without passing them."""
        number = min(number, self._left)
        while len(self._chunk) - self._at < number:
            self._more()
        return self._chunk[self._at : self._at + number]

    def read(self) -> bytes:
        """Return the current entry's content, or what is left of it."""
        number, self._left = self._left, 0
        return self._take(number)

    def drain(self) -> None:
        """Read on to the end of the stream, so that its digest is known."""
        for _ in self._stream:
            pass

    def _next_block(self) -> bytes | None:
        """Return the next header; None at the archive's end: two blocks of zeros, or no more."""
        self._pass(self._left + self._padding)
        self._left = self._padding = 0
        block = self._take_block()
        if block == ZEROS:
            if (second := self._take_block()) not in {ZEROS, b""}:
                raise self._damaged(f"after a block of zeros it goes on with {second[:16]!r}")
            return None
        return block or None

    def _take_block(self) -> bytes:
        """Return 512 bytes, or none where the stream has ended just here."""
        at = self._at
        if len(self._chunk) - at < BLOCK:
            if at == len(self._chunk) and not self._advance():
                return b""
            return self._take(BLOCK)
        self._at = at + BLOCK
        return self._chunk[at : self._at]

    def _take(self, number: int) -> bytes:
        at, end = self._at, self._at + number
        if end <= len(self._chunk):
            self._at = end
            return self._chunk[at:end]
        # BytesIO hands its buffer over, where joining parts would hold a large file twice.
        content = BytesIO()
        missing = number - content.write(self._chunk[at:])
        while missing > 0:
            if not self._advance():
                raise self._cut()
            self._at = content.write(self._chunk[:missing])
            missing -= self._at
        return content.getvalue()

    def _pass(self, number: int) -> None:
        end = self._at + number
        while end > len(self._chunk):
            end -= len(self._chunk)
            if self._skip_ahead is not None:
                self._before += len(self._chunk) + end
                self._skip_ahead(end)
                self._chunk, self._at = b"", 0
                return
            if not self._advance():
                raise self._cut()
        self._at = end

    def _advance(self) -> bool:
        """Go to the next chunk that is not empty."""
        self._before += len(self._chunk)
        self._chunk = next(filter(None, self._stream), b"")
        self._at = 0
        return bool(self._chunk)

    def _more(self) -> None:
        """Join the next chunk to what is left of this one."""
        more = next(filter(None, self._stream), None)
        if more is None:
            raise self._cut()
        self._before += self._at
        self._chunk, self._at = self._chunk[self._at :] + more, 0

    def _check(self, block: bytes, stated: bytes) -> None:
        """Compare the checksum: the sum of all bytes, its own field counted as spaces.

        Adler-32 holds that sum modulo 65521 and is computed ten times as fast as `sum`.
        """
        try:
            wanted = int(stated.rstrip(b"\0 "), 8)
        except ValueError:
            wanted = -1
        difference = (zlib.adler32(block) & 0xFFFF) + 255 - sum(stated) - wanted
        if wanted < 0 or (difference % ADLER and not _signed_sum(block, wanted)):
            raise self._damaged(f"no tar header, it begins with {block[:16]!r}")

    def _entry(self, fields: tuple[bytes, ...], pax: dict[bytes, bytes] | None) -> Entry:
        name, mode, length, _, flag, link, magic, prefix = fields
        kind = KINDS.get(flag, FILE)
        path = name.partition(b"\0")[0]
        if magic == USTAR and prefix[0]:
            path = prefix.partition(b"\0")[0] + b"/" + path
        link = link.partition(b"\0")[0] if kind in {SYMLINK, HARDLINK} else b""
        number = self._number(length, "size")
        if pax is not None:
            path = pax.get(b"GNU.sparse.name") or pax.get(b"path") or path
            link = (pax.get(b"linkpath") or link) if link else link
            number = self._decimal(pax[b"size"]) if pax.get(b"size") else number
            kind = SPARSE if kind == FILE and SPARSE_KEYS & pax.keys() else kind
        if flag == b"\0" and path.endswith(b"/"):
            kind = FOLDER  # as tar wrote folders before there was a type for them
        self._left = 0 if kind in BODILESS else number
        self._padding = -self._left % BLOCK
        bits = self._number(mode, "mode") if kind == FILE else 0
        return Entry(path, kind, self._left, bits, link)

    def _content(self, length: bytes) -> tuple[int, int]:
        number = self._number(length, "size")
        if number > LARGEST_HEADER:
            raise self._damaged(f"a header of {number} bytes")
        return number, -number % BLOCK

    def _extension(self, flag: bytes) -> dict[bytes, bytes]:
        """Read a header that belongs to the next entry (or, `g`, to all that follow)."""
        content = self.read()
        if flag in {b"L", b"K"}:
            text = content.partition(b"\0")[0]
            return {b"path" if flag == b"L" else b"linkpath": text}
        if not (b"path=" in content or b"size=" in content or b"sparse" in content):
            return {}
        found = {}
        at, last = 0, len(content.rstrip(b"\0"))
        while at < last:
            space = content.find(b" ", at, at + LONGEST_LENGTH + 1)
            end = at + (self._decimal(content[at:space]) if space > 0 else 0)
            key, equals, value = content[space + 1 : max(end - 1, 0)].partition(b"=")
            if not equals or content[end - 1 : end] != b"\n":
                raise self._damaged(f"an unreadable pax record {content[at : at + 16]!r}")
            if key in KEYS:
                found[key] = value.partition(b"\0")[0]
            at = end
        return found

    def _skip_sparse_map(self, block: bytes) -> None:
        """Pass the further blocks of an old GNU sparse header, which lie before the content."""
        more = block[482]
        while more:
            further = self._take(BLOCK)
            more = further[504]

    def _number(self, field: bytes, name: str) -> int:
        """Read an octal number, or GNU's base-256 of numbers too large for octal."""
        try:
            number = int(field.rstrip(b"\0 ") or b"0", 8)
        except ValueError:
            number = -1
        if number >= 0:
            return number
        if field[0] & 0x80:
            number = int.from_bytes(field, "big") & ~(0x80 << 8 * len(field) - 8)
            if field[0] == 0x80 and number < 1 << 63:
                return number
            raise self._damaged(f"an impossible {name}")
        raise self._damaged(f"a {name} that is no number: {field!r}")

    def _decimal(self, digits: bytes) -> int:
        if not digits.isdigit() or len(digits) > LONGEST_LENGTH:
            raise self._damaged(f"a length that is no number: {digits[:20]!r}")
        return int(digits)

    def _damaged(self, what: str) -> InputError:
        place = self._before + self._at
        return InputError(f"{self._where}: damaged archive at byte {place}: {what}", BROKEN)

    def _cut(self) -> InputError:
        return InputError(
            f"{self._where}: the archive ends too early, after {self.offset} bytes", BROKEN
        )


def _signed_sum(block: bytes, wanted: int) -> bool:
    """Compare the checksum of tars that took bytes as signed (POSIX.1-2017, pax, chksum)."""
    rest = block[:148] + b" " * 8 + block[156:]
    return wanted == sum(rest) - 256 * sum(octet > 127 for octet in rest)
