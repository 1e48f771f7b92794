"""Keys, envelopes and trust: what was signed is what is read, and only those count who may."""

import json
import subprocess
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.secret import SecretBox

from sbom.errors import InputError
from sbom.signing import dsse, statement
from sbom.signing.keys import Signer, generate, read_private, read_public
from sbom.signing.trust import counted, read_trust

TYPE = statement.PAYLOAD_TYPE
KEYS = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
}


def unasked() -> bytes:
    raise AssertionError("the password was asked for")


def read(key, password: bytes = b"") -> Signer:
    secret = form.BestAvailableEncryption(password) if password else form.NoEncryption()
    pem = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, secret)
    return read_private(pem, "k", (lambda: password) if password else unasked)


@pytest.mark.parametrize("kind", KEYS)
def test_every_kind_of_key_signs_and_verifies(kind):
    signer = read(KEYS[kind]())
    public = read_public(signer.public().pem(), "p")
    envelope = dsse.seal(b"payload", TYPE, [signer])
    assert public.id == signer.id
    assert dsse.unseal(envelope, "e", TYPE, [public]) == dsse.Opened(b"payload", (signer.id,))
    assert dsse.unseal(envelope, "e", TYPE, [generate().public()]).signed_by == ()


@pytest.mark.parametrize("kind", ["P-256", "P-384", "Ed25519", "RSA"])
def test_the_same_content_has_the_same_signature(kind):
    signer = read(KEYS[kind]())
    assert dsse.seal(b"x", TYPE, [signer]) == dsse.seal(b"x", TYPE, [signer])


def test_openssl_accepts_a_signature(tmp_path):
    signer = generate()
    (tmp_path / "p.pub").write_bytes(signer.public().pem())
    (tmp_path / "message").write_bytes(b"DSSEv1 4 text 5 hello")
    envelope = json.loads(dsse.seal(b"hello", "text", [signer]))
    (tmp_path / "sig.b64").write_text(envelope["signatures"][0]["sig"])
    subprocess.run(
        ["openssl", "base64", "-d", "-A", "-in", "sig.b64", "-out", "sig"], cwd=tmp_path, check=True
    )
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "p.pub", "-signature", "sig", "message"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Verified OK" in done.stdout


@given(st.binary(max_size=200), st.integers(min_value=0), st.integers(1, 255))
@settings(max_examples=40, deadline=None)
def test_a_changed_payload_has_no_signature(payload, place, change):
    signer = generate()
    envelope = json.loads(dsse.seal(b"x" + payload, TYPE, [signer]))
    changed = bytearray(b"x" + payload)
    changed[place % len(changed)] ^= change
    envelope["payload"] = b64encode(bytes(changed)).decode()
    data = json.dumps(envelope).encode()
    assert dsse.unseal(data, "e", TYPE, [signer.public()]).signed_by == ()


def test_the_type_is_signed_too():
    signer = generate()
    envelope = json.loads(dsse.seal(b"x", TYPE, [signer]))
    envelope["payloadType"] = "text/plain"
    data = json.dumps(envelope).encode()
    assert dsse.unseal(data, "e", "text/plain", [signer.public()]).signed_by == ()
    with pytest.raises(InputError, match=r"not application/vnd\.in-toto"):
        dsse.unseal(data, "e", TYPE, [signer.public()])


def test_encrypted_keys_ask_for_their_password():
    key = KEYS["P-256"]()
    assert read(key, b"secret").id == read(key).id
    pem = read(key).pem(b"secret")
    with pytest.raises(InputError, match="the password is wrong"):
        read_private(pem, "k", lambda: b"other")


def sealed_by_cosign(plain: bytes, password: bytes, claimed: int = 1 << 12) -> bytes:
    """Encrypt as cosign does, and claim a cost."""
    n, salt, nonce = 1 << 12, b"s" * 32, b"n" * 24
    secret = Scrypt(salt, 32, n, 8, 1).derive(password)
    box = SecretBox(secret).encrypt(plain, nonce).ciphertext
    text = json.dumps(
        {
            "kdf": {"name": "scrypt", "params": {"N": claimed, "r": 8, "p": 1}, "salt": b64(salt)},
            "cipher": {"name": "nacl/secretbox", "nonce": b64(nonce)},
            "ciphertext": b64(box),
        }
    )
    label = b"ENCRYPTED SIGSTORE PRIVATE KEY"
    return b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (
        label,
        b64encode(text.encode()),
        label,
    )


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def test_keys_that_cosign_encrypted_are_read():
    key = KEYS["P-256"]()
    der = key.private_bytes(form.Encoding.DER, form.PrivateFormat.PKCS8, form.NoEncryption())
    pem = sealed_by_cosign(der, b"secret")
    assert read_private(pem, "k", lambda: b"secret").id == read(key).id
    with pytest.raises(InputError, match="the password is wrong"):
        read_private(pem, "k", lambda: b"other")


def test_a_key_file_may_not_make_us_spend_memory():
    with pytest.raises(InputError, match="no private key"):
        read_private(sealed_by_cosign(b"", b"", claimed=1 << 40), "k", bytes)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----\n!!\n-----END",
        b"\xff\xfe",
    ],
)
def test_what_is_no_key_is_told_in_one_line(data):
    for reading in (lambda: read_public(data, "f"), lambda: read_private(data, "f", bytes)):
        with pytest.raises(InputError) as told:
            reading()
        assert "\n" not in str(told.value)


