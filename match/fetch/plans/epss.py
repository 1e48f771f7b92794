"""EPSS: one file a day, under its date. The newest of the last days is taken, and kept alone.

It is kept under one name whatever its date, so that a mirror of any age has it where it is sought.
"""

from datetime import date, timedelta

from match.fetch.client import NotThereError
from match.fetch.errand import Errand, Part, Stages
from sbom.errors import FetchError

DAYS = 4
"""A day's file comes in the course of the day, and sometimes a day later."""
PREFIX, SUFFIX = "epss_scores-", ".csv.gz"
NEWEST = f"{PREFIX}current{SUFFIX}"


def fetch(errand: Errand) -> Stages:
    """Take the newest day's scores that there are."""
    today = date.fromisoformat(errand.learned[:10])
    days = [f"{PREFIX}{today - timedelta(days=back)}{SUFFIX}" for back in range(DAYS)]
    for name in ["", *days] if errand.mirror else days:
        try:
            errand.take(NEWEST, errand.publisher.base + name, mirrored=name)
        except NotThereError:
            continue
        return ((Part(place=NEWEST),),)
    oldest = days[-1].removeprefix(PREFIX).removesuffix(SUFFIX)
    told = f"{errand.url('')}: no scores of {oldest} or later"
    raise FetchError(told, "try again later; what was fetched before stays in use")
