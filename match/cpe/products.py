"""Which packages are which products of NVD's, one by one: nothing is matched by its name alone.

A row is here because the project's own CPE is known; a product that changed hands has every name it
was given. What an ecosystem's database or a distribution speaks for needs no row.
"""

from typing import NamedTuple

# fmt: off
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
    ("varnish", "varnish-cache:varnish_cache varnish-software:varnish_cache"),
    ("varnish-cache", "varnish-cache:varnish_cache varnish_cache_project:varnish_cache"),
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
    ("jq", "jqlang:jq jq_project:jq stedolan:jq"),
    ("chrony", "tuxfamily:chrony chrony_project:chrony"),
    ("monit", "mmonit:monit"),
    ("tor", "torproject:tor"),
    ("hitch", "varnish-software:hitch"),
    ("ninja", "ninja-build:ninja"),
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
    # who made it (a word of vendor, maintainer or version), names without digits, products
    ("docker", "containerd.io", "linuxfoundation:containerd"),
    ("docker", "docker-ce", "mobyproject:moby docker:docker"),
    ("elastic", "elasticsearch", "elastic:elasticsearch"),
    ("elastic", "kibana", "elastic:kibana"),
    ("elastic", "logstash", "elastic:logstash"),
    ("grafana", "grafana", "grafana:grafana"),
    ("haproxy", "haproxy", "haproxy:haproxy"),
    ("hashicorp", "consul", "hashicorp:consul"),
    ("hashicorp", "nomad", "hashicorp:nomad"),
    ("hashicorp", "terraform", "hashicorp:terraform"),
    ("hashicorp", "vault", "hashicorp:vault"),
    ("influxdata", "influxdb", "influxdata:influxdb"),
    ("k8s", "kubeadm kubectl kubelet", "kubernetes:kubernetes"),
    ("kubernetes", "kubeadm kubectl kubelet", "kubernetes:kubernetes"),
    ("mariadb", "MariaDB-server mariadb-server", "mariadb:mariadb"),
    ("mongodb", "mongodb-org-server", "mongodb:mongodb"),
    ("nginx", "nginx", "f5:nginx nginx:nginx f5:nginx_open_source"),
    ("nodesource", "nodejs", "nodejs:node.js nodejs:nodejs"),
    ("oracle", "mysql-community-server", "oracle:mysql oracle:mysql_server"),
    ("pgdg", "postgresql postgresql-server", "postgresql:postgresql"),
    ("postgresql", "postgresql postgresql-server", "postgresql:postgresql"),
    ("rabbitmq", "rabbitmq-server", "vmware:rabbitmq pivotal_software:rabbitmq"),
    ("redis", "redis redis-server", "redis:redis redislabs:redis"),
    ("sury", "php.-cli php.-fpm", "php:php"),
    ("varnish", "varnish", "varnish-cache:varnish_cache varnish-software:varnish_cache"),
    ("zabbix", "zabbix-server-mysql zabbix-server-pgsql", "zabbix:zabbix"),
)
# fmt: on
"""Packages that others than the distribution made, by who did; versions are the upstream's."""


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
"""The products of each package of a type whose names are the projects' own, by its name."""

PRODUCTS: dict[str, Product] = {
    product: Product(editions=COMMUNITY)
    for products in (*(row[1] for row in ROWS), *(row[2] for row in THIRD_PARTIES))
    for product in products.split()
}
"""Every product that some package is mapped to: no other is read from NVD."""

BY_NAME: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
for _maker, _names, _products in THIRD_PARTIES:
    for _name in _names.split():
        BY_NAME.setdefault(_name, []).append((_maker, tuple(_products.split())))
NO_DIGITS = str.maketrans("", "", "0123456789")


def products_of(name: str) -> tuple[str, ...]:
    """Return the products that a package of `PRODUCT_TYPES` is mapped to; none without a row."""
    return MAPPED.get(name.lower(), ())


def third_party_products(name: str, version: str, vendor: str) -> tuple[str, ...]:
    """Return the products that a package made by others than a distribution is mapped to."""
    rows = BY_NAME.get(name.translate(NO_DIGITS).rstrip("-."))
    if not rows:
        return ()
    made = f"{vendor} {version}".lower()
    return next((products for maker, products in rows if maker in made), ())


def upstream_version(version: str) -> str:
    """Return the upstream's version in a distribution package's: `1.25.3` of `1.25.3-1~bookworm`.

    Without epoch, revision, and what repackaging adds behind `+` or `~`.
    """
    epoch, colon, rest = version.partition(":")
    text = rest if colon and epoch.isdigit() else version
    return text.partition("-")[0].partition("+")[0].partition("~")[0]
