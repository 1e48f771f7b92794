"""One file over real HTTP from a server that misbehaves on purpose."""

import gzip
import hashlib
import time

import pytest
from feed_servers import put, serving

from match.fetch.client import Client, NotThereError, Pace, Temper
from match.fetch.download import PROGRESS, Wanted, digest, download
from match.fetch.shelf import Entry
from sbom.errors import FetchError
from sbom.web.access import Access

MOST = 64 << 20
NOISE = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(1 << 16))
"""Two MiB that do not pack."""


class World:
    """A server and a client that does not really wait; `waits` are the seconds it would have."""

    def __init__(self, server, tmp_path):
        self.server, self.waits = server, []
        self.part = str(tmp_path / "part")
        self.temper = Temper(idle=0.5, sleep=self.waits.append)

    def client(self, **more):
        return Client(self.server.url, temper=self.temper, **more)

    def get(self, path="file", known=None, **more):
        stated = {"url": f"{self.server.url}/{path}", "part": self.part, "most": MOST} | more
        return download(self.client(), Wanted(**stated), known, lambda *_: None)

    def data(self):
        with open(self.part, "rb") as file:
            return file.read()


@pytest.fixture
def world(tmp_path):
    put(tmp_path / "root", "file", NOISE)
    with serving(tmp_path / "root") as server:
        yield World(server, tmp_path)


def cut(handler, at=PROGRESS // 2):
    """State the whole length and break off after a part."""
    file = handler.server.root / handler.path.lstrip("/")
    data = file.read_bytes()
    etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
    handler.answer(200, data[:at], {"ETag": etag}, length=len(data), close=True)


def says(status, data=b"", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.answer(status, data, named)


def reset(handler):
    """Break off before any answer."""
    handler.close_connection = True
    handler.connection.close()


def test_a_file_comes_with_what_is_known_of_it(world):
    entry = world.get()
    assert world.data() == NOISE
    assert entry.etag
    assert entry.modified.endswith("GMT")
    assert world.server.asked() == [("file", 200)]


def test_a_file_that_did_not_change_costs_one_conditional_request(world):
    entry = world.get()
    assert world.get(known=entry) is None
    assert world.server.asked() == [("file", 200), ("file", 304)]
    assert world.server.log[1][1]["If-None-Match"] == entry.etag
    assert world.server.log[1][1]["If-Modified-Since"] == entry.modified


def test_what_is_known_of_another_address_is_not_asked_about(world):
    world.get(known=Entry(url="http://elsewhere/file", etag='"x"'))
    assert "If-None-Match" not in world.server.log[0][1]


def test_a_broken_body_is_gone_on_with(world):
    world.server.wrongs["file"] = [cut]
    world.get()
    assert world.data() == NOISE
    (_, first, _), (_, second, status) = world.server.log
    assert "Range" not in first
    assert status == 206
    assert second["Range"] == f"bytes={PROGRESS // 2}-"
    assert second["If-Range"].startswith('"')


def test_what_an_earlier_run_left_is_gone_on_with(world):
    world.server.wrongs["file"] = [cut] + [says(500)] * 9
    with pytest.raises(FetchError):
        world.get()
    world.server.wrongs.clear()
    world.get()
    assert world.data() == NOISE
    assert world.server.log[-1][2] == 206


def test_a_file_that_changed_meanwhile_begins_anew(world):
    def cut_and_change(handler):
        cut(handler)
        put(handler.server.root, "file", NOISE[::-1])

    world.server.wrongs["file"] = [cut_and_change]
    world.get()
    assert world.data() == NOISE[::-1]
    assert [status for _, status in world.server.asked()] == [200, 200]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Range": "bytes 7-9/10"},
        {"Content-Range": "nonsense"},
        {"Content-Range": f"bytes {PROGRESS // 2}-{len(NOISE) - 1}/*", "ETag": '"other"'},
        {},
    ],
)
def test_a_range_that_is_not_ours_is_not_taken(world, headers):
    world.server.wrongs["file"] = [cut, lambda h: h.answer(206, b"xyz", headers)]
    world.get()
    assert world.data() == NOISE


def test_a_range_that_cannot_be_begins_anew(world):
    world.server.wrongs["file"] = [cut, says(416)]
    world.get()
    assert world.data() == NOISE


def test_without_a_validator_nothing_is_gone_on_with(world):
    def cut_bare(handler):
        handler.answer(200, NOISE[:1000], {"ETag": 'W/"weak"'}, length=len(NOISE), close=True)

    world.server.wrongs["file"] = [cut_bare]
    world.get()
    assert world.data() == NOISE
    assert "Range" not in world.server.log[1][1]


def test_the_server_is_asked_again_when_it_says_and_not_before(world):
    world.server.wrongs["file"] = [says(429, Retry_After="7"), says(503), reset]
    world.get()
    assert world.data() == NOISE
    assert world.waits[0] == 7.0
    assert len(world.waits) == 3


def test_a_server_that_fails_on_fails_the_file(world):
    world.server.wrongs["file"] = [says(500)] * 99
    with pytest.raises(FetchError, match="500"):
        world.get()
    assert len(world.server.log) == 5


