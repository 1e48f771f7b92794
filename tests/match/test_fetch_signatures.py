"""Signatures of CSAF providers over real HTTP, by keys that Sequoia-PGP and GnuPG make here."""

import hashlib
import os
import shutil
import subprocess
from contextlib import suppress

import pysequoia
import pytest
from conftest import skip_or_fail
from feed_servers import put, serving
from fetch_worlds import World, csaf, metadata, publish, put_archive, some

from match.fetch import openpgp
from match.fetch.freshness import publishers
from match.fetch.publishers import provider

LATER = "2026-11-24T00:00:00Z"
PLACE = "csaf/2026/cve-2026-000{}.json"


@pytest.fixture
def world(tmp_path):
    (tmp_path / "root").mkdir()
    with serving(tmp_path / "root") as server:
        yield World(server, tmp_path)


class Signer:
    """A publisher's key. Secret keys stay in the process that made them."""

    def __init__(self, name="Example <psirt@example.com>", **wishes):
        self.key = pysequoia.Tsk.generate(name, **wishes)
        self.public = self.key.extract_certificate()
        self.fingerprint = self.public.fingerprint

    def sign(self, data, *, armor=True):
        mode = pysequoia.SignatureMode.DETACHED
        return pysequoia.sign(self.key.signer(), data, mode=mode, armor=armor)

    def revocation(self):
        return bytes(self.public.revoke(self.key.certifier()))


@pytest.fixture(scope="module")
def psirt():
    return Signer()


@pytest.fixture(scope="module")
def other():
    return Signer("Somebody else")


def state_keys(world, *signers, role="csaf_trusted_provider", **changes):
    """Publish the metadata of a provider and its keys; return the provider."""
    keys = []
    for signer in signers:
        put(world.root, f"openpgp/{signer.fingerprint}.asc", str(signer.public))
        url = f"{world.server.url}/openpgp/{signer.fingerprint}.asc"
        keys.append({"url": url, "fingerprint": signer.fingerprint.upper()} | changes)
    told = metadata(world, directory_url=f"{world.server.url}/csaf/")
    told |= {"role": role, "public_openpgp_keys": keys}
    put(world.root, ".well-known/csaf/provider-metadata.json", told)
    return provider(world.server.url)


def sign(world, signer, *numbers):
    for number in numbers:
        data = (world.root / PLACE.format(number)).read_bytes()
        put(world.root, PLACE.format(number) + ".asc", signer.sign(data))


def entries(world):
    from match.fetch.shelf import known

    (state,) = known(world.cache).values()
    return state.entries


def test_documents_are_verified_and_their_signer_is_remembered(world, psirt):
    named = state_keys(world, psirt)
    publish(world.root, "csaf", some(1, 2))
    sign(world, psirt, 1, 2)
    outcome = world.update(named)
    assert (outcome.status, outcome.signed, outcome.faults, outcome.notes) == (
        "updated",
        "verified",
        (),
        (),
    )
    assert outcome.keys == (psirt.fingerprint,)
    assert entries(world)[PLACE.format(1)].signed == psirt.fingerprint
    # What did not change is not asked for again, and what it was stays known.
    again = world.update(named, LATER)
    assert (again.status, again.signed) == ("unchanged", "verified")
    assert not world.server.asked("cve-2026")
    (asked,) = publishers(world.cache, LATER)
    assert (asked.signed, asked.keys) == ("verified", (psirt.fingerprint,))


def test_a_wrong_signature_is_read_twice_refused_and_asked_for_again(world, psirt, other):
    named = state_keys(world, psirt)
    publish(world.root, "csaf", some(1, 2))
    sign(world, psirt, 1, 2)
    world.update(named)
    before = world.digest()
    changed = {"CVE-2026-0002": (csaf("CVE-2026-0002", "anew"), "2026-03-01T00:00:00Z")}
    publish(world.root, "csaf", some(1) | changed)
    for signature, told in (
        (psirt.sign(b"something else"), f"its signature by {psirt.fingerprint} does not hold"),
        (other.sign(changed["CVE-2026-0002"][0]), "which is no accepted key of its publisher"),
        (b"<html>sign in</html>", "its signature is none"),
        (b"", "its signature is none"),
    ):
        put(world.root, PLACE.format(2) + ".asc", signature)
        outcome = world.update(named, LATER)
        assert outcome.status == "incomplete"
        (fault,) = outcome.faults
        assert PLACE.format(2) in fault
        assert told in fault
        assert [s for _, s in world.server.asked(PLACE.format(2)) if s == 200].__len__() >= 4
        assert world.digest() == before
        assert outcome.since == "2026-11-23T00:00:00Z"
    sign(world, psirt, 2)
    outcome = world.update(named, LATER)
    assert (outcome.status, outcome.signed) == ("updated", "verified")
    assert [feed.changed for feed in outcome.feeds] == [1]


