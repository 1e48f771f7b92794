"""NVD's API 2.0: all CVEs in pages, then only those changed since, in windows of at most 120 days.

What changed is put into the pages on the shelf, so that these are always all of NVD. A mirror
serves the pages as files. The limits are NVD's: 5 requests in 30 seconds, 50 with a key
(NVD_API_KEY).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from gzip import compress, decompress
from urllib.parse import urlencode

from msgspec import DecodeError, Raw, Struct, json

from match.fetch.client import NotThereError
from match.fetch.errand import Errand, Part, Patch, Stages
from sbom.errors import FetchError

API = "rest/json/cves/2.0"
PAGE = 2000
"""Records of a page; NVD gives no more, and asks for no fewer."""
PAGE_BYTES = 256 << 20
MOST_RECORDS = 5_000_000
WINDOW = timedelta(days=120)
OVERLAP = timedelta(hours=2)
"""A change may become visible later than its time says."""
BEGUN, SINCE = "begun", "since"


class _Cve(Struct):
    id: str


class _Item(Struct):
    cve: _Cve


class _Answer(Struct, kw_only=True):
    """A page. The records stay as NVD wrote them."""

    resultsPerPage: int = 0  # noqa: N815 (NVD's words)
    startIndex: int = 0  # noqa: N815
    totalResults: int = 0  # noqa: N815
    format: str = "NVD_CVE"
    version: str = "2.0"
    vulnerabilities: list[Raw]


Records = dict[str, Raw]


def fetch(errand: Errand) -> Stages:
    """Bring the pages on the shelf up to date; return them, and what changed of them."""
    if errand.mirror:
        _take_pages(errand)
        return _all(errand)
    marks = errand.state.marks
    if SINCE not in marks:
        _begin(errand)
        return _all(errand)
    changed = _changed(errand, datetime.fromisoformat(marks[SINCE]))
    bases = {place: errand.digest_of(place) for place in _pages(errand)}
    touched = _merge(errand, changed)
    errand.mark(SINCE, errand.learned)
    return (tuple(_part(errand, place, bases.get(place, ""), touched) for place in _pages(errand)),)


def _begin(errand: Errand) -> None:
    """Take all pages, going on after the last that is here."""
    marks = errand.state.marks
    if BEGUN not in marks:
        for place in _pages(errand):
            errand.forget(place)
        errand.mark(BEGUN, errand.learned)
    start = len(_pages(errand)) * PAGE
    total = start + 1
    while start < total:
        page = _asked(errand, {"startIndex": str(start), "resultsPerPage": str(PAGE)}, start)
        total = min(page.totalResults, MOST_RECORDS)
        _keep(errand, _place(start), page)
        errand.save()
        start += PAGE
        errand.told(min(start, total), total, f"{min(start, total)} of {total} CVEs")
    errand.mark(SINCE, marks.pop(BEGUN))


def _changed(errand: Errand, since: datetime) -> Records:
    """Return the records that changed since, as they are now."""
    found: Records = {}
    until = datetime.fromisoformat(errand.learned)
    begin = since - OVERLAP
    while begin < until:
        end = min(begin + WINDOW, until)
        start, total = 0, 1
        while start < total:
            query = {
                "lastModStartDate": _written(begin),
                "lastModEndDate": _written(end),
                "startIndex": str(start),
                "resultsPerPage": str(PAGE),
            }
            page = _asked(errand, query, start)
            total = min(page.totalResults, MOST_RECORDS)
            found.update((_id(item), item) for item in page.vulnerabilities)
            start += PAGE
            errand.told(min(start, total), total, f"{min(start, total)} of {total} changed CVEs")
        begin = end
    return found


def _asked(errand: Errand, query: dict[str, str], start: int) -> _Answer:
    """Return one page; refuse one that is another than was asked for."""
    url = f"{errand.publisher.base}{API}?{urlencode(query)}"
    page = _read(errand.client.document(url, PAGE_BYTES))
    missing = not page.vulnerabilities and start < page.totalResults
    if page.startIndex != start or missing:
        raise FetchError(f"NVD: it sends another page than {start}", "try again later")
    return page


def _merge(errand: Errand, changed: Records) -> dict[str, Records]:
    """Put changed records into the pages they are on, new ones behind them; return them by page."""
    left = dict(changed)
    touched: dict[str, Records] = {}
    places = _pages(errand)
    for place in places if changed else ():
        page = _page(errand, place)
        held = {_id(item): item for item in page.vulnerabilities}
        new = {id_: left.pop(id_) for id_ in held.keys() & left.keys()}
        new = {id_: item for id_, item in new.items() if bytes(item) != bytes(held[id_])}
        if new:
            page.vulnerabilities = list((held | new).values())
            _keep(errand, place, page)
            touched[place] = new
    for place, page, new in _behind(errand, places, left):
        _keep(errand, place, page)
        touched[place] = touched.get(place, {}) | new
    return touched


def _behind(
    errand: Errand, places: list[str], new: Records
) -> Iterator[tuple[str, _Answer, Records]]:
    """Yield the pages that take new records: the last one while it has room, then further ones."""
    ids = sorted(new)
    start = max(0, len(places) - 1) * PAGE
    while ids:
        place = _place(start)
        empty = _Answer(startIndex=start, vulnerabilities=[])
        page = _page(errand, place) if place in places else empty
        room = max(0, PAGE - len(page.vulnerabilities))
        taken, ids = ids[:room], ids[room:]
        if taken:
            page.vulnerabilities = [*page.vulnerabilities, *(new[id_] for id_ in taken)]
            yield place, page, {id_: new[id_] for id_ in taken}
        start += PAGE


def _part(errand: Errand, place: str, base: str, touched: dict[str, Records]) -> Part:
    new = touched.get(place)
    if not new or not base:
        return Part(place=place)
    data = json.encode(_Answer(vulnerabilities=[new[id_] for id_ in sorted(new)]))
    return Part(place=place, patch=Patch(base, errand.staged(place, data)))


def _take_pages(errand: Errand) -> None:
    """Take a mirror's pages: those there are."""
    start = 0
    while True:
        try:
            errand.take(_place(start))
        except NotThereError:
            if not start:
                raise
            break
        start += PAGE
    for place in _pages(errand)[start // PAGE :]:
        errand.forget(place)
    errand.state.marks.clear()


def _all(errand: Errand) -> Stages:
    return (tuple(Part(place=place) for place in _pages(errand)),)


def _pages(errand: Errand) -> list[str]:
    """Return the pages on the shelf without a gap, in order."""
    found: list[str] = []
    while errand.digest_of(place := _place(len(found) * PAGE)) and errand.shelf.has(place):
        found.append(place)
    return found


def _place(start: int) -> str:
    return f"{API}/startIndex={start}.json.gz"


def _keep(errand: Errand, place: str, page: _Answer) -> None:
    page.resultsPerPage = len(page.vulnerabilities)
    errand.keep_data(place, compress(json.encode(page), 3, mtime=0))


def _page(errand: Errand, place: str) -> _Answer:
    """Return a page of the shelf: our own, so it is what we wrote."""
    return _read(decompress(errand.shelf.read(place)))


def _read(data: bytes) -> _Answer:
    try:
        return json.decode(data, type=_Answer)
    except (DecodeError, UnicodeError, RecursionError) as error:
        raise FetchError(f"NVD: a page is none: {error}", "try again later") from None


def _id(item: Raw) -> str:
    try:
        return json.decode(item, type=_Item).cve.id
    except (DecodeError, UnicodeError, RecursionError) as error:
        raise FetchError(f"NVD: a record is none: {error}", "try again later") from None


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+00:00")
