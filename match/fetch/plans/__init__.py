"""How publishers are asked, one file per way of publishing.

Each has `fetch(errand)`, which takes to the shelf what changed and returns all that is to be
imported.
"""

from importlib import import_module
from typing import Protocol, cast

from match.fetch.errand import Errand, Stages
from match.fetch.publishers import Publisher


class Plan(Protocol):
    """What a file of this folder offers."""

    def fetch(self, errand: Errand) -> Stages:
        """Take to the shelf what changed; return what is on it, older files first."""
        ...


def plan(publisher: Publisher) -> Plan:
    """Import the way in which a publisher is asked."""
    return cast("Plan", import_module(f"match.fetch.plans.{publisher.plan}"))