def test_a_document_exchanged_while_it_is_read_is_read_again(world, psirt):
    named = state_keys(world, psirt)
    publish(world.root, "csaf", some(1))
    sign(world, psirt, 1)
    right = (world.root / (PLACE.format(1) + ".asc")).read_bytes()
    world.server.wrongs[PLACE.format(1) + ".asc"] = [
        lambda handler: handler.answer(200, psirt.sign(b"of before")),
        lambda handler: handler.answer(200, right),
    ]
    outcome = world.update(named)
    assert (outcome.status, outcome.faults, outcome.signed) == ("updated", (), "verified")


@pytest.mark.parametrize(("role", "notes"), [("csaf_trusted_provider", 1), ("csaf_provider", 0)])
def test_a_missing_signature_is_told_where_all_are_promised(world, psirt, role, notes):
    named = state_keys(world, psirt, role=role)
    publish(world.root, "csaf", some(1, 2, 3))
    sign(world, psirt, 1)
    for _ in range(2):
        outcome = world.update(named)
        assert (outcome.faults, outcome.signed, len(outcome.notes)) == ((), "partly", notes)
        assert all("2 of 3 files have no signature" in note for note in outcome.notes)
        assert all(PLACE.format(2) in note for note in outcome.notes)
    assert len(world.ids()) == 3
    # It may come later: what was promised is asked for again, else it is not.
    sign(world, psirt, 2, 3)
    outcome = world.update(named, LATER)
    assert (outcome.status, outcome.notes) == ("unchanged", ())
    assert outcome.signed == ("verified" if notes else "partly")
    assert bool(world.server.asked("cve-2026")) == bool(notes)


@pytest.mark.parametrize(
    ("role", "kept"), [("csaf_trusted_provider", True), ("csaf_provider", False)]
)
def test_a_signature_that_is_removed_clears_no_other_document(world, psirt, role, kept):
    named = state_keys(world, psirt, role=role)
    publish(world.root, "csaf", some(1))
    sign(world, psirt, 1)
    world.update(named)
    before = world.digest()
    forged = {"CVE-2026-0001": (csaf("CVE-2026-0001", "harmless"), "2026-03-01T00:00:00Z")}
    publish(world.root, "csaf", forged)
    (world.root / (PLACE.format(1) + ".asc")).unlink()
    outcome = world.update(named, LATER)
    assert ("has no signature any more" in str(outcome.faults)) == kept
    assert (world.digest() == before) == kept
    assert outcome.signed == ("verified" if kept else "unverified")


def test_a_key_has_to_have_the_stated_fingerprint(world, psirt, other):
    named = state_keys(world, psirt)
    put(world.root, f"openpgp/{psirt.fingerprint}.asc", str(other.public))
    publish(world.root, "csaf", some(1))
    sign(world, other, 1)
    outcome = world.update(named)
    assert f"holds no key with the stated fingerprint {psirt.fingerprint}" in outcome.faults[0]
    assert outcome.signed == "unverified"
    # With the right key there, what came meanwhile is taken and looked at again.
    put(world.root, f"openpgp/{psirt.fingerprint}.asc", str(psirt.public))
    outcome = world.update(named, LATER)
    assert "which is no accepted key" in outcome.faults[0]
    sign(world, psirt, 1)
    outcome = world.update(named, LATER)
    assert (outcome.faults, outcome.signed) == ((), "verified")


