"""`feeds update` and `feeds status` as a user runs them, against a server on the loopback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pysequoia
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/match"))

from feed_servers import kev, osv_record, put, put_osv, serving  # noqa: E402

KEV = "kev/sites/default/files/feeds/known_exploited_vulnerabilities.json"


class World:
    def __init__(self, server, tmp_path):
        self.server, self.root, self.home = server, server.root, tmp_path

    def run(self, *argv, code=0, **environment):
        stated = {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "LADING_CONFIG": "",
        }
        done = subprocess.run(
            [sys.executable, "-m", "lading", "feeds", *argv],
            cwd=ROOT, env=stated | environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    def json(self, schema, *argv, **environment):
        document = json.loads(self.run(*argv, "-o", "json", **environment).stdout)
        jsonschema.validate(
            document, json.loads((ROOT / f"schemas/{schema}.schema.json").read_text())
        )
        return document


@pytest.fixture
def world(tmp_path):
    put(tmp_path / "root", KEV, kev("CVE-2026-0001"))
    put_osv(tmp_path / "root", [osv_record("PYSEC-2026-1")])
    with serving(tmp_path / "root") as server:
        yield World(server, tmp_path)


def test_an_update_is_told_and_so_is_its_state(world):
    named = ("kev", "osv", "--ecosystem", "PyPI", "--mirror", world.server.url)
    told = world.json("update", "update", *named)
    assert {one["name"]: one["status"] for one in told["publishers"]} == {
        "kev": "updated",
        "osv": "updated",
    }
    again = world.json("update", "update", *named)
    assert {one["status"] for one in again["publishers"]} == {"unchanged"}
    assert "\nadvisory set sha256:" in world.run("update", *named).stdout
    status = world.json("feeds", "status")
    assert {feed["name"]: feed["records"] for feed in status["feeds"]} == {"kev": 1, "osv:PYSEC": 1}
    assert {one["status"] for one in status["publishers"]} == {"fresh"}
    assert (world.home / ".cache/lading/feeds" / KEV).is_file()
    text = world.run("status").stdout
    assert "last in full" in text
    assert "fresh" in text


def test_what_fails_is_told_and_the_rest_is_done(world):
    world.run("update", "kev", "--mirror", world.server.url)
    world.server.always[KEV] = lambda handler: handler.answer(403, b"")
    done = world.run("update", "kev", "osv", "--ecosystem", "PyPI", "--mirror", world.server.url)
    assert "problem: kev (as of 20" in done.stderr
    assert "403" in done.stderr
    assert "kev        failed" in done.stdout
    assert "osv        updated" in done.stdout
    status = world.json("feeds", "status", "--now", "2030-01-01T00:00:00Z")
    assert {one["status"] for one in status["publishers"]} == {"stale"}


def test_where_nothing_can_be_had_there_is_no_answer(world):
    done = world.run("update", "kev", "--mirror", f"{world.server.url}/nowhere", code=2)
    assert "nothing could be updated" in done.stderr
    assert done.stdout == ""


def test_a_key_is_in_no_output_and_goes_to_no_mirror(world):
    done = world.run(
        "update", "nvd", "--mirror", world.server.url, code=2, NVD_API_KEY="the-secret-key"
    )
    assert "the-secret-key" not in done.stdout + done.stderr
    assert all("apiKey" not in headers for _, headers, _ in world.server.log)
    kept = [
        path.read_text(errors="replace")
        for path in (world.home / ".cache").rglob("*")
        if path.is_file()
    ]
    assert not any("the-secret-key" in text for text in kept)


def test_a_provider_is_remembered(world):
    put(
        world.root,
        ".well-known/csaf/provider-metadata.json",
        {"distributions": [{"directory_url": f"{world.server.url}/d/"}]},
    )
    put(world.root, "d/index.txt", "a.json\n")
    data = {
        "document": {"category": "csaf_vex", "csaf_version": "2.0", "publisher": {"name": "E"}, "tracking": {"id": "E-1"}},
        "vulnerabilities": [{"cve": "CVE-2026-0005"}],
    }  # fmt: skip
    put(world.root, "d/a.json", data)
    told = world.json("update", "update", "--provider", world.server.url)
    (one,) = told["publishers"]
    assert one["status"] == "updated"
    assert one["name"].startswith("csaf-127.0.0.1-")
    from lading.fetching import orders

    later, _ = orders((), ("PyPI",), (), str(world.home / "db"), str(world.home / ".cache/lading"))
    assert later[-1].publisher.name == one["name"]


def put_signed(world, key, text="t"):
    """Publish a provider's document, signed, and the key that its metadata name."""
    public = key.extract_certificate()
    put(world.root, f"{public.fingerprint}.asc", str(public))
    url = f"{world.server.url}/{public.fingerprint}.asc"
    told = {
        "role": "csaf_trusted_provider",
        "distributions": [{"directory_url": f"{world.server.url}/d/"}],
        "public_openpgp_keys": [{"url": url, "fingerprint": public.fingerprint}],
    }
    put(world.root, ".well-known/csaf/provider-metadata.json", told)
    put(world.root, "d/index.txt", "a.json\n")
    data = {
        "document": {"category": "csaf_vex", "csaf_version": "2.0", "title": text, "publisher": {"name": "E"}, "tracking": {"id": "E-1"}},
        "vulnerabilities": [{"cve": "CVE-2026-0005"}],
    }  # fmt: skip
    file = put(world.root, "d/a.json", data)
    put(
        world.root,
        "d/a.json.asc",
        pysequoia.sign(key.signer(), file.read_bytes(), mode=pysequoia.SignatureMode.DETACHED),
    )
    return public.fingerprint


