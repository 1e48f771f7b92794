"""Programs of the table against the real files of Debian's packages, whose versions are known."""

import re
import shutil
import subprocess

import pytest
from conftest import skip_or_fail

from sbom.readers import programs
from sbom.readers.program_table import PROGRAMS

# Name in the table → packages that may hold the file (releases name them differently), the file.
REAL = {
    "python": ("libpython3.13 libpython3.12 libpython3.11", "usr/lib/*/libpython3.*.so.1.0"),
    "node": ("libnode115 libnode108", "usr/lib/*/libnode.so.*"),
    "ruby": ("libruby3.3 libruby3.1", "usr/lib/*/libruby-3.*.so.3.*"),
    "php": ("php8.4-cli php8.3-cli php8.2-cli", "usr/bin/php8.*"),
    "perl": ("perl-base", "usr/bin/perl"),
    "lua": ("lua5.4", "usr/bin/lua5.4"),
    "tcl": ("libtcl8.6", "usr/lib/*/libtcl8.6.so"),
    "guile": ("guile-3.0-libs", "usr/lib/*/libguile-3.0.so.1"),
    "gawk": ("gawk", "usr/bin/gawk"),
    "bash": ("bash", "*bin/bash"),
    "nginx": ("nginx", "usr/sbin/nginx"),
    "httpd": ("apache2-bin", "usr/sbin/apache2"),
    "lighttpd": ("lighttpd", "usr/sbin/lighttpd"),
    "haproxy": ("haproxy", "usr/sbin/haproxy"),
    "varnish": ("varnish", "usr/sbin/varnishd"),
    "squid": ("squid", "usr/sbin/squid"),
    "uwsgi": ("uwsgi-core", "usr/bin/uwsgi-core"),
    "icecast": ("icecast2", "usr/bin/icecast2"),
    "postgresql": ("postgresql-17 postgresql-15", "usr/lib/postgresql/*/bin/postgres"),
    "mariadb": ("mariadb-server-core mariadb-server", "usr/sbin/mariadbd"),
    "redis": ("redis-tools", "usr/bin/redis-check-rdb"),
    "memcached": ("memcached", "usr/bin/memcached"),
    "mosquitto": ("mosquitto", "usr/sbin/mosquitto"),
    "openldap": ("slapd", "usr/sbin/slapd"),
    "sqlite": ("libsqlite3-0", "usr/lib/*/libsqlite3.so.0"),
    "bind": ("bind9", "usr/sbin/named"),
    "unbound": ("unbound", "usr/sbin/unbound"),
    "nsd": ("nsd", "usr/sbin/nsd"),
    "dnsmasq": ("dnsmasq-base", "usr/sbin/dnsmasq"),
    "pdns": ("pdns-server", "usr/sbin/pdns_server"),
    "openssh": ("openssh-server", "usr/sbin/sshd"),
    "dropbear": ("dropbear-bin", "usr/sbin/dropbear"),
    "openvpn": ("openvpn", "usr/sbin/openvpn"),
    "stunnel": ("stunnel4", "usr/bin/stunnel4"),
    "proftpd": ("proftpd-core", "usr/sbin/proftpd"),
    "vsftpd": ("vsftpd", "usr/sbin/vsftpd"),
    "exim": ("exim4-daemon-light", "usr/sbin/exim4"),
    "postfix": ("postfix", "usr/lib/postfix/sbin/master"),
    "dovecot": ("dovecot-core", "usr/sbin/dovecot"),
    "cups": ("cups-daemon", "usr/sbin/cupsd"),
    "coturn": ("coturn", "usr/bin/turnserver"),
    "curl": ("libcurl4t64 libcurl4", "usr/lib/*/libcurl.so.4"),
    "wget": ("wget", "usr/bin/wget"),
    "git": ("git", "usr/bin/git"),
    "openssl": ("libssl3t64 libssl3", "usr/lib/*/libcrypto.so.3"),
    "sudo": ("sudo", "usr/bin/sudo"),
    "gnupg": ("gpg", "usr/bin/gpg"),
    "socat": ("socat", "usr/bin/socat*"),
    "tcpdump": ("tcpdump", "usr/bin/tcpdump"),
    "vim": ("vim-tiny", "usr/bin/vim.tiny"),
    "nano": ("nano", "*bin/nano"),
    "zstd": ("zstd", "usr/bin/zstd"),
    "jq": ("jq", "usr/bin/jq"),
    "rsync": ("rsync", "usr/bin/rsync"),
    "chrony": ("chrony", "usr/sbin/chronyd"),
    "monit": ("monit", "usr/bin/monit"),
    "tor": ("tor", "usr/bin/tor"),
    "hitch": ("hitch", "usr/sbin/hitch"),
    "ninja": ("ninja-build", "usr/bin/ninja"),
    "gcc": ("gcc-12", "usr/bin/gcc-12"),
    "ffmpeg": ("libavcodec61 libavcodec59", "usr/lib/*/libavcodec.so.*"),
    "zlib": ("zlib1g", "*lib/*/libz.so.1"),
    "libpng": ("libpng16-16t64 libpng16-16", "usr/lib/*/libpng16.so.16"),
    "libtiff": ("libtiff6", "usr/lib/*/libtiff.so.6"),
    "expat": ("libexpat1", "*lib/*/libexpat.so.1"),
    "xz": ("liblzma5", "*lib/*/liblzma.so.5"),
    "gnutls": ("libgnutls30t64 libgnutls30", "usr/lib/*/libgnutls.so.30"),
    "libarchive": ("libarchive13t64 libarchive13", "usr/lib/*/libarchive.so.13"),
    "glibc": ("libc6", "*lib/*/libc.so.6"),
    "mono": ("mono-runtime-sgen", "usr/bin/mono-sgen"),
}
LEAST = 40
"""So many must have been tried on their real file (issue 4, point 4)."""


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """The packages that there are, as files, by name."""
    if shutil.which("apt-get") is None:
        skip_or_fail("no apt-get: Debian's packages cannot be had")
    folder = tmp_path_factory.mktemp("debs")
    listed = subprocess.run(["apt-cache", "pkgnames"], capture_output=True, text=True, check=True)
    known = set(listed.stdout.split())
    wanted = [next((n for n in names.split() if n in known), "") for names, _ in REAL.values()]
    command = ["apt-get", "download", "-qq", *filter(None, wanted)]
    subprocess.run(command, cwd=folder, capture_output=True, check=False)
    found = {path.name.partition("_")[0]: path for path in folder.glob("*.deb")}
    if len(found) < LEAST:
        skip_or_fail(f"only {len(found)} of Debian's packages can be had")
    return found