def test_a_metadata_file_that_was_exchanged_does_not_bring_its_own_key(world, psirt, other):
    named = state_keys(world, psirt)
    publish(world.root, "csaf", some(1))
    sign(world, psirt, 1)
    world.update(named)
    before = world.digest()
    state_keys(world, other, role="csaf_publisher")
    forged = {"CVE-2026-0001": (csaf("CVE-2026-0001", "harmless"), "2026-03-01T00:00:00Z")}
    publish(world.root, "csaf", forged)
    sign(world, other, 1)
    outcome = world.update(named, LATER)
    assert outcome.status == "incomplete"
    told, refused = outcome.faults
    assert "THE KEYS IT SIGNS WITH HAVE CHANGED" in told
    assert f"new {other.fingerprint}, gone {psirt.fingerprint}" in told
    assert f"--accept-key {other.fingerprint}" in told
    assert "no accepted key" in refused
    assert (world.digest(), outcome.keys) == (before, (psirt.fingerprint,))
    # Nor does a lesser role that it states excuse a missing signature.
    (world.root / (PLACE.format(1) + ".asc")).unlink()
    assert "has no signature any more" in world.update(named, LATER).faults[1]
    assert world.digest() == before
    sign(world, other, 1)
    # Somebody else's fingerprint accepts nothing; the publisher's does, for good.
    assert "CHANGED" in world.update(named, LATER, accepted=["ab" * 20]).faults[0]
    outcome = world.update(named, LATER, accepted=[other.fingerprint])
    assert (outcome.status, outcome.faults, outcome.keys) == ("updated", (), (other.fingerprint,))
    assert world.update(named, LATER).faults == ()


def test_a_key_more_and_a_key_less_are_told_until_they_are_accepted(world, psirt, other):
    named = state_keys(world, psirt)
    publish(world.root, "csaf", some(1))
    sign(world, psirt, 1)
    world.update(named)
    state_keys(world, psirt, other)
    outcome = world.update(named, LATER)
    assert f"CHANGED: new {other.fingerprint};" in outcome.faults[0]
    outcome = world.update(named, LATER, accepted=[other.fingerprint])
    assert (outcome.faults, set(outcome.keys)) == ((), {psirt.fingerprint, other.fingerprint})
    state_keys(world, other)
    (fault,) = world.update(named, LATER).faults
    assert f"CHANGED: gone {psirt.fingerprint};" in fault
    outcome = world.update(named, LATER, accepted=[other.fingerprint])
    # What was verified when the former key counted stays so; what it signs now does not hold.
    assert (outcome.faults, outcome.keys) == ((), (other.fingerprint,))
    assert outcome.signed == "verified"
    assert not world.server.asked("cve-2026")
    publish(world.root, "csaf", some(1, 2))
    sign(world, psirt, 2)
    assert "no accepted key" in world.update(named, LATER).faults[0]
    sign(world, other, 2)
    assert world.update(named, LATER).signed == "verified"


def test_keys_that_are_no_longer_named_go_on_counting_and_that_is_told(world, psirt):
    named = state_keys(world, psirt)
    publish(world.root, "csaf", some(1))
    sign(world, psirt, 1)
    world.update(named)
    state_keys(world)
    (fault,) = world.update(named, LATER).faults
    assert f"gone {psirt.fingerprint}; the former ones count" in fault
    publish(world.root, "csaf", some(1, 2))
    assert "2 of" not in str(world.update(named, LATER).notes)
    outcome = world.update(named, LATER)
    assert outcome.signed == "partly"
    assert "1 of 2 files have no signature" in outcome.notes[0]


def test_a_revoked_key_is_told_and_what_it_signed_is_refused(world):
    signer = Signer()
    named = state_keys(world, signer)
    publish(world.root, "csaf", some(1, 2))
    sign(world, signer, 1)
    sign(world, signer, 2)
    world.update(named)
    revoked = bytes(signer.public) + signer.revocation()
    put(world.root, f"openpgp/{signer.fingerprint}.asc", revoked)
    publish(world.root, "csaf", some(1) | some(2, stamp="2026-03-01T00:00:00Z"))
    put(world.root, PLACE.format(2), csaf("CVE-2026-0002", "anew"))
    data = (world.root / PLACE.format(2)).read_bytes()
    put(world.root, PLACE.format(2) + ".sha256", hashlib.sha256(data).hexdigest())
    sign(world, signer, 2)
    before = world.digest()
    told, refused = world.update(named, LATER).faults
    assert f"its key {signer.fingerprint} is revoked" in told
    assert "which is revoked, does not hold" in refused
    assert world.digest() == before


