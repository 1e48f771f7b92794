"""What to look at in exceptions, beyond what makes a file invalid."""

from collections.abc import Iterator

from gate.exceptions.account import refused
from gate.exceptions.holding import days_until, over
from gate.policy.model import HouseException, Policy


def remarks(exception: HouseException, policy: Policy | None, decided_at: str) -> Iterator[str]:
    """Yield a sentence for each thing to look at: ended, refused, without an end, over-broad."""
    gone = over(exception, decided_at)
    if gone:
        yield gone
    asked = refused(exception, policy) if policy else ""
    if asked:
        yield asked
    if not (exception.until or exception.events or exception.epss_over is not None):
        yield "it has no end: give it `until` or `ends_when`"
    if not (exception.packages or exception.images):
        yield "it speaks of every package of every image: give it `package` or `image`"
    if exception.approver and exception.approver == exception.owner:
        yield "its owner approved it"
    if not gone and policy:
        left = days_until(exception, decided_at)
        if left is not None and left <= policy.terms.expiring_days:
            yield f"it ends in {left} {'day' if left == 1 else 'days'}"
