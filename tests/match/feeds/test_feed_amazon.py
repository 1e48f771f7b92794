"""Amazon Linux: advisories of its repositories."""

import pytest
from feed_files import ranges, records

from match.feeds import amazon, recognise
from sbom.model import Problem


def package(name="crane", epoch="0", version="1.20", release="2.amzn2023", arch="x86_64"):
    return f'<package name="{name}" epoch="{epoch}" version="{version}" release="{release}" arch="{arch}"><filename>x.rpm</filename></package>'


def update(*packages, id_="ALAS2023-2023-001", cves=("CVE-2021-10002", "CVE-2021-10001")):
    references = "".join(f'<reference href="x" id="{c}" title="" type="cve"/>' for c in cves)
    return (
        f'<update author="linux@amazon.example" status="final" type="security" version="1.4"><id>{id_}</id>'
        f"<title>Crane falls</title><issued date='2023-02-17 00:10'/><updated date='2023-02-18 00:11'/><severity>Important</severity>"
        f'<references>{references}<reference href="https://alas.example/{id_}.html" id="{id_}" type="self"/></references>'
        f'<pkglist><collection short="amazon-linux-2023"><name>Amazon Linux 2023</name>{"".join(packages)}</collection></pkglist></update>'
    )


def document(*updates):
    return f'<?xml version="1.0"?><updates>{"".join(updates)}</updates>'.encode()


def test_an_advisory_names_its_cves_and_the_packages_that_fix_them():
    (one,) = records(amazon, document(update(package(), package(arch="aarch64"))))
    assert (one.id, one.feed) == ("ALAS2023-2023-001", "amazon")
    assert one.names == ("CVE-2021-10001", "CVE-2021-10002")
    assert (one.published, one.modified) == ("2023-02-17T00:10:00Z", "2023-02-18T00:11:00Z")
    assert [(s.label, s.source) for s in one.severities] == [("important", "amazon")]
    (about,) = one.affected
    assert (about.name, about.names, about.release) == ("crane", "binary", "amazon:2023")
    assert (about.fix, ranges(about)) == ("fixed", [(None, "0:1.20-2.amzn2023", None)])
    assert about.arches == ("aarch64", "x86_64")
    assert one.url == "https://alas.example/ALAS2023-2023-001.html"


@pytest.mark.parametrize(
    ("tag", "release"),
    [("amzn1", "amazon:1"), ("amzn2", "amazon:2"), ("amzn2.0.3", "amazon:2"), ("amzn2022.0.1", "amazon:2022")],
)  # fmt: skip
def test_the_release_is_the_dist_tags(tag, release):
    (one,) = records(amazon, document(update(package(release=f"2.{tag}", arch="noarch"))))
    assert [(a.release, a.arches) for a in one.affected] == [(release, ())]


def test_each_version_of_a_package_keeps_its_architecture():
    packages = package(), package(release="3.amzn2023", arch="aarch64")
    (one,) = records(amazon, document(update(*packages)))
    assert [(ranges(a)[0][1], a.arches) for a in one.affected] == [
        ("0:1.20-2.amzn2023", ("x86_64",)),
        ("0:1.20-3.amzn2023", ("aarch64",)),
    ]


@pytest.mark.parametrize(
    ("topic", "version", "line"),
    [
        ("POSTGRESQL14", "14.9", "0:14"),
        ("KERNEL-5.10", "5.10.50", "0:5.10"),
        ("MARIADB10.5", "10.5.20", "0:10.5"),
    ],
)
def test_an_extra_repository_named_after_a_version_is_about_that_line_alone(topic, version, line):
    extra = update(package("crane", "0", version, "1.amzn2"), id_=f"ALAS{topic}-2023-001")
    (one,) = records(amazon, document(extra))
    (own,) = one.affected
    assert (own.product, own.claim) == (topic.lower(), "affected")
    assert ranges(own) == [(line, f"0:{version}-1.amzn2", None)]


@pytest.mark.parametrize("topic", ["DOCKER", "GOLANG1.19"])
def test_another_extra_repository_is_certain_of_its_own_major_version_alone(topic):
    extra = update(package("docker", "0", "20.1.9", "1.amzn2"), id_=f"ALAS{topic}-2023-001")
    (one,) = records(amazon, document(extra))
    own, older = one.affected
    assert (own.claim, ranges(own)) == ("affected", [("0:20", "0:20.1.9-1.amzn2", None)])
    assert (older.claim, ranges(older)) == ("unknown", [(None, "0:20", None)])


def test_what_cannot_be_read_costs_itself_only():
    wrong = update(package(release="2.el9"), package()).replace("2023-02-17 00:10", "soon")
    found = records(amazon, document(update(id_="RHSA-1"), wrong))
    assert [r.effect for r in found if isinstance(r, Problem)] == [
        "record_lost",
        "field_lost",
        "field_lost",
    ]
    (one,) = (r for r in found if not isinstance(r, Problem))
    assert (len(one.affected), one.published) == (1, "")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<updates><update><id>ALAS",
        b'<!DOCTYPE x [<!ENTITY a "b">]><updates>&a;</updates>',
        b"<updates>" * 500,
    ],
)
def test_hostile_documents_are_a_problem(data):
    (lost,) = records(amazon, data)
    assert (lost.source, lost.effect) == ("amazon", "source_lost")


def test_only_amazons_documents_are_known():
    assert recognise("updateinfo.xml", document(update(package()))) == "amazon"
    assert recognise("updateinfo.xml", document(update(id_="FEDORA-2024-1"))) is None
