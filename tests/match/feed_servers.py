"""A publishers' server on the loopback for tests: real HTTP, that misbehaves where it is told to."""

import hashlib
import io
import json
import threading
import zipfile
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit


class FeedServer(ThreadingHTTPServer):
    """Serves a folder. `wrongs`: path to functions, each of which answers one request in its way.

    log: (path, request headers, status) of every request, in order.
    """

    daemon_threads = True

    def __init__(self, root):
        super().__init__(("127.0.0.1", 0), Handler)
        self.root = Path(root)
        self.wrongs = {}
        self.always = {}
        self.log = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        """A connection that a test breaks off is no news."""

    def asked(self, part=""):
        return [(path, status) for path, _, status in self.log if part in path]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = unquote(urlsplit(self.path).path).lstrip("/")
        wrongs = self.server.wrongs.get(path)
        if wrongs:
            wrongs.pop(0)(self)
        elif path in self.server.always:
            self.server.always[path](self)
        else:
            self.serve(self.server.root / path)

    def serve(self, file):
        if not file.is_file():
            return self.answer(404, b"no")
        data = file.read_bytes()
        etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        kept = {"ETag": etag, "Last-Modified": formatdate(file.stat().st_mtime, usegmt=True)}
        if self.headers.get("If-None-Match") == etag:
            return self.answer(304, b"", kept)
        wanted = self.headers.get("Range")
        if wanted and self.headers.get("If-Range", etag) in kept.values():
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(data):
                return self.answer(416, b"")
            kept["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            return self.answer(206, data[start:], kept)
        return self.answer(200, data, kept)

    def answer(self, status, data, headers=(), length=None, close=False):
        self.server.log.append((unquote(self.path).lstrip("/"), dict(self.headers), status))
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(data) if length is None else length))
        if close:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if status != 304:
            self.wfile.write(data)


@contextmanager
def serving(root):
    server = FeedServer(root)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def put(root, path, data):
    """Write a file of a publisher; text and JSON are encoded."""
    file = Path(root) / path
    file.parent.mkdir(parents=True, exist_ok=True)
    if not isinstance(data, str | bytes):
        data = json.dumps(data)
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return file


def osv_record(id_, modified="2026-01-01T00:00:00Z", name="thing", fixed="1.1"):
    return {
        "schema_version": "1.7.0",
        "id": id_,
        "modified": modified,
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": name},
                "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}
                ],
            }
        ],
    }


def put_osv(root, records, title="PyPI", single=True):
    """Publish an ecosystem as OSV does: archive, list and single records."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for record in records:
            archive.writestr(f"{record['id']}.json", json.dumps(record))
            if single:
                put(root, f"osv/{title}/{record['id']}.json", record)
    put(root, f"osv/{title}/all.zip", buffer.getvalue())
    rows = sorted(((r["modified"], r["id"]) for r in records), reverse=True)
    put(root, f"osv/{title}/modified_id.csv", "".join(f"{m},{i}\n" for m, i in rows))


def kev(*cves):
    entries = [
        {
            "cveID": cve,
            "vendorProject": "v",
            "product": "p",
            "vulnerabilityName": "n",
            "dateAdded": "2026-01-02",
            "shortDescription": "s",
            "requiredAction": "a",
            "dueDate": "2026-02-02",
            "knownRansomwareCampaignUse": "Unknown",
        }
        for cve in cves
    ]
    return {
        "title": "t",
        "catalogVersion": "2026.01.02",
        "dateReleased": "2026-01-02T00:00:00Z",
        "count": len(entries),
        "vulnerabilities": entries,
    }
