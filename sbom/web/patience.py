"""When asking again may help, how long to wait before it, and where an answer may send us.

Every server asks for patience in the same words, whatever it serves (RFC 9110, RFC 6585).
"""

import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

from sbom.errors import FetchError
from sbom.web.transport import Answer, Interrupted, address, joined, shown

ATTEMPTS = 5
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
AGAIN = frozenset({429, 500, 502, 503, 504})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5
SECONDS = re.compile(r"[0-9]{1,9}\Z")


def patiently(send: Callable[[], Answer], wait: Callable[[int, str], None]) -> Answer:
    """Send until there is an answer that is more than `later`, or for the last time.

    Args:
        send: sends the request, and may raise Interrupted.
        wait: told the number of the attempt, and the server's own wish in seconds or nothing.
    """
    for attempt in range(ATTEMPTS - 1):
        try:
            answer = send()
        except Interrupted:
            wait(attempt, "")
            continue
        if answer.status not in AGAIN:
            return answer
        answer.close()
        wait(attempt, retry_after(answer.headers))
    try:
        return send()
    except Interrupted as error:
        raise FetchError(f"{error}, {ATTEMPTS} times", "try again later") from None


def pause(attempt: int, wished: str = "") -> float:
    """Return the seconds to wait after an attempt: what the server wishes, within bounds."""
    asked = float(wished) if SECONDS.match(wished) else 0.0
    return min(max(asked, FIRST_PAUSE * (1 << attempt)), LONGEST_PAUSE)


def retry_after(headers: Mapping[str, str]) -> str:
    """Return the seconds to wait (RFC 9110, 10.2.3); a date counts from the answer's own."""
    wished = headers.get("retry-after", "").strip()
    if not wished or SECONDS.match(wished):
        return wished
    try:
        then, then_now = parsedate_to_datetime(wished), parsedate_to_datetime(headers["date"])
        return str(max(0, int((then - then_now).total_seconds())))
    except (KeyError, ValueError, TypeError, OverflowError):
        return ""


def redirected(url: str, place: str) -> str:
    """Return the address that `url` leads to; it may not lead from https to http.

    Raises:
        FetchError: where it is none, or the way there is open to anybody.
    """
    target = joined(url, place)
    if url.startswith("https://") and address(target).scheme != "https":
        told = f"{shown(url)}: it leads from https to {shown(target)}"
        raise FetchError(told, "ask who runs that server")
    address(target)
    return target
