"""A stock matched again as users meet it: what is printed, written, sent, and found in it."""

import hmac
import json
import os
import signal
import subprocess
import sys
import threading
import time
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jsonschema
import pytest

from sbom.formats import read
from sbom.store import keep

ROOT = Path(__file__).resolve().parents[2]
LADING = Path(sys.executable).with_name("lading")
SECRET = "between us"  # noqa: S105 (of a webhook that lives as long as the tests)


def lading(*words, code=0, **env):
    done = subprocess.run(
        [LADING, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **env},
    )
    assert done.returncode == code, done.stderr
    if code == 2:
        assert done.stderr.count("\n") == 1
        return done.stdout, done.stderr
    assert done.stderr == ""
    return done.stdout


def valid(kind, document, of=""):
    """The document, which keeps to its schema, or to a part of it."""
    schema = json.loads((ROOT / f"schemas/{kind}.schema.json").read_text())
    schema = {**schema, "$ref": f"#/$defs/{of}"} if of else schema
    jsonschema.validate(document, schema)
    return document


def sbom(name, *parts):
    """An SBOM document of PyPI packages, each `name@version`."""
    components = [
        {
            "type": "library",
            "name": part.partition("@")[0],
            "version": part.partition("@")[2],
            "purl": f"pkg:pypi/{part}",
            "evidence": {"occurrences": [{"location": f"site/{part}"}]},
        }
        for part in parts
    ]
    root = {"component": {"type": "container", "name": name}}
    head = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1}
    return json.dumps({**head, "metadata": root, "components": components}).encode()


def stock(db, images):
    for name, parts in images.items():
        document = sbom(name, *parts)
        keep(str(db), read(document, name), document, "2026-01-01T00:00:00Z")


def learn(db, folder, day, **fixed):
    """Import a record for each package; it is affected before the version that fixes it."""
    folder.mkdir(exist_ok=True)
    for name, version in fixed.items():
        spread = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": version}]}
        record = {
            "id": f"PYSEC-2025-{len(name)}",
            "aliases": [f"CVE-2025-{len(name)}"],
            "modified": f"2025-01-0{day}T00:00:00Z",
            "affected": [{"package": {"ecosystem": "PyPI", "name": name}, "ranges": [spread]}],
        }
        (folder / f"{name}.json").write_text(json.dumps(record))
    lading("feeds", "import", folder, "--db", db, "--learned", f"2026-01-0{day}")


IMAGES = {
    "example/a:1": ("lib@1.0", "tool@1.0"),
    "example/b:1": ("lib@1.0",),
    "example/c:1": ("lib@3.0", "tool@2.5"),
}


@pytest.fixture
def db(tmp_path):
    """A stock that was matched once; since then `lib` is said to be fixed later."""
    url = tmp_path / "lading.db"
    stock(url, IMAGES)
    learn(url, tmp_path / "feed", 1, lib="0.5", tool="2.0")
    assert "now matched" in lading("rematch", "--db", url)
    learn(url, tmp_path / "feed", 2, lib="2.0", tool="3.0")
    return url


