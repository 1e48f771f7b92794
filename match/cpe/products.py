"""Which packages are which products of NVD's, one by one: nothing is ever matched by its name alone.

A row is here because the project's own CPE is known; a product that changed hands has every name it
was given. What an ecosystem's database or a distribution speaks for needs no row.
"""

import re
from typing import NamedTuple

# fmt: off
TYPES = frozenset({"bitnami", "conan", "generic"})
"""The purl types whose names are the projects' own: nobody else publishes under them."""

ROWS: tuple[tuple[str, str], ...] = (
    # names of the package, products
    # Interpreters and runtimes.
    ("python", "python:python"),
    ("node nodejs", "nodejs:node.js nodejs:nodejs"),
    ("ruby", "ruby-lang:ruby"),
    ("php", "php:php"),
    ("perl", "perl:perl"),
    ("lua", "lua:lua"),
    ("tcl", "tcl:tcl"),
    ("guile", "gnu:guile"),
    ("mono", "mono-project:mono"),
    ("erlang otp", "erlang:erlang/otp"),
    ("deno", "deno:deno"),
    ("openjdk", "oracle:openjdk"),
    ("graalvm", "oracle:graalvm"),
    ("dotnet", "microsoft:.net microsoft:.net_core"),
    ("aspnet-core", "microsoft:asp.net_core"),
    # Web servers, proxies, meshes.
    ("nginx", "f5:nginx nginx:nginx igor_sysoev:nginx f5:nginx_open_source"),
    ("openresty", "openresty:openresty"),
    ("httpd apache", "apache:http_server"),
    ("lighttpd", "lighttpd:lighttpd"),
    ("haproxy", "haproxy:haproxy"),
    ("varnish", "varnish-cache:varnish_cache varnish_cache_project:varnish_cache varnish-software:varnish_cache"),
    ("squid", "squid-cache:squid"),
    ("uwsgi", "unbit:uwsgi uwsgi_project:uwsgi"),
    ("icecast", "xiph:icecast icecast:icecast"),
    ("caddy", "caddyserver:caddy"),
    ("traefik", "traefik:traefik containous:traefik"),
    ("envoy", "envoyproxy:envoy"),
    ("istio", "istio:istio"),
    ("kong", "konghq:kong_gateway"),
    ("tomcat", "apache:tomcat"),
    ("jetty", "eclipse:jetty"),
    ("wildfly", "redhat:wildfly"),
    # Databases, queues, search.
    ("postgresql", "postgresql:postgresql"),
    ("mariadb", "mariadb:mariadb"),
    ("mysql", "oracle:mysql oracle:mysql_server mysql:mysql"),
    ("redis", "redis:redis redislabs:redis"),
    ("valkey", "lfprojects:valkey"),
    ("memcached", "memcached:memcached"),
    ("mongodb", "mongodb:mongodb"),
    ("cassandra", "apache:cassandra"),
    ("couchdb", "apache:couchdb"),
    ("influxdb", "influxdata:influxdb"),
    ("clickhouse", "clickhouse:clickhouse"),
    ("etcd", "etcd:etcd redhat:etcd"),
    ("elasticsearch", "elastic:elasticsearch"),
    ("kibana", "elastic:kibana"),
    ("logstash", "elastic:logstash"),
    ("opensearch", "amazon:opensearch"),
    ("solr", "apache:solr"),
    ("kafka", "apache:kafka"),
    ("zookeeper", "apache:zookeeper"),
    ("activemq", "apache:activemq"),
    ("rabbitmq", "vmware:rabbitmq pivotal_software:rabbitmq"),
    ("mosquitto", "eclipse:mosquitto"),
    ("openldap", "openldap:openldap"),
    ("sqlite sqlite3", "sqlite:sqlite"),
    # Name, mail, file and login servers.
    ("bind", "isc:bind"),
    ("unbound", "nlnetlabs:unbound"),
    ("nsd", "nlnetlabs:nsd"),
    ("dnsmasq", "thekelleys:dnsmasq"),
    ("coredns", "coredns.io:coredns"),
    ("pdns", "powerdns:authoritative powerdns:authoritative_server"),
    ("openssh", "openbsd:openssh"),
    ("dropbear", "dropbear_ssh_project:dropbear_ssh"),
    ("openvpn", "openvpn:openvpn"),
    ("stunnel", "stunnel:stunnel"),
    ("proftpd", "proftpd:proftpd"),
    ("vsftpd", "vsftpd_project:vsftpd"),
    ("exim", "exim:exim"),
    ("postfix", "postfix:postfix"),
    ("dovecot", "dovecot:dovecot"),
    ("cups", "openprinting:cups apple:cups"),
    ("coturn", "coturn_project:coturn"),
    ("samba", "samba:samba"),
    ("rsync", "samba:rsync"),
    # Clusters, builds, monitoring.
    ("kubernetes kubectl kubelet", "kubernetes:kubernetes"),
    ("containerd", "linuxfoundation:containerd"),
    ("runc", "linuxfoundation:runc opencontainers:runc"),
    ("moby docker", "mobyproject:moby docker:docker"),
    ("podman", "podman_project:podman"),
    ("helm", "helm:helm"),
    ("argo-cd argocd", "argoproj:argo_cd"),
    ("consul", "hashicorp:consul"),
    ("nomad", "hashicorp:nomad"),
    ("terraform", "hashicorp:terraform"),
    ("vault", "hashicorp:vault"),
    ("grafana", "grafana:grafana"),
    ("prometheus", "prometheus:prometheus"),
    ("jenkins", "jenkins:jenkins"),
    ("gitea", "gitea:gitea"),
    ("gitlab", "gitlab:gitlab"),
    ("keycloak", "redhat:keycloak"),
    ("minio", "minio:minio"),
    ("harbor", "linuxfoundation:harbor"),
    ("nats nats-server", "linuxfoundation:nats-server nats:nats_server"),
    ("zabbix", "zabbix:zabbix"),
    # Tools.
    ("bash", "gnu:bash"),
    ("gawk", "gnu:gawk"),
    ("curl libcurl", "haxx:curl haxx:libcurl"),
    ("wget", "gnu:wget"),
    ("git", "git-scm:git git:git"),
    ("openssl", "openssl:openssl"),
    ("sudo", "sudo_project:sudo"),
    ("gnupg", "gnupg:gnupg"),
    ("socat", "dest-unreach:socat"),
    ("tcpdump", "tcpdump:tcpdump"),
    ("vim", "vim:vim"),
    ("nano", "gnu:nano"),
    ("zstd", "facebook:zstandard"),
    ("busybox", "busybox:busybox"),
    ("ffmpeg", "ffmpeg:ffmpeg"),
    ("imagemagick", "imagemagick:imagemagick"),
    ("ghostscript", "artifex:ghostscript"),
    ("subversion", "apache:subversion"),
    ("mercurial", "mercurial:mercurial"),
    ("binutils", "gnu:binutils"),
    ("gcc", "gnu:gcc"),
    ("tar", "gnu:tar"),
    ("patch", "gnu:patch"),
    # Libraries that are often built by hand.
    ("zlib", "zlib:zlib gnu:zlib"),
    ("libpng", "libpng:libpng"),
    ("libtiff", "libtiff:libtiff"),
    ("libwebp", "webmproject:libwebp"),
    ("libjpeg-turbo", "libjpeg-turbo:libjpeg-turbo"),
    ("openjpeg", "uclouvain:openjpeg"),
    ("expat libexpat", "libexpat_project:libexpat"),
    ("xz xz_utils", "tukaani:xz"),
    ("bzip2", "bzip:bzip2"),
    ("libarchive", "libarchive:libarchive"),
    ("libxml2", "xmlsoft:libxml2"),
    ("libxslt", "xmlsoft:libxslt"),
    ("libssh2", "libssh2:libssh2"),
    ("libssh", "libssh:libssh"),
    ("nghttp2 libnghttp2", "nghttp2:nghttp2"),
    ("pcre", "pcre:pcre"),
    ("pcre2", "pcre:pcre2"),
    ("gnutls", "gnu:gnutls"),
    ("mbedtls", "arm:mbed_tls trustedfirmware:mbed_tls"),
    ("wolfssl", "wolfssl:wolfssl"),
    ("libressl", "openbsd:libressl"),
    ("nss", "mozilla:nss mozilla:network_security_services"),
    ("libgcrypt", "gnupg:libgcrypt"),
    ("glibc", "gnu:glibc"),
    ("musl", "musl-libc:musl"),
    ("ncurses", "gnu:ncurses"),
    ("freetype", "freetype:freetype"),
    ("c-ares", "c-ares_project:c-ares c-ares:c-ares"),
    ("libuv", "libuv:libuv"),
    ("protobuf", "google:protobuf"),
    ("grpc", "grpc:grpc"),
    ("libsodium", "libsodium:libsodium"),
    ("krb5", "mit:kerberos_5"),
    ("cyrus-sasl", "cyrusimap:cyrus-sasl"),
)

