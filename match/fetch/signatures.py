"""Whose signatures count for a CSAF provider's files, and whether each file has one that holds.

The keys are those that `provider-metadata.json` named when the provider was first asked (CSAF 2.0,
7.1.18 to 7.1.20). Others that it names later count once the user has accepted them: whoever can
exchange that file must not bring his own key with it. What is removed from it counts until then.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from match.fetch import openpgp
from match.fetch.client import NotThereError
from match.fetch.errand import Errand
from match.fetch.openpgp import BadOpenPgpError, Key
from match.fetch.shelf import write
from sbom.errors import FetchError
from sbom.web.transport import shown

SUFFIX = ".asc"
KEY_BYTES = 4 << 20
"""Keys that many people certified are long."""
SIGNATURE_BYTES = 64 << 10
MOST_KEYS = 32
MOST_AGAIN, AGAIN_BYTES = 100, 4 << 20
"""Files without the promised signature that are asked for again: it may have come meanwhile."""
TRUSTED = "csaf_trusted_provider"
"""The role whose documents all have a signature (CSAF 2.0, 7.2.3)."""


class Named(Struct, frozen=True):
    """A key as `provider-metadata.json` names it (CSAF 2.0, provider_json_schema.json)."""

    url: str
    fingerprint: str = ""


class Stated(Struct, frozen=True):
    """What a provider states of its signatures."""

    role: str = ""
    keys: tuple[Named, ...] = ()


class Signatures:
    """The signatures of one provider's files, in one update.

    keys: by which they are verified; none where that cannot be done, or nothing is signed.
    """

    def __init__(self, errand: Errand, keys: Mapping[str, Key], *, published: bool) -> None:
        self._errand, self._keys, self._published = errand, keys, published
        self._found: dict[str, str] = {}
        state = errand.state
        lacking = sorted(
            place
            for place, entry in state.entries.items()
            if entry.unsigned and entry.size <= AGAIN_BYTES
        )
        self._again = frozenset(lacking[:MOST_AGAIN] if state.promised else ())

    def check(self, place: str, url: str) -> Callable[[str], str] | None:
        """Return what says what is wrong with a file that came, by its signature at an address."""
        return (lambda path: self._fault(path, place, url)) if self._keys else None

    def wants(self, place: str) -> bool:
        """Whether a file is here that has still to be verified.

        One that was, by a key that counted then, stays so when its publisher changes keys.
        """
        entry = self._errand.state.entries.get(place)
        if not self._keys or entry is None:
            return False
        return place in self._again if entry.unsigned else not entry.signed

    def note(self, place: str) -> None:
        """Remember who signed the file that was just taken to its place."""
        if place in self._found:
            self._errand.sign(place, self._found.pop(place))

    def settle(self, places: Iterable[str]) -> None:
        """Say of all files that are here how many are verified, and which lack a signature."""
        state = self._errand.state
        entries = {place: state.entries[place] for place in places if place in state.entries}
        signed = sum(bool(entry.signed) for entry in entries.values())
        if not self._published:
            state.signed = ""
        elif not signed:
            state.signed = "unverified"
        else:
            state.signed = "verified" if signed == len(entries) else "partly"
        lacking = sorted(place for place, entry in entries.items() if entry.unsigned)
        if lacking and state.promised:
            told = f"{len(lacking)} of {len(entries)} files have no signature, though a {TRUSTED}"
            self._errand.notes.append(f"{told} signs all; the first is {lacking[0]}")

    def _fault(self, path: str, place: str, url: str) -> str:
        self._found.pop(place, None)
        try:
            signature = self._errand.text(place + SUFFIX, url, SIGNATURE_BYTES)
        except NotThereError:
            before = self._errand.state.entries.get(place)
            if before and before.signed and self._errand.state.promised:
                # Whoever exchanges a signed file would only have to remove its signature.
                return f"it was signed by {before.signed}, and has no signature any more"
            self._found[place] = ""
            return ""
        signer, fault = openpgp.signer(path, signature, self._keys)
        if not fault:
            # Kept beside the file, so that whoever has a mirror of this cache can verify it too.
            write(self._errand.shelf.path(place + SUFFIX), signature)
            self._found[place] = signer
        return fault


def signatures_of(errand: Errand, stated: Stated | None) -> Signatures:
    """Return what a provider's files are verified by; keep its keys when they are first seen.

    Args:
        errand: the provider's.
        stated: what its metadata say; None where they could not be had.
    """
    state, named = errand.state, stated.keys if stated else ()
    published = bool(named or state.keys)
    if stated and stated.role == TRUSTED and not published:
        errand.notes.append(f"it is a {TRUSTED}, and names no key of its signatures")
    if not published or not openpgp.installed():
        return Signatures(errand, {}, published=published)
    listed = _listed(errand, named)
    if stated:
        _pin(errand, listed, promised=stated.role == TRUSTED)
    found = {one: _key(errand, one, listed.get(one, "")) for one in sorted(state.keys)}
    keys = {one: key for one, key in found.items() if key}
    for key in keys.values():
        _tell(errand, key)
    return Signatures(errand, keys, published=True)


def _listed(errand: Errand, named: Sequence[Named]) -> dict[str, str]:
    """Return the addresses of the keys that a provider names, by fingerprint."""
    found: dict[str, str] = {}
    for one in named[:MOST_KEYS]:
        try:
            # Its fingerprint may be missing there (provider_json_schema.json): the key has it.
            bare = openpgp.fingerprint(one.fingerprint)
            known = bare if one.fingerprint else _own(errand, one.url)
        except FetchError as error:
            errand.faults.append(str(error))
            continue
        if known:
            found[known] = one.url
        else:
            errand.faults.append(f"{one.fingerprint[:80]!r} is no fingerprint of a key")
    return found


def _own(errand: Errand, url: str) -> str:
    """Return the fingerprint of the key at an address."""
    return _read(errand.text(errand.place(url), url, KEY_BYTES), url)[0].fingerprint


def _pin(errand: Errand, listed: Mapping[str, str], *, promised: bool) -> None:
    """Keep the keys that are first seen; tell of every later change until it is accepted."""
    state = errand.state
    new, gone = listed.keys() - state.keys.keys(), state.keys.keys() - listed.keys()
    accepted = bool(listed.keys() & errand.accepted) and new <= errand.accepted
    if not state.keys or ((new or gone) and accepted):
        state.keys = {one: state.keys.get(one, "") for one in listed}
        state.promised = promised
        return
    # A role that was stated holds as long as the keys do: a hijacker would lower it.
    state.promised = state.promised or promised
    if new or gone:
        changes = [f"new {one}" for one in sorted(new)] + [f"gone {one}" for one in sorted(gone)]
        told = f"THE KEYS IT SIGNS WITH HAVE CHANGED: {', '.join(changes)}; the former ones count"
        said = " ".join(f"--accept-key {one}" for one in sorted(new or listed.keys()))
        hint = f" until you have compared them with what it says elsewhere, and add {said}"
        errand.faults.append(told + (hint if said else ""))


def _key(errand: Errand, fingerprint: str, url: str) -> Key | None:
    """Return a key as its publisher has it now, else as it was; None where it cannot be had."""
    if url:
        try:
            return _renewed(errand, fingerprint, url)
        except FetchError as error:
            errand.faults.append(str(error))
    place = errand.state.keys[fingerprint]
    held = errand.shelf.read(place) if place else b""
    if not held and not url:
        errand.faults.append(f"its key {fingerprint} is nowhere to be had")
    return _of(_read(held, place), fingerprint) if held else None


def _renewed(errand: Errand, fingerprint: str, url: str) -> Key:
    """Take a key to the shelf, in whose place another never comes."""
    place = errand.place(url)
    data = errand.text(place, url, KEY_BYTES)
    found = _of(_read(data, url), fingerprint)
    if found is None:
        told = f"{shown(url)}: it holds no key with the stated fingerprint {fingerprint}"
        raise FetchError(told, "tell them")
    write(errand.shelf.path(place), data)
    errand.state.keys[fingerprint] = place
    return found


def _of(keys: Iterable[Key], fingerprint: str) -> Key | None:
    return next((key for key in keys if key.fingerprint == fingerprint), None)


def _read(data: bytes, url: str) -> tuple[Key, ...]:
    try:
        return openpgp.keys_in(data)
    except BadOpenPgpError as error:
        raise FetchError(f"{shown(url)}: it is no key: {error}", "tell them") from None


def _tell(errand: Errand, key: Key) -> None:
    """Tell of a key that is revoked, or at its end: what it signs from then on does not count."""
    if key.revoked:
        errand.faults.append(f"its key {key.fingerprint} is revoked; what it signs is refused")
    elif key.expires and key.expires <= errand.learned:
        told = f"its key {key.fingerprint} expired on {key.expires[:10]}"
        errand.notes.append(
            f"{told}; what it signed before that counts, what it signs now does not"
        )
