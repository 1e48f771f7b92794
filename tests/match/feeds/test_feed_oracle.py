"""Oracle Linux: errata as OVAL definitions."""

import bz2

import pytest
from feed_files import ranges, records

from match.feeds import oracle, read, recognise, walk
from sbom.model import Problem

HEAD = '<oval_definitions xmlns="urn:o" xmlns:v="urn:v"><generator><v:product_name>Oracle Errata System</v:product_name></generator><definitions>'


def earlier(name="crane", version="0:1.2-3.el8"):
    return f'<criteria operator="AND"><criterion comment="{name} is earlier than {version}" test_ref="t"/><criterion comment="{name} is signed with the Oracle Linux 8 key" test_ref="t"/></criteria>'


def on(arch, *inner):
    return f'<criteria operator="AND"><criterion comment="Oracle Linux arch is {arch}" test_ref="t"/><criteria operator="OR">{"".join(inner)}</criteria></criteria>'


def definition(*inner, id_="ELSA-2021-0001", module="", cves=("CVE-2021-10002", "CVE-2021-10001")):
    enabled = f'<criterion comment="Module {module} is enabled" test_ref="t"/>' if module else ""
    named = "".join(f'<cve cvss3="8.1/CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H">{c}</cve>' for c in cves)  # fmt: skip
    return (
        f'<definition class="patch" id="oval:com.oracle.elsa:def:20210001"><metadata><title>\n{id_}:  crane update\n</title>'
        f'<reference source="elsa" ref_id="{id_}" ref_url="x"/><advisory><severity>IMPORTANT</severity><issued date="2021-05-31"/>{named}</advisory></metadata>'
        f'<criteria operator="AND"><criterion comment="Oracle Linux 8 is installed" test_ref="t"/>{enabled}<criteria operator="OR">{"".join(inner)}</criteria></criteria></definition>'
    )


def document(*definitions):
    return f"{HEAD}{''.join(definitions)}</definitions></oval_definitions>".encode()


def test_an_advisory_names_its_cves_and_the_packages_that_fix_them():
    both = on("x86_64", earlier()), on("aarch64", earlier())
    (one,) = records(oracle, document(definition(*both)))
    assert (one.id, one.feed, one.summary) == ("ELSA-2021-0001", "oracle", "ELSA-2021-0001: crane update")  # fmt: skip
    assert one.names == ("CVE-2021-10001", "CVE-2021-10002")
    assert one.published == "2021-05-31T00:00:00Z"
    (about,) = one.affected
    assert (about.name, about.names, about.release) == ("crane", "binary", "oracle:8")
    assert (about.product, about.stream) == ("", "")
    # A machine of x86_64 has packages of i686 too.
    assert about.arches == ("aarch64", "i386", "i686", "x86_64")
    assert (about.fix, ranges(about)) == ("fixed", [(None, "0:1.2-3.el8", None)])


def test_without_architectures_it_is_of_all():
    (one,) = records(oracle, document(definition(earlier())))
    assert one.affected[0].arches == ()


def test_a_score_counts_only_where_it_is_of_the_one_cve():
    (several,) = records(oracle, document(definition(earlier())))
    (one,) = records(oracle, document(definition(earlier(), cves=("CVE-2021-10001",))))
    assert [(s.label, s.score) for s in several.severities] == [("important", None)]
    assert [(s.label, s.score) for s in one.severities] == [("important", None), ("", 8.1)]


@pytest.mark.parametrize(
    ("version", "module", "stream", "product"),
    [
        ("0:1.2-3.module+el8.5.0+20400+fb01c591", "crane:18", "crane:18", ""),
        ("0:1.2-3.module+el8.5.0+20400+fb01c591", "", None, ""),
        ("2:1.1.1g-15.ksplice1.el8_3", "", "", "ksplice"),
        ("10:3.6.16-4.el8_fips", "", "", "fips"),
    ],
)
def test_modules_and_channels(version, module, stream, product):
    (one,) = records(oracle, document(definition(earlier(version=version), module=module)))
    (about,) = one.affected
    assert (about.stream, about.product) == (stream, product)


def test_the_kernels_side_by_side_are_fixed_each_on_its_own_version_of_linux():
    uek = earlier("kernel-uek-core", "0:5.15.0-205.149.5.1.el8uek")
    (one,) = records(oracle, document(definition(uek, earlier("kernel"))))
    assert [ranges(about) for about in one.affected] == [
        [("0:5.15.0", "0:5.15.0-205.149.5.1.el8uek", None)],
        [(None, "0:1.2-3.el8", None)],
    ]


def test_what_cannot_be_read_costs_itself_only():
    wrong = definition(earlier(), id_="RHSA-1"), definition(), definition(earlier())
    found = records(oracle, document(*wrong))
    assert [r.effect for r in found if isinstance(r, Problem)] == ["record_lost", "record_lost"]
    assert len(found) == 3


@pytest.mark.parametrize("data", [b"", b"<a>" * 500, HEAD.encode(), HEAD.encode() + b"&x;"])
def test_hostile_documents_are_a_problem(data):
    (lost,) = records(oracle, data)
    assert (lost.source, lost.effect) == ("oracle", "source_lost")


def test_the_document_packed_with_bzip2_is_known(tmp_path):
    (tmp_path / "com.oracle.elsa-all.xml.bz2").write_bytes(bz2.compress(document(definition(earlier()))))  # fmt: skip
    (source,) = walk(str(tmp_path))
    assert source.feed == "oracle"
    assert len(list(read(source))) == 1
    assert recognise("x.xml", b"<oval_definitions>") is None
