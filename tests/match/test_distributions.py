"""How each distribution publishes, by small records of facts: which of them count for which build."""

import json
from io import BytesIO

import pytest
from small_sets import advisory, binary, ranges, sbom_of, set_of, source

from match.explain import explain
from match.feeds import osv
from match.resolve import resolve
from sbom.distro import from_qualifier
from sbom.model import Component, Distro
from sbom.purl import parse

CVE = "CVE-2024-1"


def component(purl, **more):
    parts = parse(purl)
    distro = from_qualifier(parts.get("distro"), parts.namespace, parts.type)
    return Component(purl=purl, name=parts.name, version=parts.version, distro=distro, **more)


def found(one, *records):
    """Return what is said of a component: affected or undecided by id, else why it is not."""
    with set_of(*records) as advisories:
        said = resolve(sbom_of(one), advisories, everything=True)
        if said.findings:
            return {f.vulnerability.id: f.outcome for f in said.findings}
        for d in said.dismissals:
            (case,) = explain(sbom_of(one), advisories, d.vulnerability, one.purl).cases
            assert case.outcome == d.reason
        return {d.vulnerability: d.reason for d in said.dismissals}


def fixed_in(version, since=None):
    return ranges((since, version))


def rhel(version, product, fix, **more):
    """A record of Red Hat's on one product."""
    return binary(
        "bin",
        "rhel:8",
        product=product,
        intervals=fixed_in(fix) if fix else ranges((None, None)),
        **more,
    )


BASE, EUS, LAYERED = "enterprise_linux:8::baseos", "rhel_eus:8.6::baseos", "openstack:16.2::el8"


def on_rhel(version):
    return component(f"pkg:rpm/redhat/bin@{version}?distro=rhel-8.6")


@pytest.mark.parametrize("product", [EUS, LAYERED])
def test_a_channel_that_clears_or_withdraws_says_so_itself(product):
    denies = rhel("8", product, "", claim="not_affected")
    unknown_release = component("pkg:rpm/redhat/bin@1.0-4.el8")
    assert found(unknown_release, advisory(CVE, denies)) == {CVE: "not_affected"}
    taken_back = advisory(CVE, rhel("0", product, ""), withdrawn="2024-02-01T00:00:00Z")
    assert found(on_rhel("1.0-4.el8"), taken_back) == {CVE: "withdrawn"}


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("1.0-4.el8_6.2", {CVE: "fixed"}),  # EUS mended its own build, the system's fix is later.
        ("1.0-4.el8_6.1", {CVE: "affected"}),
        ("1.0-4.el8_6", {CVE: "affected"}),
        ("1.0-4.el8_8.2", {CVE: "affected"}),  # EUS of 8.6 does not speak for a build of 8.8.
        ("1.0-4.el8", {CVE: "affected"}),
        ("1.0-5.el8", {CVE: "fixed"}),
    ],
)
def test_a_build_of_a_minor_release_is_answered_by_the_channel_that_keeps_it(version, said):
    system = advisory("RHSA-1", rhel(version, BASE, "1.0-5.el8"), names=(CVE,))
    kept = advisory("RHSA-2", rhel(version, EUS, "1.0-4.el8_6.2"), names=(CVE,))
    assert found(on_rhel(version), system, kept) == said


def test_long_support_of_a_whole_release_answers_what_the_system_no_longer_mends():
    version = "1.0-4.el7_9.3"
    one = component(f"pkg:rpm/redhat/bin@{version}?distro=rhel-7.9")
    system = advisory(
        "X-1",
        binary(
            "bin", "rhel:7", product="enterprise_linux:7::server", intervals=ranges((None, None))
        ),
        names=(CVE,),
    )
    kept = advisory(
        "RHSA-1",
        binary("bin", "rhel:7", product="rhel_els:7::server", intervals=fixed_in("1.0-4.el7_9.3")),
        names=(CVE,),
    )
    assert found(one, system) == {CVE: "affected"}
    assert found(one, system, kept) == {CVE: "fixed"}


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("1.0-4.el8", {CVE: "stream"}),  # OpenStack's number says nothing of the system's build.
        ("1.2-1.el8ost", {CVE: "affected"}),
        ("1.2-3.el8ost", {CVE: "fixed"}),
        ("1.0", {CVE: "affected"}),  # Nobody can tell what this was built for.
    ],
)
def test_a_build_for_another_product_fixes_nothing_here(version, said):
    assert (
        found(
            on_rhel(version),
            advisory("RHSA-1", rhel(version, LAYERED, "1.2-3.el8ost"), names=(CVE,)),
        )
        == said
    )