def test_an_expired_key_is_told_and_what_it_signed_before_counts(world):
    signer = Signer(validity_seconds=3600)
    named = state_keys(world, signer)
    publish(world.root, "csaf", some(1))
    sign(world, signer, 1)
    outcome = world.update(named, "2099-01-01T00:00:00Z")
    (note,) = outcome.notes
    assert f"its key {signer.fingerprint} expired on 20" in note
    assert (outcome.faults, outcome.signed) == ((), "verified")


def test_a_key_without_a_stated_fingerprint_is_kept_by_its_own(world, psirt, other):
    named = state_keys(world, psirt, fingerprint="")
    publish(world.root, "csaf", some(1))
    sign(world, psirt, 1)
    assert world.update(named).keys == (psirt.fingerprint,)
    put(world.root, f"openpgp/{psirt.fingerprint}.asc", str(other.public))
    assert f"new {other.fingerprint}" in world.update(named, LATER).faults[0]


@pytest.mark.parametrize("key", [b"", b"<html>", b"\xff" * 99, "private", "cut"])
def test_what_is_no_key_is_told(world, psirt, key):
    named = state_keys(world, psirt)
    data = {"private": bytes(psirt.key), "cut": bytes(psirt.public)[:60]}.get(key, key)
    put(world.root, f"openpgp/{psirt.fingerprint}.asc", data)
    publish(world.root, "csaf", some(1))
    (fault,) = world.update(named).faults
    assert f"{psirt.fingerprint}.asc: it is no key" in fault


def test_a_key_without_an_address_is_told(world, psirt):
    named = state_keys(world, psirt, url="")
    publish(world.root, "csaf", some(1))
    assert world.update(named).faults == (f"its key {psirt.fingerprint} is nowhere to be had",)


@pytest.mark.parametrize("fingerprint", ["1234abcd", "z" * 40, "ab" * 21, 7])
def test_what_is_no_fingerprint_is_told(world, psirt, fingerprint):
    named = state_keys(world, psirt, fingerprint=fingerprint)
    publish(world.root, "csaf", some(1))
    outcome = world.update(named)
    assert ("no fingerprint" in outcome.faults[0]) != ("keys cannot be read" in outcome.faults[0])
    # The documents come all the same.
    assert world.ids() == ["CVE-2026-0001"]


def test_without_the_extra_nothing_is_verified_and_that_is_shown(world, psirt, monkeypatch):
    named = state_keys(world, psirt)
    publish(world.root, "csaf", some(1))
    sign(world, psirt, 1)
    with monkeypatch.context() as patch:
        patch.setattr(openpgp, "find_spec", lambda _: None)
        outcome = world.update(named)
        assert (outcome.status, outcome.signed, outcome.keys) == ("updated", "unverified", ())
        assert not world.server.asked(".asc")
    # With it, what is here is verified once.
    outcome = world.update(named, LATER)
    assert (outcome.status, outcome.signed) == ("unchanged", "verified")
    assert len(world.server.asked(".asc")) == 2


def test_an_archive_that_came_without_the_extra_is_verified_later(world, psirt, monkeypatch):
    named = state_keys(world, psirt)
    publish(world.root, "csaf", some(1))
    put_archive(world.root, "2026-03-01", some(1))
    name = "csaf/csaf_vex_2026-03-01.tar.gz"
    put(world.root, name + ".asc", psirt.sign((world.root / name).read_bytes()))
    with monkeypatch.context() as patch:
        patch.setattr(openpgp, "find_spec", lambda _: None)
        assert world.update(named).signed == "unverified"
    assert world.update(named, LATER).signed == "verified"
    assert world.update(named, LATER).signed == "verified"
    assert not world.server.asked(name)


def test_an_archive_is_verified_too(world, psirt, other):
    url = f"{world.server.url}/m/provider-metadata.json"
    redhat = world.publisher("redhat", items=(("csaf/", ""),), metadata=url)
    state_keys(world, psirt)
    told = (world.root / ".well-known/csaf/provider-metadata.json").read_bytes()
    put(world.root, "m/provider-metadata.json", told)
    publish(world.root, "csaf", some(1, 2))
    put_archive(world.root, "2026-03-01", some(1, 2))
    name = "csaf/csaf_vex_2026-03-01.tar.gz"
    put(world.root, name + ".asc", other.sign((world.root / name).read_bytes()))
    outcome = world.update(redhat)
    assert outcome.status == "failed"
    assert "no accepted key" in outcome.faults[0]
    put(world.root, name + ".asc", psirt.sign((world.root / name).read_bytes(), armor=False))
    outcome = world.update(redhat, LATER)
    assert (outcome.status, outcome.signed) == ("updated", "verified")
    assert entries(world)[name].signed == psirt.fingerprint
    assert world.update(redhat, LATER).status == "unchanged"


