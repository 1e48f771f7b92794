"""Programs that state their version, each as its makers write it into the file."""

import time

import pytest
from reader_files import elf, found, stripped_of_sections

from sbom.readers import programs
from sbom.readers.program_table import PROGRAMS

# File name, name, version, a text as the file has it.
PRINTED = [
    ("python3.11", "python", "3.11.9", b"3.11.9\x00"),
    ("libpython3.12.so.1.0", "python", "3.12.1", b"3.12.1\x00"),
    ("python3.13", "python", "3.13.0rc2", b"3.13.0rc2\x00"),
    ("node", "node", "20.11.1", b"node.js/v20.11.1\x00"),
    ("libruby.so.3.3.0", "ruby", "3.3.0", b"ruby 3.3.0 (2023-12-25 revision 5124f9ac75) [x]\x00"),
    ("ruby", "ruby", "2.7.8", b"ruby 2.7.8p225 (2023-03-30 revision 1f4d455848) [x]\x00"),
    ("php-fpm", "php", "8.3.2", b"X-Powered-By: PHP/8.3.2\x00"),
    ("php8.2", "php", "8.2.1", b"X-Powered-By: PHP/8.2.1\x00"),
    ("perl", "perl", "5.38.2", b"v5.38.2\x00"),
    ("lua5.4", "lua", "5.4.6", b"Lua 5.4.6  Copyright (C) 1994\x00"),
    ("libtcl8.6.so", "tcl", "8.6.13", b"8.6.13\x00"),
    ("libguile-3.0.so.1.6.0", "guile", "3.0.9", b"3.0.9\x00"),
    ("gawk", "gawk", "5.2.1", b"GNU Awk 5.2.1\x00"),
    ("bash", "bash", "5.2.21", b"@(#)Bash version 5.2.21(1) release GNU\x00"),
    ("mono-sgen", "mono", "6.12.0.200", b"6.12.0.200\x00"),
    ("nginx", "nginx", "1.25.3", b"nginx version: nginx/1.25.3\x00"),
    ("httpd", "httpd", "2.4.58", b"Apache/2.4.58 (Unix)\x00"),
    ("lighttpd", "lighttpd", "1.4.73", b"lighttpd/1.4.73\x00"),
    ("haproxy", "haproxy", "2.9.1", b"2.9.1-f72603c\x00"),
    ("varnishd", "varnish", "7.4.2", b"varnish-7.4.2 revision abc\x00"),
    ("squid", "squid", "6.6", b"squid/6.6\x00"),
    ("uwsgi", "uwsgi", "2.0.23", b"2.0.23\x00"),
    ("icecast", "icecast", "2.4.4", b"Icecast 2.4.4\x00"),
    ("postgres", "postgresql", "16.1", b"postgres (PostgreSQL) 16.1\x00"),
    ("psql", "postgresql", "9.6.24", b"psql (PostgreSQL) 9.6.24\x00"),
    ("mariadbd", "mariadb", "11.2.2", b"11.2.2-MariaDB-log\x00"),
    ("redis-server", "redis", "7.2.4", b"6.2.0\x007.2.4\x007.0.11\x007.2.41700000000\x00"),
    ("memcached", "memcached", "1.6.23", b"memcached 1.6.23\x00"),
    ("mosquitto", "mosquitto", "2.0.18", b"2.0.18\x00"),
    ("slapd", "openldap", "2.6.6", b"@(#) $OpenLDAP: slapd 2.6.6 (Jan) $\x00"),
    ("libsqlite3.so.0.8.6", "sqlite", "3.45.0", b"1.2.13\x003.45.0\x00"),
    ("named", "bind", "9.18.24", b"BIND 9.18.24\x00"),
    ("unbound", "unbound", "1.19.0", b"unbound 1.19.0\x00"),
    ("nsd", "nsd", "4.8.0", b"NSD 4.8.0\x00"),
    ("dnsmasq", "dnsmasq", "2.90", b"dnsmasq-2.90\x00"),
    ("pdns_server", "pdns", "4.8.3", b"4.8.3\x00"),
    ("sshd", "openssh", "9.6p1", b"OpenSSH_6.6.1*\x00OpenSSH_9.6p1\x00"),
    ("dropbear", "dropbear", "2022.83", b"SSH-2.0-dropbear_2022.83\r\n\x00"),
    ("openvpn", "openvpn", "2.6.8", b"OpenVPN 2.6.0 or higher\x00OpenVPN 2.6.8 x86_64-linux\x00"),
    ("stunnel", "stunnel", "5.71", b"stunnel 5.71 on x86_64\x00"),
    ("proftpd", "proftpd", "1.3.8", b"ProFTPD Version 1.3.8\x00"),
    ("vsftpd", "vsftpd", "3.0.5", b"(vsFTPd 3.0.5)\x00"),
    ("exim", "exim", "4.97.1", b"4.97.1\x00"),
    ("master", "postfix", "3.8.4", b"mail_version=3.8.4\x00"),
    ("dovecot", "dovecot", "2.3.19.1", b"Dovecot v2.3.19.1 (9b5) starting up\x00"),
    ("cupsd", "cups", "2.4.7", b"CUPS/2.4.7 IPP/2.1\x00"),
    ("turnserver", "coturn", "4.6.2", b"Coturn-4.6.2 'Gorst'\x00"),
    ("curl", "curl", "8.5.0", b"curl/8.5.0\x00"),
    ("libcurl.so.4.8.0", "curl", "8.5.0", b"libcurl/8.5.0\x00"),
    ("wget", "wget", "1.21.4", b"1.2.13\x001.21.4\x00"),
    ("git", "git", "2.43.0", b"git/2.43.0\x00"),
    ("openssl", "openssl", "3.2.0", b"OpenSSL 3.2.0 23 Nov 2023\x00"),
    ("libcrypto.so.1.1", "openssl", "1.1.1w", b"OpenSSL 1.1.1w  11 Sep 2023\x00"),
    ("sudo", "sudo", "1.9.15p5", b"1.4.1\x001.9.15p5\x00"),
    ("gpg", "gnupg", "2.4.3", b"1.9.0\x002.4.3\x00"),
    ("socat", "socat", "1.8.0.0", b"1.8.0.0\x00"),
    ("tcpdump", "tcpdump", "4.99.4", b"%s version 4.99.4\n\x00"),
    ("vim.tiny", "vim", "9.0", b"VIM - Vi IMproved 9.0 (2022 Jun 28)\x00"),
    ("nano", "nano", "7.2", b"GNU nano 7.2\x00"),
    ("zstd", "zstd", "1.5.5", b"v1.5.5\x00"),
    ("jq", "jq", "1.7.1", b"1.7.1\x00"),
    ("rsync", "rsync", "3.2.7", b"1.2.13\x003.2.7\x00"),
    ("chronyd", "chrony", "4.5", b"4.5\x00"),
    ("monit", "monit", "5.33.0", b"5.33.0\x00"),
    ("tor", "tor", "0.4.8.10", b"0.2.4.19\x000.4.8.10\x00"),
    ("hitch", "hitch", "1.7.3", b"hitch 1.7.3\x00"),
    ("ninja", "ninja", "1.11.1", b"1.11.1\x00"),
    ("gcc-12", "gcc", "12.2.0", b"12.2.0\x00"),
    ("libavcodec.so.59.37.100", "ffmpeg", "5.1.4", b"FFmpeg version 5.1.4-0+deb12u1\x00"),
    ("libarchive.so.13.6.2", "libarchive", "3.6.2", b"libarchive 3.6.2\x00"),
    ("libz.so.1.3", "zlib", "1.3", b" deflate 1.3 Copyright 1995\x00"),
    ("libpng16.so.16.40.0", "libpng", "1.6.40", b"libpng version 1.6.40\x00"),
    ("libtiff.so.6.0.2", "libtiff", "4.6.0", b"LIBTIFF, Version 4.6.0\x00"),
    ("libexpat.so.1.8.10", "expat", "2.5.0", b"expat_2.5.0\x00"),
    ("liblzma.so.5.4.5", "xz", "5.4.5", b"5.4.5\x00"),
    ("libgnutls.so.30.37.1", "gnutls", "3.8.2", b"Enabled GnuTLS 3.8.2 logging...\n\x00"),
    ("libc.so.6", "glibc", "2.38", b"GNU C Library (GNU libc) stable release version 2.38.\n\x00"),
]


