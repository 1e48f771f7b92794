"""Publishers of a few whole files: each is asked for on the condition that it changed."""

from match.fetch.errand import Errand, Part, Stages


def fetch(errand: Errand) -> Stages:
    """Take every file that changed."""
    items = errand.publisher.items

    def one(item: tuple[str, str]) -> str:
        errand.take(*item)
        return item[0]

    asked = set(errand.each(items, one))
    here = (place for place, _ in items if errand.shelf.has(place))
    return (tuple(Part(place=place, sure=place in asked) for place in here),)