def test_what_the_system_mended_a_product_on_it_does_not_take_back():
    system = advisory("RHSA-1", rhel("", BASE, "1.0-4.el8"), names=(CVE,))
    layered = advisory("RHSA-2", rhel("", LAYERED, "1.0-6.el8"), names=(CVE,))
    assert found(on_rhel("1.0-4.el8"), system, layered) == {CVE: "fixed"}
    assert found(on_rhel("1.0-3.el8"), system, layered) == {CVE: "affected"}
    assert found(on_rhel("1.0-4.el8"), layered) == {CVE: "affected"}


def on_ubuntu(version):
    return component(f"pkg:deb/ubuntu/src@{version}?distro=ubuntu-22.04")


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("1.0-1ubuntu1", {CVE: "affected"}),
        ("1.0-1ubuntu1%2Besm1", {CVE: "affected"}),
        ("1.0-1ubuntu1%2Besm2", {CVE: "fixed"}),
    ],
)
def test_pro_answers_for_its_own_builds(version, said):
    main = advisory(
        "U-1", source(release="ubuntu:22.04", intervals=ranges((None, None))), names=(CVE,)
    )
    pro = advisory(
        "U-2",
        source(release="ubuntu:22.04", product="pro", intervals=fixed_in("1.0-1ubuntu1+esm2")),
        names=(CVE,),
    )
    assert found(on_ubuntu(version), main, pro) == said


def test_what_ubuntu_mended_for_all_pro_does_not_take_back():
    main = advisory(
        "U-1", source(release="ubuntu:22.04", intervals=fixed_in("1.0-1ubuntu4")), names=(CVE,)
    )
    pro = advisory(
        "U-2",
        source(release="ubuntu:22.04", product="pro", intervals=fixed_in("1.0-1ubuntu4+esm1")),
        names=(CVE,),
    )
    assert found(on_ubuntu("1.0-1ubuntu4"), main, pro) == {CVE: "fixed"}
    assert found(on_ubuntu("1.0-1ubuntu3"), main, pro) == {CVE: "affected"}


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("1.0-1ubuntu1.2", "stream"),
        ("1.0-1ubuntu1.2%2BFips1", "affected"),
        ("1.0-1ubuntu1.3%2BFips2", "fixed"),
    ],
)
def test_ubuntus_fips_records_are_about_fips_builds(version, said):
    fips = source(
        release="ubuntu:22.04",
        product="pro:fips-updates",
        intervals=fixed_in("1.0-1ubuntu1.3+Fips1"),
    )
    assert found(on_ubuntu(version), advisory("U-1", fips, names=(CVE,))) == {CVE: said}


ORACLE = {
    "10:3.6.16-4.el8_fips": [
        ("3.6.16-4.el8", "", "stream"),
        ("3.6.16-3.el8_fips", "10", "affected"),
        ("3.6.16-4.el8_fips", "10", "fixed"),
    ],
    "2:2.28-189.5.0.2.ksplice1.el8": [
        ("2.28-189.5.0.2.el8", "", "stream"),
        ("2.28-189.4.0.2.ksplice1.el8", "2", "affected"),
    ],
    "3.6.16-4.el8": [("3.6.16-3.el8", "", "affected"), ("3.6.16-4.el8", "", "fixed")],
}


