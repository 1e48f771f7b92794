"""Keys that sign and verify: ECDSA P-256, P-384, P-521, Ed25519 and RSA, in PEM.

Private keys may be plain or encrypted PKCS #8, or cosign's own encryption (scrypt and NaCl's
secretbox). Signatures are those cosign makes with the same keys; Ed25519 and ECDSA (RFC 6979) sign
the same content with the same bytes.
"""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from sbom.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ec import (
        EllipticCurve,
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
    )
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )
    from cryptography.hazmat.primitives.asymmetric.padding import AsymmetricPadding
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

    AnyPublic = EllipticCurvePublicKey | Ed25519PublicKey | RSAPublicKey
    AnyPrivate = EllipticCurvePrivateKey | Ed25519PrivateKey | RSAPrivateKey

COSIGN_LABELS = (b"ENCRYPTED COSIGN PRIVATE KEY", b"ENCRYPTED SIGSTORE PRIVATE KEY")
LARGEST_FILE = 1 << 16
LEAST_RSA_BITS = 2048
MOST_SCRYPT_BYTES = 1 << 28
"""Memory that a key file may make us spend: 128 N r bytes, cosign's own takes 64 MiB."""
KINDS = "an EC (P-256, P-384, P-521), Ed25519 or RSA key of 2048 bits or more"


class Verifier(Struct, frozen=True, gc=False):
    """A public key. id: `sha256:` and the digest of its DER form (SubjectPublicKeyInfo)."""

    id: str
    key: AnyPublic

    def accepts(self, signature: bytes, message: bytes) -> bool:
        """Tell whether the holder of the private key signed `message`."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519

        try:
            if isinstance(self.key, ed25519.Ed25519PublicKey):
                self.key.verify(signature, message)
            elif isinstance(self.key, ec.EllipticCurvePublicKey):
                self.key.verify(signature, message, ec.ECDSA(_hash_for(self.key.curve)))
            else:
                padding, digest = _rsa_scheme()
                self.key.verify(signature, message, padding, digest)
        except InvalidSignature:
            return False
        return True

    def pem(self) -> bytes:
        """Return the key as PEM, as `cosign --key` reads it."""
        from cryptography.hazmat.primitives import serialization as form

        return self.key.public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)


class Signer(Struct, frozen=True, gc=False):
    """A private key and the id of its public one."""

    id: str
    key: AnyPrivate

    def sign(self, message: bytes) -> bytes:
        """Return the signature of `message`."""
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519

        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(message)
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            digest = _hash_for(self.key.curve)
            return self.key.sign(message, ec.ECDSA(digest, deterministic_signing=True))
        padding, digest = _rsa_scheme()
        return self.key.sign(message, padding, digest)

    def public(self) -> Verifier:
        """Return the key that verifies."""
        return _verifier(self.key.public_key())

    def pem(self, password: bytes) -> bytes:
        """Return the key as PKCS #8 in PEM, encrypted unless the password is empty."""
        from cryptography.hazmat.primitives import serialization as form

        secret: form.KeySerializationEncryption = form.NoEncryption()
        if password:
            secret = form.BestAvailableEncryption(password)
        return self.key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, secret)


def generate() -> Signer:
    """Make a new key: ECDSA P-256, which cosign and every registry's tools can use."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return _signer(ec.generate_private_key(ec.SECP256R1()))


def read_public(data: bytes, name: str) -> Verifier:
    """Read a public key in PEM; of a private key's file this is a clear InputError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if b"PRIVATE KEY" in data:
        raise InputError(f"{name}: a private key where a public one is due", "keep it to yourself")
    try:
        return _verifier(load_pem_public_key(data[:LARGEST_FILE]))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError(f"{name}: no public key in PEM", f"give {KINDS}") from error


