import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbom import distro
from sbom.model import Distro


@pytest.mark.parametrize(
    ("value", "namespace", "type_", "release"),
    [
        ("debian-12", "debian", "deb", "debian:12"),
        ("debian-10.2", "debian", "deb", "debian:10"),
        ("bookworm", "debian", "deb", "debian:12"),
        ("bookworm", "", "deb", "debian:12"),
        ("debian-trixie", "debian", "deb", "debian:13"),
        ("debian-trixie/sid", "debian", "deb", "debian:13"),
        ("debian-sid", "debian", "deb", "debian:sid"),
        ("12", "debian", "deb", "debian:12"),
        ("debian-3.1", "debian", "deb", "debian:3.1"),
        ("jammy", "ubuntu", "deb", "ubuntu:22.04"),
        ("ubuntu-22.04", "ubuntu", "deb", "ubuntu:22.04"),
        ("3.16", "alpine", "apk", "alpine:3.16"),
        ("3.18.4", "alpine", "apk", "alpine:3.18"),
        ("v3.18", "alpine", "apk", "alpine:3.18"),
        ("alpine-3.16.3", "alpine", "apk", "alpine:3.16"),
        ("alpine-edge", "alpine", "apk", "alpine:edge"),
        ("edge", "alpine", "apk", "alpine:edge"),
        ("alpine-3.23_alpha20250612", "alpine", "apk", "alpine:edge"),
        ("el8", "redhat", "rpm", "rhel:8"),
        (".el8", "almalinux", "rpm", "almalinux:8"),
        ("redhat-7.7", "redhat", "rpm", "rhel:7"),
        ("9", "redhat", "rpm", "rhel:9"),
        ("Red Hat Enterprise Linux Server", "redhat", "rpm", "rhel"),
        ("almalinux-8.5", "almalinux", "rpm", "almalinux:8"),
        ("alma-9.0", "almalinux", "rpm", "almalinux:9"),
        ("ol-8.0", "oraclelinux", "rpm", "oracle:8"),
        ("oracle-8.0", "oracle", "rpm", "oracle:8"),
        ("rocky-8.5", "rocky", "rpm", "rocky:8"),
        ("centos-stream9", "centos", "rpm", "centos:9"),
        ("fc39", "fedora", "rpm", "fedora:39"),
        ("amzn-2018.03", "amzn", "rpm", "amazon:1"),
        ("amazon-AMI release 2018.03", "amazon", "rpm", "amazon:1"),
        ("amazon-2 (Karoo)", "amazon", "rpm", "amazon:2"),
        ("amzn-2023", "amzn", "rpm", "amazon:2023"),
        ("cbl-mariner-1.0", "cbl-mariner", "rpm", "azurelinux:1.0"),
        ("mariner-2.0", "mariner", "rpm", "azurelinux:2.0"),
        ("azl3", "azurelinux", "rpm", "azurelinux:3.0"),
        ("opensuse-leap-15.1", "opensuse", "rpm", "opensuse-leap:15.1"),
        ("opensuse.leap-15.1", "opensuse", "rpm", "opensuse-leap:15.1"),
        ("opensuse-tumbleweed-20230101", "opensuse", "rpm", "opensuse-tumbleweed"),
        ("sles-15.5", "suse", "rpm", "sles:15.5"),
        ("sles-15-sp5", "suse", "rpm", "sles:15.5"),
        ("sles-15.SP5", "suse", "rpm", "sles:15.5"),
        ("sles-15sp5", "suse", "rpm", "sles:15.5"),
        ("photon-4.0", "photon", "rpm", "photon:4.0"),
        ("wolfi-20230201", "wolfi", "apk", "wolfi"),
        ("chainguard", "chainguard", "apk", "chainguard"),
        ("distroless-12", "debian", "deb", "debian:12"),
        ("alpaquita-23", "alpaquita", "apk", "alpaquita:23"),
        ("stream", "alpaquita", "apk", "alpaquita:stream"),
        ("bellsoft-hardened-containers-stream", "", "apk", "bellsoft-hardened-containers:stream"),
        ("opensuse-leap-micro-5.5", "opensuse", "rpm", "leap-micro:5.5"),
        ("opensuse-microos-20240101", "opensuse", "rpm", "opensuse-tumbleweed"),
        ("sl-micro-6.0", "suse", "rpm", "sle-micro:6.0"),
        ("ubuntu-22.04-lts", "ubuntu", "deb", "ubuntu:22.04"),
        ("22.04:LTS", "ubuntu", "deb", "ubuntu:22.04"),
        ("rocky-linux-8-8", "rocky-linux", "rpm", "rocky:8"),
        ("openEuler-24.03-LTS-SP1", "openeuler", "rpm", "openeuler:24.03"),
        ("el8", "eurolinux", "rpm", "eurolinux:8"),
        ("haiku-7", "haiku", "rpm", "haiku:7"),
        ("debian", "debian", "deb", "debian"),
    ],
)
def test_every_spelling_of_the_qualifier(value, namespace, type_, release):
    found = distro.from_qualifier(value, namespace, type_)
    assert found is not None
    assert distro.release_key(found) == release


