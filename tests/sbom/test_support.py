"""The end of support: facts of a few releases, and that the table is one of dates by release key."""

from datetime import date

import pytest

from sbom.distro import read_os_release, release_key
from sbom.model import Distro
from sbom.support import LAST_DAYS, last_supported_day


@pytest.mark.parametrize(
    ("os_release", "day"),
    [
        ("ID=alpine\nVERSION_ID=3.16.2", "2024-05-23"),
        ('ID=debian\nVERSION_ID="12"', "2028-06-30"),
        ("ID=debian\nVERSION_CODENAME=trixie", "2030-06-30"),
        ("ID=debian\nVERSION_CODENAME=sid", ""),
        ("ID=ubuntu\nVERSION_ID=22.04", "2027-06-01"),
        ("ID=ubuntu\nVERSION_ID=99.04", ""),
        ('ID=rhel\nVERSION_ID="8.10"', "2029-05-31"),
        ('ID=redhat\nVERSION_ID="7"', "2024-06-30"),
        ('ID=centos\nVERSION_ID="8"\nNAME="CentOS Linux"', "2021-12-31"),
        ('ID=centos\nVERSION_ID="8"\nNAME="CentOS Stream"', "2024-05-31"),
        ('ID=amzn\nVERSION_ID="2018.03"', "2023-12-31"),
        ('ID=ol\nVERSION_ID="9.4"', "2032-06-30"),
        ('ID=opensuse-leap\nVERSION_ID="15.5"', "2024-12-31"),
        ('ID=sles\nVERSION_ID="15.4"', "2023-12-31"),
        ("ID=mariner\nVERSION_ID=2.0.20240609", "2025-07-31"),
        ("ID=wolfi\nVERSION_ID=20230201", ""),
        ("ID=nobody-knows\nVERSION_ID=1", ""),
    ],
)
def test_the_last_day_of_a_release(os_release, day):
    distro = read_os_release(os_release.encode())
    assert distro
    assert last_supported_day(distro) == day


def test_every_row_is_a_date_by_a_key_that_a_distribution_has():
    for key, day in LAST_DAYS.items():
        assert date.fromisoformat(day).isoformat() == day
        id_, _, version = key.partition(":")
        if id_ == "centos-stream":
            distro = Distro(id="centos", version=version, name="CentOS Stream")
        else:
            distro = Distro(id=id_, version=version)
            assert release_key(distro) == key
        assert last_supported_day(distro) == day
