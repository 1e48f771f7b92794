"""A real PostgreSQL for tests: started once a session on the loopback, a fresh database each test.

Debian's package brings the programs; the server refuses to run as root, so it runs as `postgres`.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

PASSWORD = "it's%20a:secret@"  # noqa: S105 (of a server that lives as long as the tests)
WRITTEN = "it%27s%2520a%3Asecret%40"
"""The password as a URL writes it: with everything in it that a careless reader trips over."""
PROGRAMS = "/usr/lib/postgresql/*/bin"
SOON = 30


def program(name):
    """The newest PostgreSQL's program of a name, or None."""
    found = sorted(Path("/").glob(f"{PROGRAMS[1:]}/{name}"), key=lambda p: int(p.parts[-3]))
    return str(found[-1]) if found else shutil.which(name)


@pytest.fixture(scope="session")
def postgres_server():
    """The settings of a running server: host, port, user, password."""
    from conftest import skip_or_fail

    if not (program("initdb") and program("postgres")):
        skip_or_fail("PostgreSQL is not installed")
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="lading-postgres-"))
    try:
        if account:
            os.chown(folder, pwd.getpwnam(account).pw_uid, pwd.getpwnam(account).pw_gid)
        yield from _running(folder, account)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres(postgres_server, request):
    """The URL of a database that nobody has written to."""
    name = f"t{abs(hash(request.node.nodeid)):x}{time.monotonic_ns():x}"
    with psycopg.connect(**postgres_server, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    at = f"{postgres_server['host']}:{postgres_server['port']}"
    return f"postgresql://{postgres_server['user']}:{WRITTEN}@{at}/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    """A store that nobody has written to: what uses it runs against both databases."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres")
    return str(tmp_path / "lading.db")


def _running(folder, account):
    as_user = {"user": account, "group": account, "extra_groups": []} if account else {}
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o644)
    data, port = folder / "data", _free_port()
    subprocess.run(
        [
            *(program("initdb"), "-D", str(data), "-U", "lading", "--no-sync", "-E", "UTF8"),
            *("--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}"),
        ],
        check=True,
        capture_output=True,
        cwd=folder,
        **as_user,
    )
    settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": folder}
    # What is lost when the machine itself stops is no matter for a test.
    settings |= {"fsync": "off", "max_connections": 40, "shared_buffers": "32MB"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    server = subprocess.Popen(
        [program("postgres"), "-D", str(data), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        **as_user,
    )
    login = {"host": "127.0.0.1", "port": port, "user": "lading", "password": PASSWORD}
    try:
        _wait_for(login, server)
        yield login
    finally:
        server.terminate()
        try:
            server.wait(SOON)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(login, server):
    end = time.monotonic() + SOON
    while True:
        try:
            psycopg.connect(**login, dbname="postgres").close()
        except psycopg.OperationalError:
            assert server.poll() is None, "the server has ended"
            assert time.monotonic() < end, "the server does not answer"
            time.sleep(0.05)
        else:
            return


def _account():
    """The account the server runs as; None: as whoever runs the tests."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