def test_no_qualifier_is_no_distribution():
    assert distro.from_qualifier("", "debian", "deb") is None
    assert distro.from_qualifier("  ", "debian", "deb") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            b"\n".join(
                (
                    b"# a comment",
                    b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"',
                    b"ID=debian",
                    b'VERSION_ID="12"',
                    b"VERSION_CODENAME=bookworm",
                )
            ),
            Distro(
                id="debian",
                version="12",
                codename="bookworm",
                name="Debian GNU/Linux 12 (bookworm)",
            ),
        ),
        (b"ID='alpine'\r\nVERSION_ID=3.16.3\r\n", Distro(id="alpine", version="3.16.3")),
        (b'NAME="A \\"B\\" \\\\ C"\nID=x', Distro(id="x", name='A "B" \\ C')),
        (b"ID=Wolfi\nVERSION_ID=20230201\n", Distro(id="wolfi", version="20230201")),
        (b"#ID=debian\nNAME=Nothing\n", None),
        (b"", None),
        (b"\xff\xfe\x00ID=x", None),
    ],
)
def test_os_release(text, expected):
    assert distro.read_os_release(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("redhat", "rhel"),
        ("alma", "almalinux"),
        ("ol", "oracle"),
        ("amzn", "amazon"),
        ("cbl-mariner", "azurelinux"),
        ("mariner", "azurelinux"),
        ("opensuse.leap", "opensuse-leap"),
        ("SLES_SAP", "sles"),
        ("unheard-of", "unheard-of"),
    ],
)
def test_ids_of_one_distribution_are_folded(one, other):
    assert distro.fold(one) == distro.fold(other) == other


@pytest.mark.parametrize(
    ("id_", "version", "releases"),
    [
        ("almalinux", "8.5", ("almalinux:8", "rhel:8")),
        ("rocky", "9.1", ("rocky:9", "rhel:9")),
        ("ol", "8.0", ("oracle:8", "rhel:8")),
        ("centos", "7", ("centos:7", "rhel:7")),
        ("raspbian", "12", ("raspbian:12",)),
        ("cloudlinux", "8.9", ("cloudlinux:8",)),
        ("rhel", "8.10", ("rhel:8",)),
        ("debian", "12", ("debian:12",)),
        ("chainguard", "20230214", ("chainguard", "wolfi")),
        ("wolfi", "20230214", ("wolfi",)),
    ],
)
def test_who_judges(id_, version, releases):
    assert distro.judges(Distro(id=id_, version=version)) == releases


@pytest.mark.parametrize(
    ("found", "qualifier", "namespace"),
    [
        (Distro(id="debian", version="12", codename="bookworm"), "debian-12", "debian"),
        (Distro(id="debian", codename="forky"), "debian-forky", "debian"),
        (Distro(id="almalinux", version="8.5"), "almalinux-8.5", "almalinux"),
        (Distro(id="rhel", version="8.10"), "rhel-8.10", "redhat"),
        (Distro(id="sles", version="15.5"), "sles-15.5", "suse"),
        (Distro(id="opensuse-leap", version="15.5"), "opensuse-leap-15.5", "opensuse"),
        (Distro(id="arch"), "arch", "arch"),
    ],
)
def test_what_is_written_is_read(found, qualifier, namespace):
    assert distro.qualifier(found) == qualifier
    assert distro.namespace(found) == namespace
    again = distro.from_qualifier(qualifier, namespace, "deb")
    assert again is not None
    assert distro.release_key(again) == distro.release_key(found)


@pytest.mark.parametrize(
    ("name", "version", "release"),
    [
        ("debian", "12", "debian:12"),
        ("Debian GNU/Linux", "12 (bookworm)", "debian:12"),
        ("Red Hat Enterprise Linux", "8.6", "rhel:8"),
        ("ubuntu", "jammy", "ubuntu:22.04"),
        ("redhat", "7.7", "rhel:7"),
    ],
)
def test_names_in_documents(name, version, release):
    assert distro.release_key(distro.read_name(name, version)) == release


@given(st.text(max_size=30), st.sampled_from(["debian", "alpine", "redhat", ""]))
@settings(max_examples=200)
def test_no_text_breaks_the_reading(text, namespace):
    found = distro.from_qualifier(text, namespace, "rpm")
    if found is not None:
        assert distro.release_key(found)
        assert distro.judges(found)[0] == distro.release_key(found)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["dev-alpine", "dev-debian-python", "dev-rpm-bdb", "dev-rpm-ndb"])
def test_qualifiers_are_those_of_the_images(shared, name):
    import json

    truth = json.loads((shared / f"images/{name}.truth.json").read_text())
    system = Distro(id=truth["os"]["id"], version=truth["os"]["version_id"])
    stated = [p["purl"] for p in truth["packages"] if "distro=" in p["purl"]]
    assert stated
    assert all(f"distro={distro.qualifier(system)}" in one for one in stated)
    assert all(f"/{distro.namespace(system)}/" in one for one in stated)