def test_a_private_key_is_never_taken_for_a_public_one():
    with pytest.raises(InputError, match="a private key"):
        read_public(generate().pem(b""), "f")


def test_short_rsa_keys_are_refused():
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505
    with pytest.raises(InputError):
        read(key)


@pytest.mark.parametrize(
    "data",
    [b"{}", b"[]", b"\xff", b'{"payload":"!","payloadType":"%s","signatures":[]}' % TYPE.encode()],
)
def test_what_is_no_envelope_is_told(data):
    with pytest.raises(InputError):
        dsse.unseal(data, "e", TYPE, [])


def test_statements_are_read_as_they_were_written():
    subject = statement.about("sha256:" + "ab" * 32, "app")
    payload = statement.write((subject,), "https://example.org/p/v1", b'{"a":1}')
    read_again = statement.read(payload, "s")
    assert read_again.subject == (subject,)
    assert bytes(read_again.predicate) == b'{"a":1}'
    assert statement.digests(read_again) == {"sha256:" + "ab" * 32}
    with pytest.raises(InputError, match="nothing that has a digest"):
        statement.read(statement.write((), "x", b"{}"), "s")


def trust_file(tmp_path, *lines: str):
    signers = [generate(), generate()]
    for number, signer in enumerate(signers):
        (tmp_path / f"{number}.pub").write_bytes(signer.public().pem())
    path = tmp_path / "trust.yaml"
    path.write_text("\n".join(["keys:", *lines]))
    return signers, path


def test_retired_keys_vouch_for_what_they_signed_while_valid(tmp_path):
    (signer, _), path = trust_file(
        tmp_path, "- {name: a, key: 0.pub, from: 2026-01-01, until: 2026-06-30}"
    )
    trusted = read_trust(str(path))
    for day, good in (
        ("2025-12-31", False),
        ("2026-01-01T00:00:00Z", True),
        ("2026-06-30T23:59:59Z", True),
        ("2026-07-01", False),
        ("", False),
    ):
        keys, doubts = counted([signer.id], trusted, "verdict", day)
        assert bool(keys) is good
        assert bool(doubts) is not good


def test_revoked_keys_vouch_for_nothing(tmp_path):
    (signer, _), path = trust_file(
        tmp_path, "- {name: a, key: 0.pub, revoked: 2026-06-01, reason: stolen}"
    )
    keys, doubts = counted([signer.id], read_trust(str(path)), "sbom", "2026-01-01")
    assert keys == ()
    assert "revoked on 2026-06-01: stolen" in doubts[0].because


def test_a_key_that_is_listed_twice_is_revoked_by_either(tmp_path):
    (signer, _), path = trust_file(
        tmp_path, "- {name: a, key: 0.pub}", "- {name: lost, key: 0.pub, revoked: 2026-06-01}"
    )
    keys, doubts = counted([signer.id], read_trust(str(path)), "verdict", "2026-01-01")
    assert keys == ()
    assert [each.name for each in doubts] == ["a", "lost"]


def test_a_trust_file_is_read_whole_or_not_at_all(tmp_path):
    # Cut off, it would lack what it says last: here, that the key is revoked.
    _, path = trust_file(tmp_path, "- {name: a, key: 0.pub}")
    late = f"#{' ' * (1 << 20)}\n- {{name: b, key: 0.pub, revoked: 2026-06-01}}\n"
    path.write_text(path.read_text() + late)
    with pytest.raises(InputError, match="larger than any trust file"):
        read_trust(str(path))


def test_keys_count_for_their_uses_only(tmp_path):
    (_, other), path = trust_file(
        tmp_path, "- {name: a, key: 0.pub}", "- {name: b, key: 1.pub, for: [vex]}"
    )
    trusted = read_trust(str(path))
    assert [key.name for key in counted([other.id], trusted, "vex", "")[0]] == ["b"]
    assert counted([other.id], trusted, "verdict", "")[0] == ()


def test_a_single_public_key_is_trusted_for_everything(tmp_path):
    signer = generate()
    (tmp_path / "a.pub").write_bytes(signer.public().pem())
    trusted = read_trust(str(tmp_path / "a.pub"))
    assert counted([signer.id], trusted, "evidence", "")[0] == trusted


@pytest.mark.parametrize(
    "text",
    ["", "keys: []", "keys: [{name: a}]", "keys: [{name: a, key: x, until: soon}]", "a: [", "- 1"],
)
def test_what_is_no_trust_file_is_told(tmp_path, text):
    path = tmp_path / "trust.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match="no trust file"):
        read_trust(str(path))


def test_a_public_key_of_an_unknown_algorithm_is_told_in_one_line():
    # SubjectPublicKeyInfo with an object identifier that nobody gave away.
    der = bytes.fromhex("3010300a06082a03040506070809030200ff")
    pem = f"-----BEGIN PUBLIC KEY-----\n{b64(der)}\n-----END PUBLIC KEY-----\n".encode()
    with pytest.raises(InputError, match="no public key in PEM"):
        read_public(pem, "key.pub")
