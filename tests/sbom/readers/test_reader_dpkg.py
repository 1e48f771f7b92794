"""dpkg's status file, the status.d of distroless images, and the file lists."""

import time

import pytest
from reader_files import both, found

STATUS = "var/lib/dpkg/status"


def paragraph(name="zlib1g", version="1:1.2.13.dfsg-1", status="install ok installed", **more):
    fields = {"Package": name, "Status": status, "Version": version, "Architecture": "amd64"}
    lines = [f"{key}: {value}" for key, value in (fields | more).items() if value is not None]
    return ("\n".join(lines) + "\n\n").encode()


def test_a_package_has_all_that_the_database_states():
    data = paragraph(
        Source="zlib (1:1.2.13)",
        Maintainer="Mark <mark@example.org>",
        Description="library\n more text: with a colon\n Package: not a field",
    )
    [package] = found("dpkg", data, STATUS)
    assert (package.type, package.name, package.version) == ("deb", "zlib1g", "1:1.2.13.dfsg-1")
    assert (package.source, package.source_version) == ("zlib", "1:1.2.13")
    assert (package.arch, package.vendor) == ("amd64", "Mark <mark@example.org>")


def test_a_source_of_the_same_name_and_version_is_left_to_its_default():
    [plain] = found("dpkg", paragraph(), STATUS)
    assert (plain.source, plain.source_version) == ("", "")
    [rebuilt] = found("dpkg", paragraph("bash", "5.2+b1", Source="bash (5.2)"), STATUS)
    assert (rebuilt.source, rebuilt.source_version) == ("", "5.2")
    [other] = found("dpkg", paragraph(Source="zlib"), STATUS)
    assert (other.source, other.source_version) == ("zlib", "")


def test_the_origin_speaks_before_the_maintainer():
    data = paragraph(Origin="Acme", Maintainer="Someone")
    assert found("dpkg", data, STATUS)[0].vendor == "Acme"


@pytest.mark.parametrize(
    ("status", "there"),
    [
        ("install ok installed", True),
        ("hold ok installed", True),
        ("deinstall ok installed", True),
        ("install ok unpacked", True),
        ("install ok half-configured", True),
        ("install ok triggers-pending", True),
        ("deinstall ok config-files", False),
        ("purge ok not-installed", False),
        ("unknown ok not-installed", False),
    ],
)
def test_a_package_counts_while_its_files_are_there(status, there):
    assert bool(found("dpkg", paragraph(status=status), STATUS)) is there


def test_a_package_of_distroless_needs_no_status():
    data = paragraph("tzdata", "2024a-0+deb12u1", status=None)
    [package] = found("dpkg", data, "var/lib/dpkg/status.d/tzdata")
    assert package.name == "tzdata"


def test_names_of_fields_may_be_written_in_any_case_and_lines_may_end_with_returns():
    data = b"package: a\r\nVERSION:1\r\nStatus: a b installed\r\n\r\nPackage: b\r\nVersion: 2\r\n"
    assert [(p.name, p.version) for p in found("dpkg", data, STATUS)] == [("a", "1"), ("b", "2")]


def test_a_package_without_a_version_is_a_problem_with_its_place():
    data = paragraph("good") + paragraph("bad", version=None) + paragraph("fine")
    packages, [problem] = both("dpkg", data, STATUS)
    assert [package.name for package in packages] == ["good", "fine"]
    assert problem.where == "var/lib/dpkg/status: paragraph 2"
    assert "'bad'" in problem.what
    assert problem.effect == "record_lost"


def test_a_file_list_gives_files_without_their_folders():
    data = (
        b"/.\n/usr\n/usr/share\n/usr/share/doc\n/usr/share/doc/x y\n/usr/share/doc2\n/etc\n/etc/x\n"
    )
    [package] = found("dpkg", data, "var/lib/dpkg/info/x:amd64.list")
    assert (package.name, package.arch, package.version) == ("x", "amd64", "")
    assert package.owns == ("usr/share/doc/x y", "usr/share/doc2", "etc/x")


def test_checksums_of_distroless_give_files():
    data = b"d41d8cd98f00b204e9800998ecf8427e  etc/debian_version\n"
    [package] = found("dpkg", data, "var/lib/dpkg/status.d/base-files.md5sums")
    assert (package.name, package.version) == ("base-files", "")
    assert package.owns == ("etc/debian_version",)


def test_an_empty_database_is_no_problem():
    assert both("dpkg", b"", STATUS) == ([], [])
    assert both("dpkg", b"\n\n\n", STATUS) == ([], [])


def test_text_that_is_no_database_is_a_problem():
    _, [problem] = both("dpkg", b"\x7f\x80 nothing of the kind", STATUS)
    assert problem.where.startswith(STATUS)


def test_a_large_database_is_read_quickly():
    data = b"".join(
        paragraph(f"p{n}", Maintainer="A B <a@b>", Description="d\n " + "text " * 150)
        for n in range(750)
    )
    best = min(_seconds(data) for _ in range(5))
    assert best < 0.1, "20 ms on a machine at rest"


def _seconds(data):
    start = time.perf_counter()
    assert len(found("dpkg", data, STATUS)) == 750
    return time.perf_counter() - start
