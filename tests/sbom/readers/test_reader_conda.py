"""The records of conda's environments."""

import json

import pytest
from reader_files import both, found

PATH = "opt/conda/envs/lab/conda-meta/zstd-1.5.5-hc292b87_0.json"
RECORD = {
    "name": "zstd",
    "version": "1.5.5",
    "build": "hc292b87_0",
    "build_number": 0,
    "channel": "https://mirror.example/some-channel/linux-64",
    "subdir": "linux-64",
    "fn": "zstd-1.5.5-hc292b87_0.conda",
    "license": "BSD-3-Clause",
    "files": ["bin/zstd", "lib/libzstd.so.1"],
}


def test_a_record_says_what_was_installed_and_which_files_are_its():
    [each] = found("conda", json.dumps(RECORD).encode(), PATH)
    assert (each.type, each.name, each.version) == ("conda", "zstd", "1.5.5")
    assert dict(each.qualifiers) == {
        "build": "hc292b87_0",
        "channel": "some-channel",
        "subdir": "linux-64",
        "type": "conda",
    }
    assert list(each.qualifiers) == sorted(each.qualifiers)
    assert each.licenses == ("BSD-3-Clause",)
    assert each.owns == ("opt/conda/envs/lab/bin/zstd", "opt/conda/envs/lab/lib/libzstd.so.1")


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ("conda-forge", "conda-forge"),
        ("https://mirror.example/pkgs/main", "main"),
        ("https://mirror.example/pkgs/main/noarch/", "main"),
        ("https://mirror.example/label/dev/linux-aarch64", "dev"),
        ("", None),
    ],
)
def test_a_channel_has_one_name_however_it_is_written(channel, expected):
    record = RECORD | {"channel": channel}
    [each] = found("conda", json.dumps(record).encode(), PATH)
    assert dict(each.qualifiers).get("channel") == expected


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"name": "a"}', b'{"name": "", "version": "1"}', b"\xff" * 9]
)
def test_a_record_without_name_or_version_is_a_problem(data):
    packages, [problem] = both("conda", data, PATH)
    assert packages == []
    assert problem.where == PATH
