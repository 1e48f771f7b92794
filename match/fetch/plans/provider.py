"""Any CSAF provider, by its domain or the address of its `provider-metadata.json`.

A domain is asked in the order of CSAF 2.0, 7.3.1: the well-known address, `security.txt`, then the
name `csaf.data.security.DOMAIN`. What that document names is fetched as any CSAF directory is.
"""

import re
from urllib.parse import urlsplit

from match.fetch.errand import Errand, Stages
from match.fetch.plans.csaf import fetch_provider
from sbom.errors import FetchError
from sbom.web.transport import address, shown

WELL_KNOWN = ".well-known/csaf/provider-metadata.json"
SECURITY_TXT = ".well-known/security.txt"
BY_NAME = "https://csaf.data.security."
CSAF_FIELD = re.compile(r"(?im)^csaf:[ \t]*(\S{1,2000})[ \t]*\r?$")
TEXT_BYTES, METADATA_BYTES = 1 << 20, 4 << 20
NAMED = "provider"
"""By this a later update knows that the provider was asked for."""


def fetch(errand: Errand) -> Stages:
    """Find the provider's metadata, where it was before or anew, and take what changed."""
    url = _found(errand)
    errand.mark(NAMED, errand.publisher.items[0][1] or errand.publisher.base)
    return fetch_provider(errand, url)


def _found(errand: Errand) -> str:
    ((_, named),) = errand.publisher.items
    if named:
        return named
    base = errand.publisher.base
    told = []
    for url in _candidates(errand, base):
        try:
            errand.text(_place(url, base), url, METADATA_BYTES)
        except FetchError as error:
            told.append(error.message)
        else:
            return url
    raise FetchError(
        f"{shown(base)}: no CSAF provider is found there: {'; '.join(told)}",
        "name the address of its provider-metadata.json",
    )


def _candidates(errand: Errand, base: str) -> list[str]:
    """Return where a domain's metadata may be; what `security.txt` says only if it is https."""
    domain = urlsplit(base).hostname or ""
    named: list[str] = []
    try:
        text = errand.text(SECURITY_TXT, base + SECURITY_TXT, TEXT_BYTES)
    except FetchError:
        pass
    else:
        found: list[str] = CSAF_FIELD.findall(text.decode("utf-8", "replace"))
        named = [url for url in found if _is_sound(url, base)]
    by_name = [] if domain.replace(".", "").isdigit() else [f"{BY_NAME}{domain}/"]
    return [base + WELL_KNOWN, *named, *by_name]


def _is_sound(url: str, base: str) -> bool:
    try:
        return address(url).scheme == urlsplit(base).scheme
    except FetchError:
        return False


def _place(url: str, base: str) -> str:
    """Return where a mirror would have it."""
    parts = urlsplit(url)
    path = parts.path.strip("/") or "provider-metadata.json"
    return path if url.startswith(base) else f"{parts.hostname}/{path}"