def program(text):
    return elf({".text": b"\x90" * 16, ".rodata": b"%s: usage\x00" + text, ".data": b"\x00" * 8})


@pytest.mark.parametrize(("file", "name", "version", "text"), PRINTED, ids=[p[0] for p in PRINTED])
def test_a_program_is_known_by_its_file_and_its_words(file, name, version, text):
    for data in (program(text), stripped_of_sections(program(text))):
        [each] = found("programs", data, f"usr/local/bin/{file}")
        assert (each.type, each.name, each.version) == ("generic", name, version)
        [cpe] = each.cpes
        assert cpe.count(":") == 12
        assert cpe.split(":")[5] == version.partition("p")[0]


def test_every_program_of_the_table_is_tried_here():
    assert {name for _, name, _, _ in PRINTED} == {each.name for each in PROGRAMS.values()}
    assert len({each.name for each in PROGRAMS.values()}) > 40


def test_patches_have_a_field_of_their_own_in_a_cpe():
    [each] = found("programs", program(b"OpenSSH_9.6p1\x00"), "sbin/sshd")
    assert each.cpes == ("cpe:2.3:a:openbsd:openssh:9.6:p1:*:*:*:*:*:*",)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("usr/bin/other", b"nginx version: nginx/1.25.3\x00"),
        ("usr/bin/nginx", b"no version\x00"),
        ("usr/bin/python", b"3.11.2\x003.2.0\x00"),
        ("usr/bin/python3.11", b"3.10.2\x003.2.0\x00"),
        ("usr/lib/php/openssl.so", b"OpenSSL 3.2.0 23 Nov 2023\x00"),
        ("nix/store/0a1b2c3d4f5g6h7i8j9k0l1m2n3p4q5r-nginx-1.25.3/bin/nginx", b"nginx/1.25.3\x00"),
        ("home/linuxbrew/.linuxbrew/Cellar/zstd/1.5.5/bin/zstd", b"v1.5.5\x00"),
        ("usr/bin/" + "a" * 5000, b""),
    ],
)
def test_nothing_is_guessed(path, text):
    assert found("programs", program(text), path) == []


def test_of_several_numbers_the_file_name_chooses():
    [each] = found("programs", program(b"3.2.0\x003.11.2\x00"), "usr/bin/python3.11")
    assert each.version == "3.11.2"


def test_a_hundred_megabytes_are_searched_in_a_moment():
    texts = (b"of no use 1.2\x00\x00\x00\x00" * 64 + b"x" * 1024) * 48_000
    data = elf({".text": b"\x90", ".rodata": texts + b"\x003.11.9\x00"})
    assert len(data) > 90_000_000
    start = time.process_time()
    assert [e.version for e in programs.read(data, "usr/bin/python3.11")] == ["3.11.9"]
    assert time.process_time() - start < 1.5  # 0.3 s on an idle machine
