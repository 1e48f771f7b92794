"""The SBOM inside a native image."""

import gzip
import json

import pytest
from reader_files import both, elf, found, native_image

PATH = "app/server"


def document(*components):
    return json.dumps({"bomFormat": "CycloneDX", "components": components}).encode()


def test_what_was_compiled_in_is_listed():
    text = document(
        {"group": "io.netty", "name": "netty-common", "version": "4.1.1.Final"},
        {"name": "x", "version": "1", "purl": "pkg:maven/org.acme/x@1.2"},
    )
    things = found("graalvm", native_image(gzip.compress(text)), PATH)
    assert [(e.type, e.namespace, e.name, e.version) for e in things] == [
        ("maven", "io.netty", "netty-common", "4.1.1.Final"),
        ("maven", "org.acme", "x", "1.2"),
    ]


def test_a_component_without_a_name_is_a_problem_of_its_own():
    text = document({"name": "a"}, 7, {"purl": "pkg:maven/a/b@1"})
    things, problems = both("graalvm", native_image(gzip.compress(text)), PATH)
    assert [each.name for each in things] == ["b"]
    assert [p.where for p in problems] == [f"{PATH}: SBOM: components[{n}]" for n in (0, 1)]


@pytest.mark.parametrize(
    "data",
    [
        native_image(b"no gzip"),
        native_image(gzip.compress(b"{}")[:-4]),
        native_image(gzip.compress(b"[]")),
        native_image(gzip.compress(b"{}"), length=1 << 60),
        native_image(b"", names=b"\0other\0sbom_length\0"),
    ],
)
def test_a_damaged_one_is_a_problem(data):
    _, [problem] = both("graalvm", data, PATH)
    assert problem.effect == "source_lost"


def test_other_programs_hold_none():
    assert found("graalvm", elf({".dynstr": b"\0main\0"}), PATH) == []
    assert found("graalvm", elf({".text": b"\x90"}), PATH) == []
