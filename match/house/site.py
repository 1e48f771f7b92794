"""Public advisories as pages: one address for each id, readable without scripts, in the dark too.

All text is escaped by the template engine, only web addresses become links, and the page's own
policy (CSP) allows its style and nothing else.
"""

from base64 import b64encode
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from msgspec import json

from match.records.events import LOWEST
from match.severity import score
from sbom.text import plain

INDEX = "index.html"
MARK = b'<meta name="generator" content="lading">'
"""By which a later run knows that a folder has pages."""
STATES = {
    "published": "Published",
    "linked": "Has a CVE",
    "disputed": "Disputed",
    "withdrawn": "Withdrawn",
    "split": "Split",
}
PLACES = {
    "CVE": "https://www.cve.org/CVERecord?id=",
    "GHSA": "https://github.com/advisories/",
}


def pages(records: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the pages by their paths: `LDG-2026-0001/index.html`, then the index of all."""
    views = [_view(json.decode(data), records) for data in records.values()]
    found = {f"{view['id']}/{INDEX}": _render("advisory.html.jinja", view=view) for view in views}
    newest = sorted(views, key=lambda view: (view["modified"], view["id"]), reverse=True)
    return found | {INDEX: _render("list.html.jinja", views=newest)}


def _view(record: dict[str, Any], known: Mapping[str, bytes]) -> dict[str, Any]:
    """Return what a page shows of a record."""
    own = record.get("database_specific") or {}
    state = own.get("state") or ("withdrawn" if record.get("withdrawn") else "published")
    others = [("Also known as", record.get("aliases")), ("Parts", record.get("upstream"))]
    others.append(("Related", record.get("related")))
    return {
        "id": record["id"],
        "state": state,
        "state_word": STATES.get(state, state),
        "summary": plain(record.get("summary") or "No summary"),
        "details": record.get("details") or "",
        "ratings": [_rating(rating) for rating in record.get("severity") or ()],
        "affected": [_package(block) for block in record.get("affected") or ()],
        "references": [
            {"type": one["type"].capitalize(), "url": plain(one["url"]), "link": _link(one["url"])}
            for one in record.get("references") or ()
        ],
        "credits": [plain(credit["name"]) for credit in record.get("credits") or ()],
        "others": [
            (title, [{"id": plain(id_), "link": _place(id_, known)} for id_ in ids])
            for title, ids in others
            if ids
        ],
        "disputed": own.get("disputed", ""),
        "reason": own.get("withdrawn_reason", ""),
        "split": own.get("split_into") or (),
        "withdrawn": (record.get("withdrawn") or "")[:10],
        "first_seen": (own.get("first_seen") or "")[:10],
        "published": (record.get("published") or "")[:10],
        "modified": record["modified"],
    }


def _rating(rating: dict[str, str]) -> dict[str, str]:
    scored = score(rating["score"])
    number = f"{scored[0]:.1f}" if scored else ""
    return {"score": number, "vector": plain(rating["score"])}


def _package(block: dict[str, Any]) -> dict[str, Any]:
    named = block.get("package") or {}
    ranges = [
        words
        for span in block.get("ranges") or ()
        if span["type"] != "GIT"
        for words in _ranges(span["events"])
    ]
    return {
        "ecosystem": plain(named.get("ecosystem") or ""),
        "name": plain(named.get("name") or "?"),
        "ranges": ranges,
        "versions": [plain(version) for version in block.get("versions") or ()],
    }


def _ranges(events: list[dict[str, str]]) -> list[str]:
    """Return the events in words, one text for each version that begins a range."""
    found: list[str] = []
    for event in events:
        ((kind, version),) = list(event.items())[:1]
        if kind == "introduced":
            found.append("all versions" if version in LOWEST else f"from {plain(version)}")
        elif found and kind in {"fixed", "limit"}:
            found[-1] = f"{found[-1]} before {plain(version)}"
        elif found:
            found[-1] = f"{found[-1]} up to {plain(version)}"
    return found


def _link(url: str) -> str:
    """Return an address that may be a link: never `javascript:` or the like."""
    return url if url.startswith(("https://", "http://")) else ""


def _place(id_: str, known: Mapping[str, bytes]) -> str:
    """Return where another id can be read; empty where that is not known."""
    if id_ in known:
        return f"../{id_}/"
    base = PLACES.get(id_.partition("-")[0], "")
    return base + id_ if base and id_.replace("-", "").isalnum() else ""


def _render(name: str, **values: Any) -> bytes:
    style = _asset("style.css")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'"
    text: str = _engine().get_template(name).render(style=style, policy=policy, **values)
    return text.encode(errors="replace")


@lru_cache
def _engine() -> Any:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    return Environment(
        loader=FunctionLoader(_asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache
def _asset(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text(encoding="utf-8")