def test_metadata_that_fail_leave_the_keys_as_they_were(world, psirt):
    url = f"{world.server.url}/m/provider-metadata.json"
    suse = world.publisher("suse", items=(("csaf/", ""),), metadata=url)
    publish(world.root, "csaf", some(1))
    assert (world.update(suse).faults, world.update(suse).signed) == ((), "")
    state_keys(world, psirt)
    told = (world.root / ".well-known/csaf/provider-metadata.json").read_bytes()
    put(world.root, "m/provider-metadata.json", told)
    sign(world, psirt, 1)
    assert world.update(suse, LATER).signed == "verified"
    for wrong, said in (
        (b"<html>", "no provider metadata"),
        (b'{"public_openpgp_keys": 7}', "its keys cannot be read"),
        (b'{"public_openpgp_keys": [{"url": null}]}', "its keys cannot be read"),
    ):
        put(world.root, "m/provider-metadata.json", wrong)
        outcome = world.update(suse, LATER)
        assert said in outcome.faults[0]
        assert (outcome.signed, outcome.keys) == ("verified", (psirt.fingerprint,))
    (world.root / "m/provider-metadata.json").unlink()
    assert "no such file" in world.update(suse, LATER).faults[0]


def test_rolie_names_the_signatures(world, psirt):
    (data, _), url = some(1)["CVE-2026-0001"], world.server.url
    put(world.root, "d/cve-2026-0001.json", data)
    put(world.root, "d/signatures/1.asc", psirt.sign(data))
    links = {"self": "d/cve-2026-0001.json", "signature": "d/signatures/1.asc"}
    entry = {
        "updated": "2026-02-01T00:00:00Z", "content": {"src": f"{url}/d/cve-2026-0001.json"},
        "link": [{"rel": rel, "href": f"{url}/{href}"} for rel, href in links.items()],
    }  # fmt: skip
    put(world.root, "feed.json", {"feed": {"entry": [entry]}})
    named = state_keys(world, psirt)
    told = metadata(world, rolie={"feeds": [{"url": f"{url}/feed.json"}]})
    keys = [{"url": f"{url}/openpgp/{psirt.fingerprint}.asc", "fingerprint": psirt.fingerprint}]
    put(world.root, ".well-known/csaf/provider-metadata.json", told | {"public_openpgp_keys": keys})
    assert world.update(named).signed == "verified"


def test_whoever_has_a_mirror_of_the_cache_verifies_it_himself(world, psirt):
    named = state_keys(world, psirt)
    publish(world.root, "csaf", some(1, 2))
    sign(world, psirt, 1, 2)
    world.update(named)
    inside = {"db": world.db + "2", "cache": world.cache + "2"}
    mirror = f"{world.cache}/feeds"
    outcome = world.update(named, mirror=mirror, **inside)
    assert (outcome.status, outcome.signed, outcome.faults) == ("updated", "verified", ())
    # Whoever exchanges a document on the mirror is found out.
    kept = f"{mirror}/{named.name}/{PLACE.format(1)}"
    with open(kept, "wb") as file:
        file.write(csaf("CVE-2026-0001", "harmless"))
    listed = f"{mirror}/{named.name}/csaf/changes.csv"
    with open(listed) as file:
        text = file.read().replace("2026-02-01", "2026-02-02", 1)
    with open(listed, "w") as file:
        file.write(text)
    outcome = world.update(named, LATER, mirror=mirror, **inside)
    assert f"its signature by {psirt.fingerprint} does not hold" in outcome.faults[0]


# GnuPG signs what Sequoia verifies.


