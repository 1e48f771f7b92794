"""Blobs are told by their bytes, checked to the last one, and bounded."""

import bz2
import gzip
import hashlib

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from sbom.errors import InputError
from sbom.image.streams import Meter, bounded, metered, unpacked, valid, verified
from sbom.limits import Limits, parse, size

TEXT = b"the quick brown fox " * 5000


def chunks(data: bytes, step: int = 1000):
    return iter([data[at : at + step] for at in range(0, len(data), step)])


def plain(data: bytes, step: int = 1000) -> bytes:
    return b"".join(unpacked(chunks(data, step), "blob"))


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=1).compress(data)


SKIPPED = b"\x50\x2a\x4d\x18\x04\0\0\0skip"


@pytest.mark.parametrize(
    "data",
    [
        TEXT,
        gzip.compress(TEXT),
        gzip.compress(TEXT[:777]) + gzip.compress(TEXT[777:]),
        gzip.compress(TEXT) + bytes(700),
        zstd(TEXT),
        zstd(TEXT[:777]) + zstd(TEXT[777:]),
        SKIPPED + zstd(TEXT) + SKIPPED,
    ],
    ids=["plain", "gzip", "members", "padded", "zstd", "frames", "skippable frames"],
)
@pytest.mark.parametrize("step", [1, 1000, 1 << 20])
def test_all_compressions_are_undone(data, step):
    assert plain(data, step) == TEXT


def test_an_empty_blob_is_empty():
    assert plain(b"") == b""
    assert plain(gzip.compress(b"")) == b""


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=4000), st.integers(0, 4000), st.integers(1, 500))
def test_any_split_into_members_and_chunks_is_one_text(data, cut, step):
    assert plain(gzip.compress(data[:cut]) + gzip.compress(data[cut:]), step) == data


def test_highly_packed_data_comes_in_small_chunks():
    packed = gzip.compress(bytes(30 << 20))
    assert max(len(chunk) for chunk in unpacked(chunks(packed, 1 << 20), "blob")) <= 1 << 20


@pytest.mark.parametrize("cut", [5, 100, -1, -8])
def test_gzip_that_ends_too_early_is_told(cut):
    with pytest.raises(InputError, match="blob: its gzip data ends too early"):
        plain(gzip.compress(TEXT)[:cut])


def test_damaged_data_is_told():
    damaged = bytearray(gzip.compress(TEXT))
    damaged[-6] ^= 1
    with pytest.raises(InputError, match="blob: its gzip data is damaged"):
        plain(bytes(damaged))
    with pytest.raises(InputError, match="blob: its gzip data "):
        plain(b"\x1f\x8b\x08garbage" * 20)
    with pytest.raises(InputError, match="blob: its zstd data is damaged"):
        plain(zstd(TEXT)[:4] + b"garbage" * 20)


def test_a_compression_that_is_not_read_is_named():
    with pytest.raises(InputError, match="blob: it is bzip2"):
        plain(bz2.compress(TEXT))


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_digests_are_compared_at_the_end(algorithm):
    digest = f"{algorithm}:{hashlib.new(algorithm, TEXT).hexdigest()}"
    assert b"".join(verified(chunks(TEXT), digest, "blob")) == TEXT
    with pytest.raises(InputError, match=f"blob: its bytes are {algorithm}:.*, not {digest}"):
        list(verified(chunks(TEXT + b"."), digest, "blob"))


@pytest.mark.parametrize(
    "text", ["sha256:" + "0" * 63, "sha256:" + "G" * 64, "md5:" + "0" * 32, "sha256:../../etc", ""]
)
def test_only_registered_digests_are_digests(text):
    assert not valid(text)


def bomb(stream, limits, packed=1):
    meter = Meter(packed=packed)
    for _ in bounded(stream, meter, limits, "layer 1"):
        pass
    return meter


def test_a_bomb_is_stopped_by_size_and_by_ratio():
    zeros = [bytes(1 << 20)] * 400
    with pytest.raises(InputError, match=r"more than 5 MiB \(layer_bytes\)") as error:
        bomb(iter(zeros), Limits(layer_bytes=5 << 20))
    assert "--limit layer_bytes=VALUE" in error.value.hint
    with pytest.raises(InputError, match=r"200 times its size \(layer_ratio\)") as error:
        bomb(iter(zeros), Limits())
    assert "--limit layer_ratio=VALUE" in error.value.hint
    assert bomb(iter(zeros), Limits(), packed=10 << 20).unpacked == 400 << 20


def test_progress_is_told_of_packed_bytes():
    seen = []
    meter = Meter()
    list(metered(chunks(TEXT), meter, seen.append))
    assert (meter.packed, sum(seen)) == (len(TEXT), len(TEXT))


def test_limits_are_set_by_name():
    limits = parse(["layer-bytes=8g", "entries=10", "file_bytes=3M"])
    assert (limits.layer_bytes, limits.entries, limits.file_bytes) == (8 << 30, 10, 3 << 20)
    assert parse([]) == Limits()


@pytest.mark.parametrize(
    "text", ["x=1", "entries", "entries=", "entries=-1", "entries=0", "entries=1gg"]
)
def test_a_limit_that_is_none_is_refused_in_one_line(text):
    with pytest.raises(InputError) as error:
        parse([text])
    assert "\n" not in str(error.value)


def test_sizes_are_written_for_people():
    assert [size(n) for n in (5, 2048, 3 << 20, 64 << 30)] == [
        "5 bytes",
        "2 KiB",
        "3 MiB",
        "64 GiB",
    ]
