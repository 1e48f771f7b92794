"""Small advisory sets made of records in our own words, through the same ledger as any import."""

from contextlib import contextmanager

from match.model import Advisory, Affected, Interval
from match.set.ledger import open_ledger
from match.set.store import AdvisorySet
from sbom.model import Component, Distro, Sbom, Subject


@contextmanager
def set_of(*records, learned=""):
    """An advisory set in memory that holds these records."""
    with open_ledger("", learned) as ledger:
        for record in records:
            ledger.add(record, getattr(record, "feed", "test"), "")
        ledger.finish()
        yield AdvisorySet(ledger.connection)


def ranges(*pairs, **more):
    """Intervals of (introduced, fixed); None is open."""
    return tuple(Interval(introduced=a, fixed=b, **more) for a, b in pairs)


def language(name="lib", scheme="pep440", **more):
    """What a record says of a language package; before 2.0 unless stated."""
    more = {"intervals": ranges((None, "2.0")), "ecosystem": "PyPI"} | more
    return Affected(scheme=scheme, name=name, **more)


def source(name="src", release="debian:12", **more):
    """What a distribution says of a source package; before 1.0-2 unless stated."""
    more = {"intervals": ranges((None, "1.0-2")), "scheme": "dpkg", "names": "source"} | more
    return Affected(name=name, release=release, **more)


def binary(name="bin", release="almalinux:8", **more):
    """What a distribution says of a binary rpm; before 1.0-2 unless stated."""
    more = {"intervals": ranges((None, "1.0-2")), "scheme": "rpm", "names": "binary"} | more
    return Affected(name=name, release=release, **more)


def advisory(id_, *affected, feed="", **more):
    """One record; its feed is named after the id's prefix."""
    feed = feed or f"osv:{id_.partition('-')[0]}"
    return Advisory(id=id_, feed=feed, affected=affected, **more)


def sbom_of(*purls, distro=None, **more):
    """An SBOM of components, given as purls or made already."""
    made = []
    for purl in purls:
        if isinstance(purl, Component):
            made.append(purl)
            continue
        bare = purl.partition("?")[0]
        name, _, version = bare.rpartition("/")[2].partition("@")
        made.append(Component(purl=purl, name=name, version=version))
    return Sbom(subject=Subject(), distro=distro, components=tuple(made), **more)


def debian(release="12"):
    """A Debian release."""
    return Distro(id="debian", version=release)