THIRD_PARTIES: tuple[tuple[str, str, str], ...] = (
    # who made it (in the vendor's or maintainer's words, or the version), names, products
    (r"nginx", r"nginx", "f5:nginx nginx:nginx f5:nginx_open_source"),
    (r"pgdg|postgresql", r"postgresql(?:-?\d+)?(?:-server)?", "postgresql:postgresql"),
    (r"nodesource", r"nodejs", "nodejs:node.js nodejs:nodejs"),
    (r"docker", r"docker-ce", "mobyproject:moby docker:docker"),
    (r"docker", r"containerd\.io", "linuxfoundation:containerd"),
    (r"mariadb", r"(?:mariadb-server|MariaDB-server)", "mariadb:mariadb"),
    (r"oracle", r"mysql-community-server", "oracle:mysql oracle:mysql_server"),
    (r"mongodb", r"mongodb-org-server", "mongodb:mongodb"),
    (r"elastic", r"elasticsearch", "elastic:elasticsearch"),
    (r"elastic", r"kibana", "elastic:kibana"),
    (r"elastic", r"logstash", "elastic:logstash"),
    (r"grafana", r"grafana", "grafana:grafana"),
    (r"redis", r"redis(?:-server)?", "redis:redis redislabs:redis"),
    (r"rabbitmq", r"rabbitmq-server", "vmware:rabbitmq pivotal_software:rabbitmq"),
    (r"hashicorp", r"consul", "hashicorp:consul"),
    (r"hashicorp", r"nomad", "hashicorp:nomad"),
    (r"hashicorp", r"terraform", "hashicorp:terraform"),
    (r"hashicorp", r"vault", "hashicorp:vault"),
    (r"haproxy", r"haproxy", "haproxy:haproxy"),
    (r"varnish", r"varnish", "varnish-cache:varnish_cache varnish-software:varnish_cache"),
    (r"k8s|kubernetes", r"kube(?:adm|ctl|let)", "kubernetes:kubernetes"),
    (r"influxdata", r"influxdb2?", "influxdata:influxdb"),
    (r"sury", r"php\d\.\d-(?:cli|fpm)", "php:php"),
    (r"zabbix", r"zabbix-server-(?:mysql|pgsql)", "zabbix:zabbix"),
)
# fmt: on
"""Packages that others than the distribution made, by who did; their versions are the upstream's."""


