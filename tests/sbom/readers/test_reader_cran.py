"""The descriptions of installed R packages."""

from reader_files import both, found

PATH = "usr/local/lib/R/site-library/digest/DESCRIPTION"
DIGEST = b"""Package: digest
Title: Create Compact
 Version: of this line is text
Version: 0.6.35
License: GPL (>= 2)
Maintainer: Jane Roe <jane@example.org>,
  John Doe
Built: R 4.3.2; x86_64-pc-linux-gnu; 2024-03-11 12:00:00 UTC; unix

Version: 9
"""


def test_an_installed_package_is_read_up_to_the_first_empty_line():
    [each] = found("cran", DIGEST, PATH)
    assert (each.type, each.name, each.version) == ("cran", "digest", "0.6.35")
    assert each.licenses == ("GPL (>= 2)",)
    assert each.vendor == "Jane Roe <jane@example.org>, John Doe"


def test_source_code_is_not_installed():
    assert found("cran", DIGEST.replace(b"Built:", b"Packaged:"), PATH) == []


def test_base_stands_for_r_and_the_rest_of_r_for_nothing():
    data = b"Package: %s\nVersion: 4.3.2\nPriority: base\nBuilt: R 4.3.2; ; ; unix\n"
    [each] = found("cran", data % b"base", "usr/local/lib/R/library/base/DESCRIPTION")
    assert (each.type, each.name, each.version) == ("generic", "r", "4.3.2")
    assert each.cpes == ("cpe:2.3:a:r_project:r:4.3.2:*:*:*:*:*:*:*",)
    assert found("cran", data % b"stats", "usr/local/lib/R/library/stats/DESCRIPTION") == []


def test_packages_of_bioconductor_are_not_of_cran():
    data = DIGEST.replace(b"License:", b"biocViews: Infrastructure\nLicense:")
    [each] = found("cran", data, PATH)
    assert (each.type, each.namespace) == ("generic", "bioconductor")


def test_a_package_without_a_version_is_a_problem():
    packages, [problem] = both("cran", b"Package: a\nBuilt: R 4\n", PATH)
    assert packages == []
    assert "no version" in problem.what
