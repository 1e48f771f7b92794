"""The digest of documents is SHA-256, whoever computes it."""

import hashlib
import subprocess
import sys

import pytest

from sbom import digest


@pytest.mark.parametrize("size", [0, 1, 1000, digest.WORTH_OPENSSL - 1, digest.WORTH_OPENSSL])
@pytest.mark.parametrize("loaded", [True, False])
def test_it_is_the_sha_256(monkeypatch, size, loaded):
    if not loaded:
        monkeypatch.delitem(sys.modules, "hashlib")
    document = b"x" * size
    assert digest.digest_of(document) == "sha256:" + hashlib.sha256(document).hexdigest()


def test_an_interpreter_without_its_own_asks_openssl(monkeypatch):
    monkeypatch.delitem(sys.modules, "hashlib")
    monkeypatch.setattr(digest, "OWN_SHA256", "no_such_module")
    assert digest.digest_of(b"x") == "sha256:" + hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize(("size", "loaded"), [(1000, False), (digest.WORTH_OPENSSL, True)])
def test_openssl_is_loaded_for_large_documents_only(size, loaded):
    script = f"import sys, sbom.digest as d; d.digest_of(b'x' * {size}); print('_hashlib' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(loaded)
