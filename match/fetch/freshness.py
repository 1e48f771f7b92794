"""How old what was fetched is: by publisher, against the days after which its feed is stale."""

from typing import Literal

from msgspec import Struct

from match.feeds import FEEDS
from match.fetch.publishers import PROVIDERS, PUBLISHERS
from match.fetch.shelf import Signed, State, known
from sbom.days import days_between

PROVIDER_FEED = "csaf"
FEED_OF = {publisher.name: publisher.feed for publisher in PUBLISHERS}
DAYS = {feed.name: feed.days for feed in FEEDS}


class Asked(Struct, frozen=True, kw_only=True, gc=False):
    """A publisher that was asked.

    status: `stale` where it has not answered in full for longer than its feed's limit, or never;
        `failed` where it did not the last time, and what is here is not stale yet.
    attempted, succeeded: when it was last asked, and when it last answered in full, or empty.
    failure: why it did not the last time, or empty.
    signed: how much of its files has a signature that was verified, empty where nothing is known
        to be signed; keys: the OpenPGP keys that count for it, by fingerprint.
    """

    name: str
    feed: str
    status: Literal["fresh", "failed", "stale"]
    attempted: str
    succeeded: str
    failure: str
    signed: Signed
    keys: tuple[str, ...]


def publishers(cache: str, now: str) -> tuple[Asked, ...]:
    """Return the publishers that were ever asked, by name.

    Args:
        cache: the folder that `update` keeps files in.
        now: the time to count to, RFC 3339 in UTC.
    """
    return tuple(_asked(name, state, now) for name, state in sorted(known(cache).items()))


def _asked(name: str, state: State, now: str) -> Asked:
    feed = PROVIDER_FEED if name.startswith(PROVIDERS) else FEED_OF.get(name, name)
    stale = _is_stale(state.succeeded, now, DAYS.get(feed, 0))
    return Asked(
        name=name,
        feed=feed,
        status="stale" if stale else "failed" if state.failure else "fresh",
        attempted=state.attempted,
        succeeded=state.succeeded,
        failure=state.failure,
        signed=state.signed,
        keys=tuple(sorted(state.keys)),
    )


def _is_stale(succeeded: str, now: str, days: int) -> bool:
    age = days_between(succeeded, now)
    return age is None or age > days