def test_signatures_are_shown_and_changed_keys_are_accepted_by_their_fingerprint(world):
    first, second = pysequoia.Tsk.generate("A"), pysequoia.Tsk.generate("B")
    mark = put_signed(world, first)
    named = ("update", "--provider", world.server.url)
    (one,) = world.json("update", *named)["publishers"]
    assert (one["status"], one["signed"], one["keys"]) == ("updated", "verified", [mark])
    (shown,) = world.json("feeds", "status")["publishers"]
    assert (shown["signed"], shown["keys"]) == ("verified", [mark])
    assert "verified" in world.run("status").stdout
    new = put_signed(world, second, "anew")
    told = world.run(*named).stderr
    assert "problem: csaf-127.0.0.1" in told
    assert f"THE KEYS IT SIGNS WITH HAVE CHANGED: new {new}, gone {mark}" in told
    wrong = world.run(*named, "--accept-key", "ab" * 20).stderr
    assert f"--accept-key {'ab' * 20}: no publisher asked names this key" in wrong
    spaced = " ".join(new[at : at + 4] for at in range(0, 40, 4)).upper()
    assert world.run(*named, "--accept-key", spaced).stderr == ""
    (one,) = world.json("update", *named)["publishers"]
    assert (one["signed"], one["keys"], one["faults"]) == ("verified", [new], [])


def test_without_the_extra_an_update_says_once_how_to_verify(world, tmp_path):
    put_signed(world, pysequoia.Tsk.generate("A"))
    # A finder before all others that finds no such module: as where it is not installed.
    hidden = tmp_path / "hidden"
    put(
        hidden,
        "sitecustomize.py",
        "import sys\nfrom importlib.machinery import PathFinder\n"
        "real = PathFinder.find_spec\n"
        "PathFinder.find_spec = lambda name, *rest: None if name == 'pysequoia' else real(name, *rest)\n",
    )
    done = world.run("update", "--provider", world.server.url, PYTHONPATH=str(hidden))
    (line,) = done.stderr.splitlines()
    assert "were not verified; pip install 'lading[openpgp]' verifies them" in line
    (shown,) = world.json("feeds", "status")["publishers"]
    assert (shown["signed"], shown["status"]) == ("unverified", "fresh")


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["kev", "--accept-key", "1234abcd"], "no fingerprint of a key"),
        (["nope"], "no such publisher"),
        (["--ecosystem", "Fortran"], "none of this name"),
        (["--provider", "http://example.com"], "neither a domain nor an https address"),
        (["kev", "--ca-file", "nowhere.pem", "--mirror", "https://127.0.0.1:1"], "nowhere.pem"),
        (["kev", "-o", "xml"], "unknown format"),
        (["kev", "--cache", "/dev/null/x"], "/dev/null"),
    ],
)
def test_bad_words_are_one_line(world, argv, told):
    done = world.run("update", *argv, code=2)
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
