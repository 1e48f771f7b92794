"""Which components an image only holds, and its host runs."""

import pytest

from gate.rules.classes import class_of
from sbom.model import Component, Purl


@pytest.mark.parametrize(
    ("purl", "name", "expected"),
    [
        ("pkg:generic/linux@6.6.1", "linux", "kernel"),
        ("pkg:generic/linux/zfs@2.2.2", "zfs", "kernel"),
        ("pkg:generic/nginx@1.25.3", "nginx", ""),
        ("pkg:deb/debian/linux-libc-dev@6.1.1-1", "linux-libc-dev", "kernel"),
        ("pkg:npm/linux@0.1.0", "linux", ""),
    ],
)
def test_a_kernel_is_one_however_it_came(purl, name, expected):
    assert class_of(Component(purl=Purl(purl), name=name, version="1")) == expected
