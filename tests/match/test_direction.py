"""Which way a package went, by the order of its own ecosystem."""

import pytest

from match.changes.direction import direction
from sbom.documents.dialects import component


def one(purl):
    return component(purl=purl, name="", version="")[0]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("pkg:deb/debian/a@1.0-1", "pkg:deb/debian/a@1.0-1~bpo1", "downgraded"),
        ("pkg:deb/debian/a@9", "pkg:deb/debian/a@1:1", "upgraded"),
        ("pkg:rpm/fedora/a@9-1", "pkg:rpm/fedora/a@1-1?epoch=1", "upgraded"),
        ("pkg:rpm/fedora/a@1-1", "pkg:rpm/fedora/a@1-1?epoch=0", "rebuilt"),
        ("pkg:apk/alpine/a@1.2_rc1", "pkg:apk/alpine/a@1.2", "upgraded"),
        ("pkg:pypi/a@1.0", "pkg:pypi/a@1.0.post1", "upgraded"),
        ("pkg:maven/g/a@1.0-SNAPSHOT", "pkg:maven/g/a@1.0", "upgraded"),
        ("pkg:golang/stdlib@1.9", "pkg:golang/stdlib@1.21.5", "upgraded"),
        ("pkg:npm/a@1.0.0", "pkg:npm/a@not-a-version", "changed"),
        ("pkg:unheard/a@1", "pkg:unheard/a@2", "changed"),
    ],
)  # fmt: skip
def test_the_direction_is_that_of_the_ecosystem(before, after, told):
    assert direction(one(before), one(after)) == told
