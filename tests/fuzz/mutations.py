"""Changes to valid files: of bytes, lines and numbers, and of what lies inside JSON, zip and tar.

All chance comes from the generator that is given, so that a run can be repeated.
"""

import gzip
import io
import json
import struct
import warnings
import zipfile
import zlib
from random import Random

import zstandard

LARGEST = 1 << 17
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
NUMBERS = (0, 1, 2, 7, 8, 16, 127, 128, 255, 256, 4096, 32767, 32768, 65535, 1 << 31, (1 << 32) - 1)
NUMBERS += ((1 << 31) - 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
TOKENS = (
    *(b"\0", b"\n", b"\n\n", b"\r\n", b"\t", b'"', b"'", b"\\", b"/", b"../", b"//", b"=", b":"),
    *(b"{", b"}", b"[", b"]", b"<", b">", b"<a>", b"</a>", b"&lt;", b"<!--", b"]]>", b"<?x?>"),
    *(b'<!DOCTYPE a [<!ENTITY b "c">]>', b"&b;", b"xmlns=''", b"*a", b"&a ", b"!!python/x ", b"- "),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3\x28", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"1e999"),
    *(b"-1", b"1" * 400, b"0x", b"null", b"true", b"NaN", b"%00", b"%zz", b"pkg:", b"pkg:npm/%40"),
)
JUNK = (
    *(None, True, 0, -1, 1 << 70, 1.5, 1e308, "", "x", "\0", "\ud7ff", "pkg:npm/a@1", "a" * 5000),
    *([], {}, [[]], [None], [{}], {"": None}, {"a": {"b": []}}, ["x", 1, {}]),
)


def changed(data: bytes, chance: Random, others: list[bytes]) -> bytes:
    """Return the data with one to several changes, never larger than `LARGEST`.

    others: valid files of the same kind, of which parts are taken.
    """
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5, 9))):
        way = chance.choice(WAYS)
        data = way(data, chance, others)[:LARGEST]
    return data


def _set(data, chance, _others):
    at = chance.randrange(len(data) + 1)
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def _flip(data, chance, _others):
    at = chance.randrange(len(data) + 1)
    return (
        data[:at] + bytes(b ^ 1 << chance.randrange(8) for b in data[at : at + 1]) + data[at + 1 :]
    )


def _number(data, chance, _others):
    """Write a number that is at the end of its range into the bytes."""
    width, at = chance.choice((1, 2, 4, 8)), chance.randrange(len(data) + 1)
    at -= at % width if chance.random() < 0.7 else 0
    value = (chance.choice(NUMBERS) + chance.choice((0, 0, 1, -1))) % (1 << 8 * width)
    piece = value.to_bytes(width, chance.choice(("little", "big")))
    return data[:at] + piece + data[at + width :]


def _digits(data, chance, _others):
    """Put another number where digits stand."""
    places = [at for at in range(len(data)) if data[at : at + 1].isdigit()]
    if not places:
        return data
    at = chance.choice(places)
    return data[:at] + str(chance.choice((*NUMBERS, -1))).encode() + data[at + 1 :]


def _insert(data, chance, _others):
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(TOKENS) * chance.choice((1, 1, 1, 2, 100, 5000)) + data[at:]


def _cut(data, chance, _others):
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[at + chance.choice((1, 2, 4, 16, 100, len(data))) :]


def _double(data, chance, _others):
    at = chance.randrange(len(data) + 1)
    end = at + chance.choice((1, 4, 16, 64, 512))
    return data[:end] + data[at:end] * chance.choice((1, 1, 2, 20, 1000)) + data[end:]


def _moved(data, chance, others):
    """Overwrite a part by a part of this or another file."""
    source = chance.choice([data, *others])
    start, at = chance.randrange(len(source) + 1), chance.randrange(len(data) + 1)
    length = chance.choice((1, 2, 4, 8, 16, 64, 512))
    piece = source[start : start + length]
    return data[:at] + piece + data[at + (len(piece) if chance.random() < 0.7 else 0) :]


def _spliced(data, chance, others):
    other = chance.choice([data, *others])
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def _lines(data, chance, _others):
    """Leave out, double, move or join lines."""
    lines = data.split(b"\n")
    at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
    way = chance.randrange(4)
    if way == 0:
        del lines[at]
    elif way == 1:
        lines[at:at] = [lines[to]] * chance.choice((1, 1, 2, 500))
    elif way == 2:
        lines[at], lines[to] = lines[to], lines[at]
    else:
        lines[at : at + 2] = [b"".join(lines[at : at + 2])]
    return b"\n".join(lines)