def read_private(data: bytes, name: str, password: Callable[[], bytes]) -> Signer:
    """Read a private key in PEM; `password` is asked where it is encrypted.

    Raises:
        InputError: where it is no key, or the password is wrong.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import (
        load_der_private_key,
        load_pem_private_key,
    )

    data = data[:LARGEST_FILE]
    wrong = InputError(f"{name}: the password is wrong", "set LADING_KEY_PASSWORD")
    try:
        if any(b"-----BEGIN " + label in data for label in COSIGN_LABELS):
            plain = _cosign_decrypted(data, password())
            if plain is None:
                raise wrong
            return _signer(load_der_private_key(plain, None))
        encrypted = b"ENCRYPTED" in data
        return _signer(load_pem_private_key(data, password() if encrypted else None))
    except (ValueError, TypeError, UnsupportedAlgorithm, msgspec.MsgspecError) as error:
        if b"ENCRYPTED PRIVATE KEY" in data or b"Proc-Type" in data:
            raise wrong from error
        raise InputError(f"{name}: no private key in PEM", f"give {KINDS}") from error


class _Kdf(Struct, frozen=True):
    name: str
    params: dict[str, int]
    salt: str


class _Cipher(Struct, frozen=True):
    name: str
    nonce: str


class _Sealed(Struct, frozen=True):
    """What stands, as JSON, in the PEM block of cosign's private keys."""

    kdf: _Kdf
    cipher: _Cipher
    ciphertext: str


def _cosign_decrypted(data: bytes, password: bytes) -> bytes | None:
    """Return the PKCS #8 key inside, or None where the password does not open it."""
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
    from nacl.exceptions import CryptoError
    from nacl.secret import SecretBox

    lines = data.replace(b"\r", b"").strip().split(b"\n")
    body = b"".join(line for line in lines if not line.startswith(b"-----"))
    sealed = msgspec.json.decode(b64decode(body, validate=True), type=_Sealed)
    if (sealed.kdf.name, sealed.cipher.name) != ("scrypt", "nacl/secretbox"):
        raise ValueError("another encryption than cosign's")
    n, r, p = (sealed.kdf.params.get(name, 0) for name in ("N", "r", "p"))
    if not (0 < 128 * n * r <= MOST_SCRYPT_BYTES and 0 < p <= 16):
        raise ValueError("its key derivation would take too much")
    secret = Scrypt(b64decode(sealed.kdf.salt), SecretBox.KEY_SIZE, n, r, p).derive(password)
    try:
        box = SecretBox(secret)
        return box.decrypt(b64decode(sealed.ciphertext), b64decode(sealed.cipher.nonce))
    except CryptoError:
        return None


def _signer(key: object) -> Signer:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    known = (ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey, rsa.RSAPrivateKey)
    if not isinstance(key, known):
        raise TypeError(type(key).__name__)
    return Signer(_verifier(key.public_key()).id, key)


def _verifier(key: object) -> Verifier:
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    known = (ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey, rsa.RSAPublicKey)
    if not isinstance(key, known):
        raise ValueError(type(key).__name__)  # noqa: TRY004 (a fault of the file, told as such)
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < LEAST_RSA_BITS:
        raise ValueError("too short")
    if isinstance(key, ec.EllipticCurvePublicKey):
        _hash_for(key.curve)
    der = key.public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo)
    return Verifier("sha256:" + sha256(der).hexdigest(), key)


def _hash_for(curve: EllipticCurve) -> HashAlgorithm:
    """Return the hash that goes with a curve (FIPS 186-5; sigstore's algorithm registry)."""
    from cryptography.hazmat.primitives import hashes

    sizes: dict[str, HashAlgorithm] = {
        "secp256r1": hashes.SHA256(),
        "secp384r1": hashes.SHA384(),
        "secp521r1": hashes.SHA512(),
    }
    if curve.name not in sizes:
        raise ValueError(f"curve {curve.name}")
    return sizes[curve.name]


def _rsa_scheme() -> tuple[AsymmetricPadding, HashAlgorithm]:
    """Return what cosign takes for RSA: PKCS #1 v1.5 over SHA-256."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    return padding.PKCS1v15(), hashes.SHA256()