class Product(NamedTuple):
    """A product that packages are mapped to.

    targets, editions: what its CPE names may have there and still be the same product.
    """

    targets: frozenset[str] = frozenset()
    editions: frozenset[str] = frozenset()


COMMUNITY = frozenset({"community", "open_source", "oss"})
"""Editions that are what is had without a contract; `enterprise` is another product."""

MAPPED: dict[str, tuple[str, ...]] = {
    name: tuple(products.split()) for names, products in ROWS for name in names.split()
}
"""The products of each package of `TYPES`, by its name."""

PRODUCTS: dict[str, Product] = {
    product: Product(editions=COMMUNITY)
    for products in (*(row[1] for row in ROWS), *(row[2] for row in THIRD_PARTIES))
    for product in products.split()
}
"""Every product that some package is mapped to: no other is read from NVD."""

UPSTREAM = re.compile(r"(?:\d+:)?(?P<version>[^~+-]+)")
"""The upstream's version in a package's: without epoch, revision, and what repackaging adds."""


def products_of(type_: str, name: str) -> tuple[str, ...]:
    """Return the products that a package is mapped to; none where there is no row for it."""
    return MAPPED.get(name.lower(), ()) if type_ in TYPES else ()


def third_party_products(name: str, version: str, vendor: str) -> tuple[str, ...]:
    """Return the products that a package made by others than a distribution is mapped to."""
    made = f"{vendor} {version}"
    return next(
        (
            tuple(products.split())
            for maker, names, products in THIRD_PARTIES
            if re.fullmatch(names, name) and re.search(maker, made, re.IGNORECASE)
        ),
        (),
    )


def upstream_version(version: str) -> str:
    """Return the upstream's version in a distribution package's: `1.25.3` of `1.25.3-1~bookworm`."""
    found = UPSTREAM.match(version)
    return found["version"] if found else version