def test_attempts_that_bring_much_do_not_count(world):
    put(world.server.root, "file", NOISE * 5)

    def bring(handler):
        data = (handler.server.root / "file").read_bytes()
        start = int(handler.headers.get("Range", "bytes=0-")[6:-1])
        etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        more = {"ETag": etag, "Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
        body = data[start : start + PROGRESS]
        handler.answer(206 if start else 200, body, more, length=len(data) - start, close=True)

    world.server.wrongs["file"] = [bring] * 9
    world.get()
    assert world.data() == NOISE * 5


def test_what_is_missing_is_told_apart(world):
    with pytest.raises(NotThereError):
        world.get("nothing")
    assert len(world.server.log) == 1


def test_a_wrong_checksum_is_refused_after_a_second_reading(world):
    with pytest.raises(FetchError, match="sha256 is not the published one"):
        world.get(digests={"sha256": "0" * 64})
    assert world.server.asked() == [("file", 200), ("file", 200)]
    world.get(digests={"sha512": hashlib.sha512(NOISE).hexdigest().upper()})


def test_a_checksum_of_a_file_exchanged_meanwhile_is_right_the_second_time(world):
    world.server.wrongs["file"] = [says(200, b"old")]
    world.get(digests={"sha256": hashlib.sha256(NOISE).hexdigest()})
    assert digest(world.part, "sha256") == hashlib.sha256(NOISE).hexdigest()


def test_a_body_beyond_the_bound_is_not_taken(world):
    with pytest.raises(FetchError, match="more than"):
        world.get(most=1 << 20)
    assert not world.server.asked("nothing")

    def endless(handler):
        handler.server.log.append(("file", {}, 200))
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        try:
            for _ in range(1000):
                handler.wfile.write(NOISE)
        except OSError:
            handler.server.log.append(("broken off", {}, 0))

    world.server.wrongs["file"] = [endless]
    with pytest.raises(FetchError, match="more than"):
        world.get(most=1 << 20)


def test_a_gzip_bomb_and_a_cut_gzip_are_refused(world):
    put(world.server.root, "bomb.gz", gzip.compress(bytes(80 << 20), 9))
    with pytest.raises(FetchError, match="unpacks to more"):
        world.get("bomb.gz")
    put(world.server.root, "short.gz", gzip.compress(NOISE)[:-100])
    with pytest.raises(FetchError, match="cut short"):
        world.get("short.gz")


def test_a_packed_document_is_unpacked_within_its_bound(world):
    packed = gzip.compress(b"x" * 5000)
    world.server.always["d"] = says(200, packed, Content_Encoding="gzip")
    client = world.client()
    assert client.document(f"{world.server.url}/d", 5000) == b"x" * 5000
    with pytest.raises(FetchError, match="more than"):
        client.document(f"{world.server.url}/d", 4999)
    world.server.always["d"] = says(200, b"no gzip", Content_Encoding="gzip")
    with pytest.raises(FetchError, match="no gzip"):
        client.document(f"{world.server.url}/d", 5000)


def test_a_trickle_is_broken_off(world):
    clock = iter(range(0, 1000, 10))
    world.temper = Temper(
        idle=5, window=20, slowest=1000, sleep=world.waits.append, clock=lambda: next(clock)
    )

    def trickle(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        handler.close_connection = True
        try:
            for _ in range(50):
                handler.wfile.write(b"x" * 10)
                handler.wfile.flush()
                time.sleep(0.002)
        except OSError:
            pass

    world.server.always["file"] = trickle
    with pytest.raises(FetchError, match="too slowly"):
        world.get()


def test_silence_is_broken_off(world):
    world.temper = Temper(idle=0.05, sleep=world.waits.append)
    world.server.wrongs["file"] = [lambda _: time.sleep(0.3)]
    world.get()
    assert world.data() == NOISE


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest", "http://[fe80::1]/", "http://0.0.0.0/", "ftp://x/"]
)
def test_nobody_sends_us_where_we_may_not_go(world, target):
    world.server.always["file"] = says(302, Location=target)
    with pytest.raises(FetchError):
        world.get()
    assert len(world.server.log) == 1


def test_redirects_end(world):
    world.server.always["file"] = says(302, Location="/file")
    with pytest.raises(FetchError, match="redirects"):
        world.get()


def test_a_key_goes_home_and_nowhere_else(world, tmp_path):
    with serving(tmp_path / "root") as other:
        world.server.always["away"] = says(302, Location=f"{other.url}/file")
        client = world.client(key={"apiKey": "secret-word"})
        client.document(f"{world.server.url}/file", MOST)
        client.document(f"{world.server.url}/away", MOST)
        assert world.server.log[0][1]["apiKey"] == "secret-word"
        assert "apiKey" not in other.log[0][1]


def test_the_pace_is_kept(world):
    now = [0.0]

    def sleep(seconds):
        world.waits.append(seconds)
        now[0] += seconds

    world.temper = Temper(sleep=sleep, clock=lambda: now[0])
    client = world.client(pace=Pace(2, 30.0))
    for _ in range(5):
        client.document(f"{world.server.url}/file", MOST)
        now[0] += 1
    assert world.waits == [28.0, 28.0]


def test_a_proxy_is_used(world, monkeypatch, tmp_path):
    monkeypatch.setenv("http_proxy", world.server.url)
    monkeypatch.setenv("no_proxy", "")
    client = Client("http://feeds.example.com", Access(), temper=world.temper)
    world.server.always["http://feeds.example.com/file"] = says(200, b"by proxy")
    world.server.always["file"] = says(200, b"by proxy")
    assert client.document("http://feeds.example.com/file", MOST) == b"by proxy"