@pytest.mark.parametrize(
    ("fix", "version", "epoch", "said"),
    [(fix, *each) for fix, all_of in ORACLE.items() for each in all_of],
)
def test_oracles_ksplice_and_fips_builds_are_numbered_apart_in_any_format(
    fix, version, epoch, said
):
    record = {
        "id": "ELSA-2024-1",
        "upstream": [CVE],
        "modified": "2026-01-01T00:00:00Z",
        "affected": [
            {
                "package": {"ecosystem": "Oracle Linux:8", "name": "bin"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fix}]}],
            }
        ],
    }
    (read,) = osv.read("x", BytesIO(json.dumps(record).encode()))
    more = f"&epoch={epoch}" if epoch else ""
    one = component(f"pkg:rpm/oracle/bin@{version}?distro=ol-8{more}")
    assert found(one, read) == {CVE: said}


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("1.0-1.oe2203sp1", "affected"),
        ("1.0-1.oe2203sp3", "stream"),
        ("1.0-1.oe2203", "stream"),
        ("1.0-1.oe1", "affected"),
    ],
)
def test_a_service_pack_of_openeuler_is_read_from_the_builds_tag(version, said):
    record = source(
        "src",
        "openeuler:22.03",
        scheme="rpm",
        product="LTS-SP1",
        intervals=fixed_in("1.0-2.oe2203sp1"),
    )
    one = component(f"pkg:rpm/openeuler/src@{version}?distro=openEuler-22.03")
    assert found(one, advisory("OESA-1", record, names=(CVE,))) == {CVE: said}


@pytest.mark.parametrize(
    ("namespace", "distro", "vendor"),
    [
        ("centos", Distro(id="centos", version="8"), "CentOS"),
        ("almalinux", Distro(id="almalinux", version="8.5"), "AlmaLinux"),
        ("rocky", Distro(id="rocky", version="8.5"), "Rocky Enterprise Software Foundation"),
    ],
)
def test_a_rebuild_that_red_hat_judges_made_its_packages_itself(namespace, distro, vendor):
    record = advisory("RHSA-1", binary("bin", "rhel:8"), names=(CVE,))
    purl = f"pkg:rpm/{namespace}/bin@1.0-1"
    one = Component(purl=purl, name="bin", version="1.0-1", vendor=vendor, distro=distro)
    assert found(one, record) == {CVE: "affected"}
    stranger = Component(purl=purl, name="bin", version="1.0-1", vendor="EPEL", distro=distro)
    assert found(stranger, record) == {CVE: "precedence"}


@pytest.mark.parametrize(
    "distro",
    ["raspbian-12", "eurolinux-8", "cloudlinux-8", "virtuozzo-8", "kali-2024.1", "devuan-5"],
)
def test_another_derivative_has_no_feed_and_says_so(distro):
    type_, release = ("deb", "debian:12") if distro[0] in "rkd" else ("rpm", "rhel:8")
    one = component(f"pkg:{type_}/{distro.partition('-')[0]}/src@1.0-1?distro={distro}")
    claim = source("src", release) if type_ == "deb" else binary("src", release)
    with set_of(advisory("X-1", claim, names=(CVE,))) as advisories:
        said = resolve(sbom_of(one), advisories)
    assert said.findings == ()
    ((why, count),) = said.coverage.without_feed
    assert (why.startswith("no feed for "), count) == (True, 1)


@pytest.mark.parametrize(
    ("version", "source_version", "said"),
    [
        ("1.28-417.el8", "5.26.3-417.el8", "fixed"),  # Its epoch is not that of perl 4:5.26.
        ("1.28-415.el8", "5.26.3-415.el8", "affected"),
        ("4:5.26.3-417.el8", "5.26.3-417.el8", "fixed"),
        ("5.26.3-417.el8", "5.26.3-417.el8", "affected"),  # The same build, and so of epoch 0.
    ],
)
def test_the_epoch_of_a_source_rpm_is_not_that_of_a_binary_with_another_version(
    version, source_version, said
):
    record = source("perl", "rocky:8", scheme="rpm", intervals=fixed_in("4:5.26.3-416.el8"))
    one = Component(
        purl="pkg:rpm/rocky/perl-Errno",
        name="perl-Errno",
        version=version,
        source="perl",
        source_version=source_version,
        distro=Distro(id="rocky", version="8"),
    )
    assert found(one, advisory("RLSA-1", record, names=(CVE,))) == {CVE: said}


