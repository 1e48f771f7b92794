"""CPE names, 2.2 URIs and 2.3 formatted strings, to one form that can be compared (NISTIR 7695)."""

from collections.abc import Iterable, Iterator

ATTRIBUTES = 11
PRODUCT = 2
ANY = "*"


def cpe_parts(text: str) -> tuple[str, ...]:
    """Return the eleven attributes of a CPE 2.2 URI or 2.3 name, in lower case; `*` for any."""
    text = text.strip().lower()
    if text.startswith("cpe:2.3:"):
        fields = list(_split_cpe(text[8:]))
    else:
        fields = [_decode_cpe(each) for each in text.removeprefix("cpe:/").split(":")]
        if len(fields) > 5 and fields[5].startswith("~"):
            # A packed edition: edition, sw_edition, target_sw, target_hw, other (NISTIR 7695).
            packed = (fields[5][1:].split("~") + [""] * 5)[:5]
            fields = [*fields[:5], packed[0], *(fields[6:7] or [""]), *packed[1:]]
    fields = [each or ANY for each in fields][:ATTRIBUTES]
    return tuple(fields + [ANY] * (ATTRIBUTES - len(fields)))


def covers(wanted: Iterable[tuple[str, ...]], have: Iterable[tuple[str, ...]]) -> bool:
    """Tell whether any wanted CPE covers any of the others (an attribute left open covers all)."""
    have = tuple(have)
    return any(
        all(w in {ANY, h} for w, h in zip(each, other, strict=True))
        for each in wanted
        for other in have
        if each[PRODUCT] != ANY
    )


def _split_cpe(text: str) -> Iterator[str]:
    """Split a CPE 2.3 name at colons that are not escaped, and undo the escapes."""
    field = ""
    escaped = False
    for character in text:
        if not escaped and character == ":":
            yield field
            field = ""
        elif escaped or character != "\\":
            field += character
        escaped = character == "\\" and not escaped
    yield field


def _decode_cpe(text: str) -> str:
    from urllib.parse import unquote

    return unquote(text) if "%" in text else text
