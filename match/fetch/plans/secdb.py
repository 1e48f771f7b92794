"""Alpine's databases: one folder for each release, one file for each repository in it.

Old releases had no `community` repository, so that file may be missing; `main` may not.
"""

from match.fetch.client import NotThereError
from match.fetch.errand import Errand, Part, Stages

REPOSITORIES = ("main", "community")


def fetch(errand: Errand) -> Stages:
    """Take the files of the releases that are wanted (`Alpine:v3.20`; `Alpine` alone: edge)."""
    places = [
        f"{suffix or 'edge'}/{repository}.json"
        for area in errand.areas
        for title, _, suffix in [area.partition(":")]
        if title == "Alpine"
        for repository in REPOSITORIES
    ]

    def one(place: str) -> str:
        try:
            errand.take(place)
        except NotThereError:
            if place.endswith("/main.json"):
                raise
            return ""
        return place

    asked = set(errand.each(dict.fromkeys(places), one))
    return (tuple(Part(place=p, sure=p in asked) for p in sorted(errand.state.entries)),)