@pytest.mark.parametrize(
    ("distro", "of", "origin"),
    [
        ("debian-12", "debian:12", "linux-signed-amd64"),
        ("ubuntu-22.04", "ubuntu:22.04", "linux-signed"),
        ("ubuntu-22.04", "ubuntu:22.04", "linux-signed-hwe-6.5"),
        ("debian-11", "debian:11", "linux-signed-6.1-arm64"),
    ],
)
def test_signed_kernel_images_are_of_the_kernels_source(distro, of, origin):
    name = {"linux-signed-hwe-6.5": "linux-hwe-6.5", "linux-signed-6.1-arm64": "linux-6.1"}.get(
        origin, "linux"
    )
    record = advisory("X-1", source(name, of, intervals=fixed_in("6.1.76-2")), names=(CVE,))
    purl = f"pkg:deb/{distro.partition('-')[0]}/linux-image-6.1.0@6.1.76-1?distro={distro}"
    assert found(component(purl, source=origin, source_version="6.1.76+1"), record) == {
        CVE: "affected"
    }


def suse(**specific):
    return {
        "id": "SUSE-SU-2024:1-1",
        "upstream": [CVE],
        "modified": "2026-01-01T00:00:00Z",
        "affected": [
            {
                "package": {"ecosystem": "openSUSE:Leap 15.5", "name": "crane-1_1"},
                "ranges": [
                    {
                        "type": "ECOSYSTEM",
                        "events": [{"introduced": "0"}, {"fixed": "1.1-150500.17.2"}],
                    }
                ],
                **({"ecosystem_specific": specific} if specific else {}),
            }
        ],
    }


@pytest.mark.parametrize("specific", [{}, {"binaries": [{"libcrane1_1": "1.1-150500.17.2"}]}])
@pytest.mark.parametrize(("name", "origin"), [("crane-1_1", ""), ("libcrane1_1", "crane-1_1")])
def test_suse_names_sources_and_lists_binaries_or_does_not(name, origin, specific):
    (read,) = osv.read("x", BytesIO(json.dumps(suse(**specific)).encode()))
    purl = f"pkg:rpm/opensuse/{name}@1.1-150500.17.1?distro=opensuse-leap-15.5"
    one = component(purl, source=origin, source_version="1.1-150500.17.1" if origin else "")
    assert found(one, read) == {CVE: "affected"}


@pytest.mark.parametrize(
    ("label", "said"), [("(none)", "affected"), ("", "affected"), ("m:2:1:1", "stream")]
)
def test_rpms_word_for_no_module_is_no_stream(label, said):
    one = component("pkg:rpm/almalinux/bin@1.0-1.el8?distro=almalinux-8", stream=label)
    assert found(one, advisory("ALSA-1", binary(), names=(CVE,))) == {CVE: said}


def test_an_epoch_may_be_a_qualifier_of_a_deb_too():
    record = advisory("DSA-1", source("src", intervals=fixed_in("2:1.0-2")), names=(CVE,))
    assert found(component("pkg:deb/debian/src@1.0-3?distro=debian-12&epoch=2"), record) == {
        CVE: "fixed"
    }
    assert found(component("pkg:deb/debian/src@1.0-1?distro=debian-12&epoch=2"), record) == {
        CVE: "affected"
    }


