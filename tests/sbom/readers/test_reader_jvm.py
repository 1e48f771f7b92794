"""The `release` file of Java runtimes."""

import pytest
from reader_files import found

PATH = "opt/java/openjdk/release"


@pytest.mark.parametrize(
    ("text", "name", "version", "cpe"),
    [
        (
            'IMPLEMENTOR="Eclipse Adoptium"\nJAVA_VERSION="17.0.9"\nIMAGE_TYPE="JRE"\n',
            "openjdk",
            "17.0.9",
            "openjdk:17.0.9:*",
        ),
        (
            'JAVA_VERSION="1.8.0_402"\nOS_NAME="Linux"\n',
            "openjdk",
            "1.8.0_402",
            "openjdk:8:update402",
        ),
        (
            'BUILD_TYPE="commercial"\nJAVA_VERSION="21.0.2"\n',
            "oracle-jdk",
            "21.0.2",
            "jdk:21.0.2:*",
        ),
    ],
)
def test_a_runtime_says_its_version_and_its_makers(text, name, version, cpe):
    [each] = found("jvm", text.encode(), PATH)
    assert (each.type, each.name, each.version) == ("generic", name, version)
    assert each.cpes == (f"cpe:2.3:a:oracle:{cpe}:*:*:*:*:*:*",)


def test_other_files_of_that_name_say_nothing():
    assert found("jvm", b"1.0\n", "srv/release") == []
    assert found("jvm", b"\xff\0" * 99, "srv/release") == []