def _json(data, chance, _others):
    """Change a value, a key or the depth of a JSON document; of several lines, of one of them."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return _lines(data, chance, ())
    nodes = []
    todo = [document] if isinstance(document, dict | list) else []
    while todo and len(nodes) < 5000:
        node = todo.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node))
        nodes += [(node, key) for key in keys]
        todo += [node[key] for key in keys if isinstance(node[key], dict | list)]
    if not nodes:
        return json.dumps(chance.choice(JUNK)).encode()
    for _ in range(chance.choice((1, 1, 2, 4))):
        node, key = chance.choice(nodes)
        _change_node(node, key, chance, nodes)
    try:
        return json.dumps(document).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return data


def _change_node(node, key, chance, nodes):
    if (isinstance(node, list) and key >= len(node)) or (
        isinstance(node, dict) and key not in node
    ):
        return
    way = chance.randrange(6)
    if way == 0:
        del node[key]
    elif way == 1:
        other, name = chance.choice(nodes)
        if (isinstance(other, dict) and name in other) or (
            isinstance(other, list) and name < len(other)
        ):
            node[key] = json.loads(json.dumps(other[name]))
    elif way == 2:
        deep = node[key]
        for _ in range(chance.choice((1, 5, 200))):
            deep = [deep] if chance.random() < 0.5 else {"a": deep}
        node[key] = deep
    elif way == 3 and isinstance(node, list):
        node.extend([node[key]] * chance.choice((1, 2, 300)))
    elif way == 4 and isinstance(node, dict):
        node[str(chance.choice(JUNK))[:50]] = node.pop(key)
    else:
        node[key] = chance.choice(JUNK)


def _inside(data, chance, others):
    """Change what lies inside of an archive or a packed stream, and pack it again."""
    if data.startswith(b"PK"):
        return _zip(data, chance, others)
    if data.startswith((GZIP, ZSTD)):
        return _packed(data, chance)
    return _tar(data, chance) if data[257:262] == b"ustar" else _number(data, chance, others)


def _packed(data, chance):
    try:
        if data.startswith(GZIP):
            whole = zlib.decompressobj(31).decompress(data, LARGEST)
            return gzip.compress(changed(whole, chance, []), 1, mtime=0)
        with zstandard.ZstdDecompressor(max_window_size=1 << 23).stream_reader(data) as stream:
            whole = stream.read(LARGEST)
        return zstandard.ZstdCompressor().compress(changed(whole, chance, []))
    except (zlib.error, zstandard.ZstdError):
        return data


def _zip(data, chance, others):
    out = io.BytesIO()
    try:
        with (
            warnings.catch_warnings(action="ignore"),  # a name that comes twice is what is wanted
            zipfile.ZipFile(io.BytesIO(data)) as old,
            zipfile.ZipFile(out, "w") as new,
        ):
            entries = old.infolist()
            for info in entries[:200]:
                content = old.read(info)
                if chance.random() < 1.5 / len(entries):
                    content = changed(content, chance, others)
                for _ in range(chance.choice((1,) * 20 + (0, 2, 50))):
                    name = info.filename
                    name = chance.choice((name, name, name, name * 20, "../" + name, name + "\n"))
                    new.writestr(zipfile.ZipInfo(name), content, chance.choice((0, 8)))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error, ValueError, OSError):
        return data
    except (RuntimeError, struct.error, UnicodeError):  # encrypted, or a date that cannot be
        return data
    return out.getvalue()


def _tar(data, chance):
    """Change a header of a tar and make its checksum right again."""
    places = [at for at in range(0, len(data) - 511, 512) if data[at + 257 : at + 262] == b"ustar"]
    if not places:
        return data
    at = chance.choice(places)
    header = changed(data[at : at + 512], chance, [])[:512].ljust(512, b"\0")
    if chance.random() < 0.3:
        kind = bytes([chance.choice(b"0123456789LKxgSDV\0Z")])
        header = header[:156] + kind + header[157:]
    blank = header[:148] + b" " * 8 + header[156:]
    header = blank[:148] + f"{sum(blank):06o}\0 ".encode() + blank[156:]
    return data[:at] + header + data[at + 512 :]


WAYS = (
    *(
        _set,
        _flip,
        _number,
        _number,
        _digits,
        _insert,
        _insert,
        _cut,
        _cut,
        _double,
        _moved,
        _moved,
    ),
    *(_spliced, _lines, _lines, _json, _json, _json, _json, _inside, _inside, _inside, _inside),
)
