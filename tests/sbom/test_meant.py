"""Which components a text means: purls in full and in part, names, sources; and what is like it."""

import pytest

from sbom.meant import meant, near
from sbom.model import Component

LIBSSL = Component(
    purl="pkg:deb/debian/libssl3@3.0.1%2Bb1?arch=amd64&distro=debian-12",
    name="libssl3",
    version="3.0.1+b1",
    namespace="debian",
    source="openssl",
    source_version="3.0.1",
)
TOOLS = Component(
    purl="pkg:deb/debian/openssl-tools@3?distro=debian-12",
    name="openssl-tools",
    version="3",
    namespace="debian",
    source="openssl",
    source_version="3",
)
OLD = Component(purl="pkg:pypi/ruamel-yaml@0.1", name="ruamel_yaml", version="0.1")
NEW = Component(purl="pkg:pypi/ruamel-yaml@0.2", name="ruamel_yaml", version="0.2")
CORE = Component(purl="pkg:npm/%40babel/core@7", name="core", version="7", namespace="@babel")
LOG4J = Component(
    purl="pkg:maven/org.apache/log4j@1", name="log4j", version="1", namespace="org.apache"
)
ODD = Component(purl="pkg:odd", name="odd", version="1")
BARE = Component(purl="", name="tool", version="1", ref="tool-1")
ALL = (LIBSSL, TOOLS, OLD, NEW, CORE, LOG4J, ODD, BARE)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (LIBSSL.purl, (LIBSSL,)),
        ("pkg:deb/debian/libssl3@3.0.1+b1", (LIBSSL,)),
        ("pkg:deb/debian/libssl3", (LIBSSL,)),
        ("pkg:deb/Debian/LibSSL3?distro=debian-12", (LIBSSL,)),
        ("pkg:deb/debian/libssl3?distro=debian-11", ()),
        ("pkg:deb/debian/openssl", ()),
        ("libssl3", (LIBSSL,)),
        ("libssl3@3.0.1+b1", (LIBSSL,)),
        ("libssl3@3", ()),
        ("openssl", (LIBSSL, TOOLS)),
        ("openssl@3", (TOOLS,)),
        ("pkg:pypi/Ruamel_YAML", (OLD, NEW)),
        ("Ruamel-yaml@0.2", (NEW,)),
        ("@babel/core", (CORE,)),
        ("@babel/core@7", (CORE,)),
        ("org.apache:log4j", (LOG4J,)),
        ("pkg:odd", (ODD,)),
        ("tool-1", (BARE,)),
        ("tool", (BARE,)),
        ("", ()),
        ("nothing", ()),
    ],
)
def test_a_text_means_the_components_it_names(text, found):
    assert meant(ALL, text) == found


@pytest.mark.parametrize(
    ("text", "purls"),
    [
        ("pkg:pypi/ruamel.yaml@9", (OLD.purl, NEW.purl)),
        ("libssl3@1", (LIBSSL.purl,)),
        ("libssl", (LIBSSL.purl,)),
        ("@babel/core@1", (CORE.purl,)),
        ("nothing", ()),
    ],
)
def test_what_may_have_been_meant_is_of_another_version_or_a_like_name(text, purls):
    assert near(ALL, text) == purls
