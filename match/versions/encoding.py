r"""How a version becomes bytes: the primitives every scheme builds its keys from.

A key is a sequence of tokens, compared as bytes. Three laws hold for every scheme:

* the order of the bytes is the order of the versions;
* equal versions have equal bytes;
* keys are prefix-free, so that no key lies between `key` and `key + b"\x00"`, and a range
  that ends with a version (`last_affected`) is the half-open one that ends before `key + b"\x00"`.

The tokens:

* A number is `NUM`: one byte `0x80 + count of digits`, then the digits without leading zeros. More
  digits make a larger number, so the first byte decides unless the counts are equal. Zero is
  `0x80` alone. From 126 digits on it is `0xFE`, `NUM` of the count, the digits.
* Text is its own bytes and a terminator below each of them.
* The end of a sequence, and each further class of token, is a tag byte; tags stand in the order in
  which the scheme puts the classes. They are below `0x80`, apart from `0xFF`, which is above any
  number.

What follows a token is always a token that the scheme allows there, so each token says by its
first byte what it is and by its form where it ends: that makes keys prefix-free.

While it is built a key is a `str` of code points below 256, which joins faster than bytes do;
`.encode("latin-1")` at the end makes the bytes.
"""

HEADS = tuple(chr(0x80 + count) for count in range(126))
ABOVE_NUMBERS = "\xff"
ANY_EPOCH = "?:"
"""Stands before an rpm's version whose epoch is not known: it has no key (see `match.judge`)."""


class InvalidVersion(ValueError):  # noqa: N818 - named as packaging names it
    """The text is no version in this scheme."""

    def __init__(self, scheme: str, version: str) -> None:
        shown = version if len(version) <= 80 else version[:77] + "..."
        super().__init__(f"{shown!r} is no {scheme} version")
        self.scheme = scheme
        self.version = version


def number(digits: str) -> str:
    """`NUM` of a run of ASCII digits, which may be empty (zero) and of any length."""
    significant = digits.lstrip("0")
    count = len(significant)
    if count < 126:
        return HEADS[count] + significant
    return "\xfe" + number(str(count)) + significant


def raw(text: str) -> str:
    """The UTF-8 bytes of `text` as code points below 256; their order is that of the text."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogatepass").decode("latin-1")