class Hook(BaseHTTPRequestHandler):
    """Takes deliveries; `answers` are the statuses of the next ones."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.answers.pop(0) if self.server.answers else 204
        self.server.got.append((status, self.headers, body))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def hook():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    server.got, server.answers = [], []
    server.url = f"http://127.0.0.1:{server.server_address[1]}/hook?token=hidden"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def told(events):
    """What matters of events: kind, purl, names of images."""
    return {
        (e["transition"]["kind"], e["transition"]["purl"], tuple(i["name"] for i in e["images"]))
        for e in events
    }


EXPECTED = {
    ("new", "pkg:pypi/lib@1.0", ("example/a:1", "example/b:1")),
    ("new", "pkg:pypi/tool@2.5", ("example/c:1",)),
    ("changed", "pkg:pypi/tool@1.0", ("example/a:1",)),
}


def test_transitions_are_printed_once(db):
    text = lading("rematch", "--db", db)
    assert "Findings: 2 new, 1 changed, 0 gone, in 3 images." in text
    assert "new     CVE-2025-3  pkg:pypi/lib@1.0  fixed in 2.0" in text
    assert "  by PYSEC-2025-3 (osv:PYSEC): affected[0].fixed: 0.5 → 2.0" in text
    assert "  in example/a:1, example/b:1" in text
    assert "  fixed: 2.0 → 3.0" in text
    assert lading("rematch", "--db", db).startswith("Nothing changed")


def test_json_and_lines_keep_to_their_schemas(db, tmp_path):
    outputs = ("-o", "json", "-o", f"jsonl={tmp_path / 'lines'}")
    document = valid("rematch", json.loads(lading("rematch", "--db", db, *outputs)))
    assert told(document["events"]) == EXPECTED
    lines = [json.loads(line) for line in (tmp_path / "lines").read_text().splitlines()]
    assert lines == document["events"]
    assert all(valid("events", line, "Event") for line in lines)


def test_since_shows_what_changed_and_notes_nothing(db):
    for _ in range(2):
        shown = json.loads(lading("rematch", "--db", db, "--since", "2026-01-01", "-o", "json"))
        assert told(valid("rematch", shown)["events"]) == EXPECTED
    assert "2 new" in lading("rematch", "--db", db)
    _, said = lading("rematch", "--db", db, "--since", "abcdef012345", code=2)
    assert "was in no such state" in said
    _, said = lading("rematch", "--db", db, "--since", "2026-01-01", "--events", "x", code=2)
    assert "--since only shows" in said


def test_a_file_gets_each_event_once_and_a_torn_line_is_cut_off(db, tmp_path):
    file = tmp_path / "events.jsonl"
    lading("rematch", "--db", db, "--events", file)
    lading("rematch", "--db", db, "--events", file)
    first = file.read_bytes()
    assert told(map(json.loads, first.splitlines())) == EXPECTED
    file.write_bytes(first + b'{"half of')
    learn(db, tmp_path / "feed", 3, lib="0.1")
    lading("rematch", "--db", db, "--events", file)
    added = file.read_bytes()
    assert added.startswith(first)
    lines = [json.loads(line) for line in added.splitlines()]
    assert [line["transition"]["kind"] for line in lines[3:]] == ["gone"]
    assert len({line["id"] for line in lines}) == 4


def test_what_a_file_has_already_is_not_written_again_after_a_kill_between(db, tmp_path):
    file = tmp_path / "events.jsonl"
    lading("rematch", "--db", db, "--events", file)
    whole = file.read_bytes()
    from sbom.store import open_store

    with open_store(str(db), write=True) as database:
        # As a kill after the file was written leaves it: the place is not noted.
        database.execute("UPDATE event_receiver SET number = 0")
    lading("rematch", "--db", db, "--events", file)
    assert file.read_bytes() == whole


def test_a_webhook_is_told_signed_and_again_after_a_failure(db, hook):
    env = {"LADING_WEBHOOK_SECRET": SECRET, "LADING_ALLOW_HOSTS": "127.0.0.1"}
    hook.answers = [400]
    out, said = lading("rematch", "--db", db, "--webhook", hook.url, code=2, **env)
    assert "2 new" in out
    assert "answered 400" in said
    assert "hidden" not in said
    lading("rematch", "--db", db, "--webhook", hook.url, **env)
    lading("rematch", "--db", db, "--webhook", hook.url, **env)
    assert [status for status, _, _ in hook.got] == [400, 204]
    _, headers, body = hook.got[-1]
    mac = hmac.new(SECRET.encode(), body, sha256).hexdigest()
    assert headers["X-Lading-Signature-256"] == f"sha256={mac}"
    delivered, refused = (json.loads(body)["events"] for _, _, body in reversed(hook.got))
    assert told(valid("events", json.loads(body))["events"]) == EXPECTED
    assert [e["id"] for e in delivered] == [e["id"] for e in refused]


def test_a_receiver_that_fails_does_not_keep_events_from_the_others(db, tmp_path, hook):
    file = tmp_path / "events.jsonl"
    file.symlink_to(tmp_path / "nowhere" / "events.jsonl")
    words = ("--db", db, "--events", file, "--webhook", hook.url)
    _, said = lading("rematch", *words, code=2, LADING_ALLOW_HOSTS="127.0.0.1")
    assert "cannot write events" in said
    assert "kept for the next `lading rematch`" in said
    assert told(json.loads(hook.got[0][2])["events"]) == EXPECTED
    (tmp_path / "nowhere").mkdir()
    lading("rematch", *words, LADING_ALLOW_HOSTS="127.0.0.1")
    assert told(map(json.loads, file.read_text().splitlines())) == EXPECTED
    assert len(hook.got) == 1


def test_a_file_that_cannot_be_one_is_refused_before_anything_is_done(db, tmp_path):
    for path, why in ((tmp_path, "is a folder"), (tmp_path / "no" / "x", "no such folder")):
        assert why in lading("rematch", "--db", db, "--events", path, code=2)[1]
    assert "2 new" in lading("rematch", "--db", db)


def test_a_webhook_that_is_busy_is_asked_again(db, hook):
    hook.answers = [503]
    lading("rematch", "--db", db, "--webhook", hook.url, LADING_ALLOW_HOSTS="127.0.0.1")
    assert [status for status, _, _ in hook.got] == [503, 204]


def test_a_webhook_inside_the_network_has_to_be_allowed(db, hook):
    _, said = lading("rematch", "--db", db, "--webhook", hook.url, code=2)
    assert "LADING_ALLOW_HOSTS=127.0.0.1" in said
    assert hook.got == []
    _, said = lading("rematch", "--db", db, "--webhook", "ftp://x", code=2)
    assert "no http address" in said


def test_a_killed_re_match_is_taken_up_again(db, tmp_path):
    file = tmp_path / "events.jsonl"
    for delay in (0.1, 0.2, 0.25, 0.3, 0.4):
        worker = subprocess.Popen(
            [LADING, "rematch", "--db", db, "--events", file], stdout=subprocess.DEVNULL
        )
        time.sleep(delay)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    lading("rematch", "--db", db, "--events", file)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert told(lines) == EXPECTED
    assert len(lines) == len(EXPECTED)


def test_re_matching_is_safe_beside_writers_and_others_of_its_kind(db, tmp_path):
    file = tmp_path / "events.jsonl"
    command = [LADING, "rematch", "--db", db, "--events", file]
    workers = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(3)]
    stock(db, {f"example/new:{n}": ("lib@1.0", f"own{n}@1.0") for n in range(10)})
    learn(db, tmp_path / "feed", 3, lib="2.1")
    assert [worker.wait() for worker in workers] == [0, 0, 0]
    lading("rematch", "--db", db, "--events", file)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    kinds = {(e["transition"]["kind"], e["transition"]["purl"]) for e in lines}
    # The import came before a re-match, or between two: then the fix of `lib` moves again.
    apart = {(kind, purl) for kind, purl, _ in EXPECTED}
    assert kinds in (apart, apart | {("changed", "pkg:pypi/lib@1.0")})
    assert len({line["id"] for line in lines}) == len(lines)


def test_find_tells_which_images_have_it(db):
    text = lading("find", "cve-2025-3", "--db", db)
    assert "CVE-2025-3, PYSEC-2025-3: in 2 of 3 images" in text
    document = json.loads(lading("find", "PYSEC-2025-4", "--db", db, "--layers", "-o", "json"))
    rows = {
        (a["purl"], tuple(a["fixed"]), tuple(i["image"]["name"] for i in a["images"]))
        for a in valid("found", document)["affected"]
    }
    assert rows == {
        ("pkg:pypi/tool@1.0", ("3.0",), ("example/a:1",)),
        ("pkg:pypi/tool@2.5", ("3.0",), ("example/c:1",)),
    }
    assert document["affected"][0]["images"][0]["places"][0]["path"].startswith("site/tool@")
    assert (document["searched"], document["images"]) == (3, 2)
    _, said = lading("find", "CVE-1999-1", "--db", db, code=2)
    assert "does not know it" in said
    assert "no id" in lading("find", " ", "--db", db, code=2)[1]


def test_find_takes_an_id_in_any_letters_and_says_of_none_that_it_is_none(db, tmp_path):
    spread = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9"}]}
    about = {"package": {"ecosystem": "PyPI", "name": "nobody"}, "ranges": [spread]}
    record = {"id": "GHSA-4v7x-pqxf-cx7m", "modified": "2025-01-01T00:00:00Z", "affected": [about]}
    (tmp_path / "ghsa.json").write_text(json.dumps(record))
    lading("feeds", "import", tmp_path / "ghsa.json", "--db", db, "--learned", "2026-01-03")
    for id_ in ("ghsa-4v7x-pqxf-cx7m", "GHSA-4V7X-PQXF-CX7M"):
        assert lading("find", id_, "--db", db) == "GHSA-4v7x-pqxf-cx7m: in none of 3 images\n"
    assert "cve-2025-3" not in lading("find", "cve-2025-3", "--db", db)


def test_what_is_asked_of_an_empty_store_says_that_it_is_empty(tmp_path):
    db = tmp_path / "lading.db"
    learn(db, tmp_path / "feed", 1, lib="0.5")
    for words in (("find", "CVE-2025-3"), ("findings",), ("rematch",), ("rematch",)):
        said = lading(*words, "--db", db)
        assert said.lower().startswith("no image is stored, so nothing was ")
        assert said.count("\n") == 1
    document = json.loads(lading("find", "CVE-2025-3", "--db", db, "-o", "json"))
    assert (document["searched"], document["images"], document["affected"]) == (0, 0, [])
    stock(db, IMAGES)
    assert "no stored image is named like x*" in lading("findings", "--db", db, "--name", "x*")


def test_what_no_feed_speaks_for_is_not_taken_for_clean(db):
    document = sbom("example/h:1", "x@1").replace(b"pkg:pypi", b"pkg:hex")
    keep(str(db), read(document, "h"), document, "2026-01-01T00:00:00Z")
    told = "unknown: for 1 stored component no feed speaks: no feed for hex (1)"
    assert told in lading("find", "CVE-2025-3", "--db", db)
    assert told in lading("findings", "--db", db)
    found = valid("found", json.loads(lading("find", "CVE-2025-3", "--db", db, "-o", "json")))
    assert found["unsaid"] == [["no feed for hex", 1]]


def test_find_names_the_first_place_and_how_many_more(db):
    parts = [
        {"type": "library", "name": "lib", "version": "1.0", "purl": "pkg:pypi/lib@1.0"}
        | {"evidence": {"occurrences": [{"location": "a"}, {"location": "b"}, {"location": "c"}]}}
    ]
    head = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1}
    root = {"component": {"type": "container", "name": "example/e:1"}}
    document = json.dumps({**head, "metadata": root, "components": parts}).encode()
    keep(str(db), read(document, "e"), document, "2026-01-01T00:00:00Z")
    text = lading("find", "CVE-2025-3", "--db", db, "--layers")
    assert "2.0       a and 2 more (-o json)" in text


def test_findings_lists_every_image_as_match_does(db, tmp_path):
    lines = lading("findings", "--db", db, "-o", "jsonl").splitlines()
    listed = {each["image"]["name"]: each for each in map(json.loads, lines)}
    assert set(listed) == set(IMAGES)
    for name, parts in IMAGES.items():
        (tmp_path / "one.json").write_bytes(sbom(name, *parts))
        whole = json.loads(lading("match", tmp_path / "one.json", "--db", db, "-o", "json"))[
            "findings"
        ]
        short = valid("stock", listed[name])["findings"]
        assert {(f["id"], f["purl"]) for f in short} == {(f["id"], f["purl"]) for f in whole}
    assert "example/b:1" in lading("findings", "--db", db, "--name", "*b:1")


def test_a_stock_on_a_server_is_matched_with_a_set_in_a_file(postgres, tmp_path):
    advisories = tmp_path / "set.db"
    stock(postgres, IMAGES)
    learn(advisories, tmp_path / "feed", 1, lib="0.5", tool="2.0")
    lading("rematch", "--db", postgres, "--set", advisories)
    learn(advisories, tmp_path / "feed", 2, lib="2.0", tool="3.0")
    words = ("--db", postgres, "--set", advisories)
    assert told(json.loads(lading("rematch", *words, "-o", "json"))["events"]) == EXPECTED
    assert "in 2 of 3 images" in lading("find", "CVE-2025-3", *words)
    assert "example/c:1" in lading("findings", *words)


def test_the_set_may_be_on_the_server_too(postgres, tmp_path):
    """Each machine matches by its own copy of the set; what one noted holds for all."""
    caches = [{"LADING_CACHE": str(tmp_path / name)} for name in "ab"]
    stock(postgres, IMAGES)
    learn(postgres, tmp_path / "feed", 1, lib="0.5", tool="2.0")
    assert "now matched" in lading("rematch", "--db", postgres, **caches[0])
    learn(postgres, tmp_path / "feed", 2, lib="2.0", tool="3.0")
    shown = json.loads(lading("rematch", "--db", postgres, "-o", "json", **caches[1]))
    assert told(valid("rematch", shown)["events"]) == EXPECTED
    assert lading("rematch", "--db", postgres, **caches[0]).startswith("Nothing changed")
    words = ("--since", "2026-01-01", "-o", "json")
    shown = json.loads(lading("rematch", "--db", postgres, *words, **caches[0]))
    assert told(shown["events"]) == EXPECTED
    assert "in 2 of 3 images" in lading("find", "CVE-2025-3", "--db", postgres, **caches[0])


def replace_set(url, folder, *, days=(1, 2)):
    """Replace the set of a store by that of another with as many states."""
    other, parcel = folder / "other.db", folder / "x.set"
    for number in days:
        learn(other, folder / "other", number, lib=f"1.{number}")
    lading("feeds", "export", parcel, "--db", other)
    lading("feeds", "import", parcel, "--db", url, "--replace")


@pytest.mark.parametrize("where", ["file", "server"])
def test_a_set_that_was_replaced_is_said_and_begun_anew(where, request, tmp_path):
    url = tmp_path / "lading.db" if where == "file" else request.getfixturevalue("postgres")
    stock(url, IMAGES)
    for day in (1, 2):
        learn(url, tmp_path / "feed", day, lib=f"{day}.0")
    lading("rematch", "--db", url)
    replace_set(url, tmp_path)
    text = lading("rematch", "--db", url)
    assert text.startswith("The set was replaced: the stock's last state, sha256:")
    assert "The stock is now matched with set" in text
    learn(url, tmp_path / "other", 3, lib="0.5")
    shown = json.loads(lading("rematch", "--db", url, "-o", "json"))
    assert valid("rematch", shown)["lost"] == ""
    assert {e["transition"]["kind"] for e in shown["events"]} == {"gone"}


def test_the_end_of_a_release_is_an_event_of_its_own_kind(db, tmp_path):
    purl = "pkg:deb/debian/base@1.0-1?distro=debian-13"
    part = {"type": "library", "name": "base", "version": "1.0-1", "purl": purl}
    head = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1}
    root = {"component": {"type": "container", "name": "example/d:1"}}
    document = json.dumps({**head, "metadata": root, "components": [part]}).encode()
    keep(str(db), read(document, "d"), document, "2026-01-01T00:00:00Z")
    file = tmp_path / "events.jsonl"
    lading("rematch", "--db", db)
    text = lading("rematch", "--db", db, "--now", "2030-07-01T00:00:00Z", "--events", file)
    assert "Findings: 0 new, 0 changed, 0 gone; 1 due, in 1 image." in text
    assert "due     support of debian:13 ended on 2030-06-30" in text
    (line,) = map(json.loads, file.read_text().splitlines())
    assert valid("events", line, "Event")["due"]["release"] == "debian:13"
    assert [image["name"] for image in line["images"]] == ["example/d:1"]
    words = ("--now", "2030-07-02T00:00:00Z", "--events", file, "-o", "json")
    assert valid("rematch", json.loads(lading("rematch", "--db", db, *words)))["events"] == []
    assert len(file.read_text().splitlines()) == 1


def test_find_has_help_though_its_module_is_named_as_what_looks_commands_up():
    assert lading("find", "--help").startswith("Usage: lading find")
    _, said = lading("find", code=2)
    assert "Missing argument 'ID'" in said
