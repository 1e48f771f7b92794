"""Not a reader: how known programs and libraries state their version in the file.

Most have a text that names them. Of those that hold nothing but the number, it has to stand alone;
a file may hold such numbers of others too (of zlib, of protocols), so the pattern is kept narrow.
"""

import re

from msgspec import Struct

V3 = rb"(\d+\.\d+\.\d+)"
V2 = rb"(\d+\.\d+(?:\.\d+)?)"


class Program(Struct, frozen=True):
    """A program: its name, the CPE's vendor and product, and the text that holds its version."""

    name: str
    cpe: str
    version: re.Pattern[bytes]


def _said(text: bytes) -> re.Pattern[bytes]:
    """Compile a text that names the program."""
    return re.compile(text)


def _alone(number: bytes, then: bytes = rb"\0") -> re.Pattern[bytes]:
    """Compile a number that is a text of its own, or begins one that goes on with `then`."""
    return re.compile(rb"\0(" + number + rb")(?=" + then + rb")")


# fmt: off
ROWS: tuple[tuple[tuple[str, ...], str, str, re.Pattern[bytes]], ...] = (
    # names of the file without digits at their end, name, CPE vendor:product, text
    # Interpreters and runtimes.
    (("python", "libpython"), "python", "python:python",
     _alone(rb"(?:2\.7|3\.\d+)\.\d+(?:(?:a|b|rc)\d+)?\+?")),
    (("node", "nodejs", "libnode"), "node", "nodejs:node.js", _said(rb"node\.js/v" + V3)),
    (("ruby", "libruby"), "ruby", "ruby-lang:ruby",
     _said(rb"ruby " + V3 + rb"(?:p\d+)? \(\d{4}-\d\d-\d\d ")),
    (("php", "php-fpm", "php-cgi", "libphp", "lsphp"), "php", "php:php",
     _said(rb"X-Powered-By: PHP/" + V3)),
    (("perl", "libperl"), "perl", "perl:perl", re.compile(rb"\0v(5\.\d+\.\d+)(?=\0)")),
    (("lua", "luac", "liblua"), "lua", "lua:lua", _said(rb"Lua " + V3 + rb"  Copyright")),
    (("libtcl",), "tcl", "tcl:tcl", _alone(rb"[89]\.\d+\.\d+")),
    (("libguile",), "guile", "gnu:guile", _alone(rb"[23]\.\d+\.\d+")),
    (("gawk",), "gawk", "gnu:gawk", _said(rb"GNU Awk " + V3)),
    (("bash",), "bash", "gnu:bash", _said(rb"Bash version " + V3 + rb"\(")),
    (("mono", "mono-sgen"), "mono", "mono-project:mono",
     _alone(rb"[4-6]\.\d+\.\d+\.\d+")),
    # Web servers and proxies.
    (("nginx", "openresty"), "nginx", "f5:nginx", _said(rb"nginx version: nginx/" + V3)),
    (("httpd", "apache"), "httpd", "apache:http_server", _said(rb"Apache/" + V3)),
    (("lighttpd",), "lighttpd", "lighttpd:lighttpd", _said(rb"lighttpd/" + V3)),
    (("haproxy",), "haproxy", "haproxy:haproxy", _alone(rb"[1-3]\.\d+\.\d+", rb"[-\0]")),
    (("varnishd",), "varnish", "varnish-cache:varnish_cache",
     _said(rb"varnish-" + V3 + rb" revision")),
    (("squid",), "squid", "squid-cache:squid", _said(rb"squid/" + V2)),
    (("uwsgi", "uwsgi-core"), "uwsgi", "unbit:uwsgi", _alone(rb"2\.\d+\.\d+", rb"[-\0]")),
    (("icecast",), "icecast", "xiph:icecast", _said(rb"Icecast " + V3)),
    # Databases and queues.
    (("postgres",), "postgresql", "postgresql:postgresql",
     _said(rb"postgres \(PostgreSQL\) " + V2)),
    (("psql",), "postgresql", "postgresql:postgresql", _said(rb"psql \(PostgreSQL\) " + V2)),
    (("mariadbd", "mariadb"), "mariadb", "mariadb:mariadb",
     _alone(rb"\d+\.\d+\.\d+", rb"-MariaDB")),
    (("redis-server", "redis-check-rdb", "redis-check-aof", "redis-sentinel", "redis-cli"), "redis",
     "redis:redis", _alone(rb"\d\.\d{1,2}\.\d{1,3}")),
    (("memcached",), "memcached", "memcached:memcached", _said(rb"memcached " + V3)),
    (("mosquitto",), "mosquitto", "eclipse:mosquitto", _alone(rb"[12]\.\d+\.\d+")),
    (("slapd",), "openldap", "openldap:openldap", _said(rb"\$OpenLDAP: slapd " + V3)),
    (("libsqlite",), "sqlite", "sqlite:sqlite", _alone(rb"3\.\d+\.\d+")),
    # Name, mail, file and login servers.
    (("named",), "bind", "isc:bind", _said(rb"BIND " + V3)),
    (("unbound",), "unbound", "nlnetlabs:unbound", _said(rb"unbound " + V3)),
    (("nsd",), "nsd", "nlnetlabs:nsd", _said(rb"NSD " + V3)),
    (("dnsmasq",), "dnsmasq", "thekelleys:dnsmasq", _said(rb"dnsmasq-" + V2)),
    (("pdns_server",), "pdns", "powerdns:authoritative", _alone(rb"[45]\.\d+\.\d+", rb"[-\0]")),
    (("sshd", "ssh"), "openssh", "openbsd:openssh", _said(rb"OpenSSH_(\d+\.\d+p\d+)")),
    (("dropbear", "dropbearmulti"), "dropbear", "dropbear_ssh_project:dropbear_ssh",
     _said(rb"SSH-2\.0-dropbear_(\d{4}\.\d+)")),
    (("openvpn",), "openvpn", "openvpn:openvpn", _said(rb"OpenVPN " + V3 + rb" \w+-\w")),
    (("stunnel",), "stunnel", "stunnel:stunnel", _said(rb"stunnel " + V2 + rb" on ")),
    (("proftpd",), "proftpd", "proftpd:proftpd", _said(rb"ProFTPD Version " + V3)),
    (("vsftpd",), "vsftpd", "vsftpd_project:vsftpd", _said(rb"\(vsFTPd " + V3)),
    (("exim",), "exim", "exim:exim", _alone(rb"4\.[89]\d(?:\.\d+)?")),
    (("master",), "postfix", "postfix:postfix", _said(rb"mail_version=" + V3)),
    (("dovecot",), "dovecot", "dovecot:dovecot",
     _said(rb"Dovecot v(\d+\.\d+\.\d+(?:\.\d+)?)")),
    (("cupsd",), "cups", "openprinting:cups", _said(rb"CUPS/" + V3)),
    (("turnserver",), "coturn", "coturn_project:coturn", _said(rb"Coturn-" + V3)),
    # Tools. BusyBox is none of them: builders leave a copy behind that nothing in the image names.
    (("curl",), "curl", "haxx:curl", _said(rb"curl/" + V3)),
    (("libcurl", "libcurl-gnutls"), "curl", "haxx:curl", _said(rb"libcurl/" + V3)),
    (("wget",), "wget", "gnu:wget", _alone(rb"1\.[12]\d\.\d+")),
    (("git",), "git", "git-scm:git", _said(rb"git/" + V3)),
    (("openssl", "libcrypto"), "openssl", "openssl:openssl",
     _said(rb"OpenSSL (\d+\.\d+\.\d+[a-z]?) +\d+ [A-Z][a-z]{2} \d{4}")),
    (("sudo",), "sudo", "sudo_project:sudo", _alone(rb"1\.[89]\.\d+(?:p\d+)?")),
    (("gpg",), "gnupg", "gnupg:gnupg", _alone(rb"2\.\d+\.\d+")),
    (("socat",), "socat", "dest-unreach:socat", _alone(rb"1\.\d+\.\d+\.\d+")),
    (("tcpdump",), "tcpdump", "tcpdump:tcpdump", _said(rb"%s version " + V3)),
    (("vim", "vim.tiny", "vim.basic"), "vim", "vim:vim", _said(rb"VIM - Vi IMproved " + V2)),
    (("nano",), "nano", "gnu:nano", _said(rb"GNU nano " + V2)),
    (("zstd",), "zstd", "facebook:zstandard", re.compile(rb"\0v" + V3 + rb"(?=\0)")),
    (("jq",), "jq", "jqlang:jq", _alone(rb"1\.\d(?:\.\d)?")),
    (("rsync",), "rsync", "samba:rsync", _alone(rb"3\.\d\.\d+")),
    (("chronyd",), "chrony", "tuxfamily:chrony", _alone(rb"4\.\d(?:\.\d)?")),
    (("monit",), "monit", "mmonit:monit", _alone(rb"5\.\d+\.\d+")),
    (("tor",), "tor", "torproject:tor", _alone(rb"0\.[4-9]\.\d+\.\d+")),
    (("hitch",), "hitch", "varnish-software:hitch", _said(rb"hitch " + V3)),
    (("ninja",), "ninja", "ninja-build:ninja", _alone(rb"1\.\d+\.\d+")),
    (("gcc",), "gcc", "gnu:gcc", _alone(rb"(?:[4-9]|1\d)\.\d\.\d")),
    # Libraries that are often built by hand.
    (("libavcodec", "libavutil"), "ffmpeg", "ffmpeg:ffmpeg",
     _said(rb"FFmpeg version n?" + V2)),
    (("libarchive",), "libarchive", "libarchive:libarchive", _said(rb"libarchive " + V3)),
    (("libz",), "zlib", "zlib:zlib", _said(rb"deflate (\d+(?:\.\d+)+) Copyright")),
    (("libpng",), "libpng", "libpng:libpng", _said(rb"libpng version " + V3)),
    (("libtiff",), "libtiff", "libtiff:libtiff", _said(rb"LIBTIFF, Version " + V3)),
    (("libexpat",), "expat", "libexpat_project:libexpat", _said(rb"expat_" + V3)),
    (("liblzma",), "xz", "tukaani:xz", _alone(rb"5\.\d+\.\d+")),
    (("libgnutls",), "gnutls", "gnu:gnutls", _said(rb"Enabled GnuTLS " + V3)),
    (("libc",), "glibc", "gnu:glibc",
     _said(rb"GNU C Library \([^()\0]*\) \w+ release version " + V2)),
)
# fmt: on

GROWING = frozenset({"redis"})
"""Programs that also name the versions since which their commands are there: the last is it."""

PROGRAMS: dict[str, Program] = {
    stem: Program(name, cpe, version) for stems, name, cpe, version in ROWS for stem in stems
}
"""By the name of the file, without a version at its end and without what marks a library."""