def upstream(deb):
    """The version that the makers gave it: no epoch, revision or mark of a repacked source."""
    text = subprocess.run(
        ["dpkg-deb", "-f", deb, "Version"], capture_output=True, text=True, check=True
    ).stdout.strip()
    version = text.partition(":")[2] or text
    return re.split(r"[+~]|\.dfsg", version.rpartition("-")[0] or version)[0]


def shown(version, name):
    """What a program says of a version: Vim's patches are in no text."""
    return ".".join(version.split(".")[:2]) if name == "vim" else version


@pytest.mark.slow
def test_programs_state_the_version_of_their_package(packages, tmp_path):
    tried, wrong = [], []
    for name, (names, glob) in REAL.items():
        deb = next((packages[n] for n in names.split() if n in packages), None)
        if deb is None:
            continue
        root = tmp_path / name
        subprocess.run(["dpkg-deb", "-x", deb, root], check=True)
        files = sorted(path for path in root.glob(glob) if path.is_file())
        stated = {
            each.version
            for path in files[:1]
            for each in programs.read(path.read_bytes(), path.relative_to(root).as_posix())
            if each.name == name
        }
        tried.append(name)
        if stated != {shown(upstream(deb), name)}:
            wrong.append(f"{name}: {deb.name} states {stated or 'nothing'}, file {files[:1]}")
        shutil.rmtree(root)
    print(f"{len(tried)} programs tried on their real files")
    assert wrong == []
    assert len(tried) >= LEAST


def test_every_program_is_tried_or_has_no_package():
    assert REAL.keys() == {program.name for program in PROGRAMS.values()}
