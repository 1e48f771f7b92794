"""How much of the image the advisory set can speak of, and which feeds it has to have."""

from collections.abc import Iterator

from gate.model import Decision, Run
from gate.policy.model import Rules
from sbom.days import days_between
from sbom.text import plural


def unmet(run: Run, rules: Rules, day: str) -> Iterator[Decision]:
    """Yield a share of judged components that is too small, and feeds that are not there or old."""
    if rules.coverage is not None:
        yield from _share(run, rules.coverage)
    feeds = {feed.name: feed for feed in run.state.feeds}
    for name, most in rules.feeds:
        if name not in feeds:
            yield _denied("feeds", f"the advisory set has no feed {name}")
        elif most is not None:
            feed = feeds[name]
            days = days_between(feed.dated, day)
            if days is None or days > most:
                since = "" if days is None else f"{feed.dated_by} {plural(days, 'day')} ago"
                what = f"the feed {name} is too old: {since or 'of unknown age'}"
                yield _denied("feeds", f"{what}, the policy allows {most}")


def _share(run: Run, least: float) -> Iterator[Decision]:
    """Yield a decision where too few components can be judged; of none nothing can."""
    of = run.coverage
    share = of.matchable / of.components if of.components else 0.0
    if share < least:
        what = f"a feed speaks for {share:.1%} of {of.components:,} components"
        yield _denied("coverage", f"{what}, the policy asks for {least:.1%}")


def _denied(rule: str, because: str) -> Decision:
    return Decision(answer="deny", rule=rule, because=because)