@pytest.fixture(scope="module")
def gnupg(tmp_path_factory):
    if not shutil.which("gpg"):
        skip_or_fail("gpg is not here")
    home = tmp_path_factory.mktemp("gnupg")
    home.chmod(0o700)
    environment = {"PATH": os.environ["PATH"], "GNUPGHOME": str(home)}

    def gpg(*argv, data=b""):
        words = ["gpg", "--batch", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", ""]
        done = subprocess.run(
            [*words, *argv], env=environment, input=data, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    for kind in ("rsa2048", "ed25519"):
        gpg("--quick-gen-key", f"{kind} <{kind}@example.com>", kind, "sign", "never")
    yield gpg
    subprocess.run(["gpgconf", "--kill", "all"], env=environment, check=False)


@pytest.mark.parametrize("kind", ["rsa2048", "ed25519"])
@pytest.mark.parametrize("armor", [("--armor",), ()])
def test_what_gnupg_signs_is_verified(gnupg, tmp_path, kind, armor):
    data = csaf("CVE-2026-0001")
    (tmp_path / "a.json").write_bytes(data)
    (key,) = openpgp.keys_in(gnupg(*armor, "--export", f"{kind}@example.com"))
    keys = {key.fingerprint: key}
    signature = gnupg(*armor, "--local-user", kind, "--detach-sign", data=data)
    path = str(tmp_path / "a.json")
    assert openpgp.signer(path, signature, keys) == (key.fingerprint, "")
    (tmp_path / "a.json").write_bytes(data + b" ")
    signer, fault = openpgp.signer(path, signature, keys)
    assert (signer, "does not hold" in fault) == ("", True)


def test_a_signature_with_a_broken_hash_does_not_hold(gnupg, tmp_path):
    (tmp_path / "a.json").write_bytes(b"{}")
    (key,) = openpgp.keys_in(gnupg("--export", "rsa2048@example.com"))
    signature = gnupg(
        "--local-user", "rsa2048", "--digest-algo", "SHA1", "--detach-sign", data=b"{}"
    )
    signer, fault = openpgp.signer(str(tmp_path / "a.json"), signature, {key.fingerprint: key})
    assert (signer, "does not hold" in fault) == ("", True)


def test_gnupg_takes_our_signatures_for_what_they_are(gnupg, tmp_path, psirt):
    """The keys and signatures that these tests publish are such as others publish."""
    gnupg("--import", data=str(psirt.public).encode())
    (tmp_path / "a").write_bytes(b"data")
    (tmp_path / "a.asc").write_bytes(psirt.sign(b"data"))
    gnupg("--trust-model", "always", "--verify", str(tmp_path / "a.asc"), str(tmp_path / "a"))


# Files of OpenPGP


def test_of_several_signatures_one_that_holds_is_enough(tmp_path, psirt, other):
    (tmp_path / "a").write_bytes(b"data")
    (key,) = openpgp.keys_in(bytes(psirt.public))
    keys = {key.fingerprint: key}
    two = other.sign(b"data", armor=False) + psirt.sign(b"data", armor=False)
    armoured = pysequoia.armor(two, pysequoia.ArmorKind.Signature).encode()
    for signatures in (two, armoured):
        assert openpgp.signer(str(tmp_path / "a"), signatures, keys) == (psirt.fingerprint, "")


def test_a_file_may_hold_several_keys(psirt, other):
    found = openpgp.keys_in(bytes(other.public) + bytes(psirt.public))
    assert [key.fingerprint for key in found] == [other.fingerprint, psirt.fingerprint]


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("AB CD " * 10, "abcd" * 10),
        ("0x" + "Ab" * 20, "ab" * 20),
        ("ab:" * 31 + "ab", "ab" * 32),
        ("abcd1234", ""),
        ("g" * 40, ""),
        ("", ""),
    ],
)
def test_fingerprints_are_compared_however_they_are_written(text, bare):
    assert openpgp.fingerprint(text) == bare


def test_damaged_keys_and_signatures_raise_nothing_else(tmp_path, psirt):
    """Every single byte of a key and of a signature, exchanged: told, and never verified wrongly."""
    (tmp_path / "a").write_bytes(b"data")
    (key,) = openpgp.keys_in(bytes(psirt.public))
    signature = psirt.sign(b"data", armor=False)
    for whole in (signature, bytes(psirt.public)):
        for place in range(len(whole)):
            damaged = whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]
            with suppress(openpgp.BadOpenPgpError):
                openpgp.keys_in(damaged)
            signer, fault = openpgp.signer(str(tmp_path / "a"), damaged, {key.fingerprint: key})
            assert bool(signer) != bool(fault)
            assert "\n" not in fault