def test_a_module_of_oracles_in_osv_keeps_its_stream():
    fix = "1.0-2.module+el8.9.0+1+2"
    record = {
        "id": "ELSA-2024-2",
        "upstream": [CVE],
        "summary": "ELSA-2024-2: nodejs:18 security update",
        "modified": "2026-01-01T00:00:00Z",
        "affected": [
            {
                "package": {"ecosystem": "Oracle Linux:8", "name": "nodejs"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fix}]}],
            }
        ],
    }
    (read,) = osv.read("x", BytesIO(json.dumps(record).encode()))
    purl = "pkg:rpm/oracle/nodejs@1.0-1.module%2Bel8.9.0%2B1%2B1?distro=ol-8"
    assert found(component(purl, stream="nodejs:18"), read) == {CVE: "affected"}
    assert found(component(purl, stream="nodejs:20"), read) == {CVE: "stream"}


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("3.6.8-39.module_el8.4.0%2B574%2B843c4898", "fixed"),
        ("3.6.8-38.module_el8.4.0%2B574%2B843c4898", "affected"),
        ("3.6.8-39.el8", "stream"),
    ],
)
def test_a_rebuild_counts_the_builds_of_its_modules_on_its_own(version, said):
    fix = "3.6.8-39.module+el8.10.0+20784+edafcd43"
    record = binary("bin", "rhel:8", stream="python36:3.6", intervals=fixed_in(fix))
    modular = {"stream": "python36:3.6:8040020210811:aabbccdd"} if ".module" in version else {}
    one = component(f"pkg:rpm/centos/bin@{version}?distro=centos-8", **modular)
    assert found(one, advisory("RHSA-1", record, names=(CVE,))) == {CVE: said}
    system = component(f"pkg:rpm/redhat/bin@{version}?distro=rhel-8", **modular)
    if said == "fixed":  # RHEL's own builds are told apart.
        assert found(system, advisory("RHSA-1", record, names=(CVE,))) == {CVE: "affected"}


@pytest.mark.parametrize(
    ("arch", "said"),
    [
        ("x86_64", "affected"),
        ("amd64", "affected"),
        ("noarch", "affected"),
        ("src", "affected"),
        ("", "affected"),
        ("s390x", "arch"),
    ],
)
def test_what_is_for_every_machine_is_for_those_that_are_named(arch, said):
    for product in ("", "enterprise_linux:8::baseos"):
        record = binary("bin", "rhel:8", product=product, arches=("aarch64", "x86_64"))
        one = component("pkg:rpm/redhat/bin@1.0-1?distro=rhel-8", arch=arch)
        assert found(one, advisory("RHSA-1", record, names=(CVE,))) == {CVE: said}


@pytest.mark.parametrize(
    ("id_", "version", "said"),
    [
        ("ALASKERNEL-5.4-2023-050", "4.14.275-207.503.amzn2", "out_of_range"),
        ("ALASKERNEL-5.4-2023-050", "5.4.249-163.359.amzn2", "affected"),
        ("ALASKERNEL-5.4-2023-050", "5.4.250-166.369.amzn2", "fixed"),
        ("ALAS2KERNEL-5.4-2023-050", "5.10.1-1.amzn2", "fixed"),
        ("ALAS2-2023-2100", "4.14.275-207.503.amzn2", "affected"),
    ],
)
def test_a_kernel_of_amazons_extras_says_nothing_of_the_cores_in_any_format(id_, version, said):
    events = [{"introduced": "0"}, {"fixed": "5.4.250-166.369.amzn2"}]
    record = {
        "id": id_,
        "upstream": [CVE],
        "modified": "2026-01-01T00:00:00Z",
        "affected": [
            {
                "package": {"ecosystem": "Amazon Linux:2", "name": "kernel-headers"},
                "ranges": [{"type": "ECOSYSTEM", "events": events}],
            }
        ],
    }
    (read,) = osv.read("x", BytesIO(json.dumps(record).encode()))
    one = component(f"pkg:rpm/amzn/kernel-headers@{version}?distro=amzn-2")
    assert found(one, read) == {CVE: said}
