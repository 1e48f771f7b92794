"""The feeds Lading reads, in order: who publishes what, where, and which file reads it.

Each file has `recognises(path, head)` and `read(path, file)`, which yields one record at a time.
"""

import os
import re
from collections.abc import Iterator
from importlib import import_module
from typing import IO, NamedTuple, Protocol, cast

from match.model import Advisory, Exploited, Likelihood
from match.records.known import Known, Read, Sole
from match.records.packed import HEAD_BYTES, beginning, damages, unpacked
from match.records.tarball import is_tar
from sbom.model import Problem

Record = Advisory | Exploited | Likelihood | Problem


class Feed(NamedTuple):
    """One feed.

    days: how old its newest record may be before the feed counts as stale.
    tested: on which data its reader was tried beside records of our own.
    """

    name: str
    title: str
    url: str
    licence: str
    days: int
    says: str
    tested: str = "real data"


# fmt: off
FEEDS = (
    Feed(
        "debian", "Debian security advisories (DSA, DLA, DTSA)",
        "https://salsa.debian.org/security-tracker-team/security-tracker/-/raw/master/data/{DSA,DLA,DTSA}/list",
        "no licence stated; facts", 7,
        "the fixed version of each source package and release; an advisory names several CVEs",
    ),
    Feed(
        "tracker", "Debian security tracker, every CVE in every release",
        "https://security-tracker.debian.org/tracker/data/json",
        "no licence stated; facts", 3,
        "fixed, never there, open, will not fix, deferred, undetermined: by source package and"
        " release; `TEMP-` ids stand until there is a CVE and are nobody's alias",
        "fixtures",
    ),
    Feed(
        "ubuntu", "Ubuntu VEX: every CVE and notice (USN) in OpenVEX",
        "https://security-metadata.canonical.com/vex/vex-all.tar.xz",
        "CC-BY-SA-4.0", 3,
        "fixed, affected, not affected, under investigation, will not fix, deferred: by source"
        " package, release and channel (Pro, FIPS)",
        "fixtures",
    ),
    Feed(
        "secdb", "Alpine and Wolfi/Chainguard security databases",
        "https://secdb.alpinelinux.org/{release}/{repository}.json, {packages}/os/security.json",
        "CC-BY-SA-4.0 (Alpine), by the publisher's terms (Wolfi, Chainguard)", 7,
        "the version that fixes each CVE in a source package; version 0: never affected",
    ),
    Feed(
        "nvd", "National Vulnerability Database, API 2.0",
        "https://services.nvd.nist.gov/rest/json/cves/2.0?startIndex={n}",
        "public domain (US Government)", 3,
        "scores, by NVD, the CNA and CISA; versions of products that packages are mapped to; what"
        " was rejected or is disputed",
    ),
    Feed(
        "kev", "CISA Known Exploited Vulnerabilities",
        "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
        "CC0-1.0", 7,
        "that a CVE is exploited, since when, and when it is due",
    ),
    Feed(
        "epss", "Exploit Prediction Scoring System (FIRST)",
        "https://epss.empiricalsecurity.com/epss_scores-{date}.csv.gz",
        "free use with attribution to FIRST", 3,
        "the probability that a CVE will be exploited within 30 days",
    ),
    Feed(
        "nvd11", "National Vulnerability Database, feeds 1.1 (ended in 2023)",
        "https://nvd.nist.gov/feeds/json/cve/1.1/nvdcve-1.1-{year}.json.gz",
        "public domain (US Government)", 3650,
        "scores by NVD, where an old mirror is all there is",
    ),
    Feed(
        "csaf", "Red Hat and SUSE, advisories and VEX in CSAF 2.0",
        "https://security.access.redhat.com/data/csaf/v2/{vex,advisories}/{year}/{id}.json",
        "CC-BY-4.0", 3,
        "fixed, affected, not affected, under investigation, will not fix, deferred: by binary"
        " package, module stream and product of a release",
        "real data of Red Hat (a sample); SUSE: records of our own",
    ),
    Feed(
        "azurelinux", "Azure Linux and CBL-Mariner (OVAL)",
        "https://raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main/{distribution}-{release}-oval.xml",
        "MIT", 7,
        "the version that fixes each CVE in a source package, no patch yet, or not applicable",
    ),
    Feed(
        "amazon", "Amazon Linux security advisories (ALAS), updateinfo of its repositories",
        "https://cdn.amazonlinux.com/{release}/core/…/repodata/updateinfo.xml.gz",
        "no licence stated; facts", 7,
        "the version that fixes an advisory's CVEs in a binary package, by architecture; of an"
        " extra repository by its topic",
        "fixtures",
    ),
    Feed(
        "oracle", "Oracle Linux errata (ELSA, OVAL)",
        "https://linux.oracle.com/security/oval/com.oracle.elsa-all.xml.bz2",
        "no licence stated; facts", 7,
        "the version that fixes an advisory's CVEs in a binary package, by module stream and"
        " architecture; Ksplice and FIPS builds apart",
        "fixtures",
    ),
    Feed(
        "photon", "Photon OS, CVEs of each release",
        "https://packages.broadcom.com/photon/photon_cve_metadata/cve_data_photon{release}.json",
        "no licence stated; facts", 7,
        "the version that fixes each CVE in a package, affected without one, or not affected",
        "fixtures",
    ),
    Feed(
        "cve", "CVE list, record format 5, with CISA's additions (Vulnrichment)",
        "https://github.com/CVEProject/cvelistV5/releases,"
        " https://github.com/cisagov/vulnrichment/archive/refs/heads/develop.tar.gz",
        "CC0-1.0 (Vulnrichment), the CVE programme's terms of use (list)", 3,
        "affected versions of packages named by purl or registry, or mapped to a CPE; scores"
        " by the CNA and CISA, decision points (SSVC); what was rejected or is disputed",
        "real data of Vulnrichment",
    ),
    Feed(
        "rubysec", "Ruby advisory database: gems, and Ruby itself",
        "https://github.com/rubysec/ruby-advisory-db/archive/refs/heads/master.tar.gz",
        "public domain", 7,
        "which versions of a gem are patched or never were affected; scores",
    ),
    Feed(
        "friendsofphp", "FriendsOfPHP security advisories: Composer packages",
        "https://codeload.github.com/FriendsOfPHP/security-advisories/tar.gz/refs/heads/master",
        "Unlicense", 30,
        "affected versions of each branch of a package",
    ),
    Feed(
        "nodejs", "Node.js security working group: Node itself, npm packages",
        "https://github.com/nodejs/security-wg/archive/refs/heads/main.tar.gz",
        "MIT", 90,
        "affected and patched versions, as npm's range strings",
    ),
    Feed(
        "retirejs", "RetireJS: JavaScript libraries",
        "https://raw.githubusercontent.com/RetireJS/retire.js/master/repository/jsrepository-v4.json",
        "Apache-2.0", 30,
        "affected versions of libraries, as npm packages",
    ),
    Feed(
        "osv", "OSV: every database in the OSV format, the house's own included",
        "https://osv-vulnerabilities.storage.googleapis.com/{ecosystem}/all.zip",
        "each database's own (CC-BY-4.0, CC0-1.0, Apache-2.0, MIT …)", 3,
        "affected ranges and versions of language and distribution packages, aliases, severities",
    ),
)
"""In the order in which they are asked whether a file is theirs: the most particular form first."""

REPOSITORIES = frozenset(
    {"csaf", "cve", "friendsofphp", "nodejs", "retirejs", "rubysec", "ubuntu"}
)
"""Feeds that are read from a tar archive of all their files as well."""
RECALLED = frozenset({"csaf", "cve", "osv", "ubuntu"})
"""Feeds whose members of archives need not be read again where their bytes are known."""
SILENT = "a CSAF document of no kind that names vulnerabilities of products"
"""Why a document that is right and says nothing of products is not read."""
NOT_READ = (
    (rb'"csaf_version"', SILENT),
    (rb"<oval_definitions|oval-definitions", "an OVAL document of a publisher not known here"),
    (rb'"@context"\s*:\s*"https://openvex', "OpenVEX, which `--vex` reads: statements on products"),
    (rb"\.advisories\.yaml\0", "Wolfi's advisories, of which its security database has the same"),
    (rb'"_annotation"', "additions to NVD's records, which name products by CPE alone"),
    (rb"^.{257}ustar", "an archive of files that no feed has"),
)
"""Known forms that no feed reads, to name them and say why."""
INDEXES = re.compile(r"(?:^|/)(?:modified_id\.csv|changes\.csv|ecosystems\.txt)$")
"""Lists beside a feed's records that say which of them changed; they hold no advisory."""
# fmt: on


class Source(NamedTuple):
    """A file of a snapshot: `feed` reads it; `index` has no records; empty: not known, and why."""

    path: str
    feed: str
    why: str = ""


class Reader(Protocol):
    """What a feed's file offers."""

    def recognises(self, path: str, head: bytes) -> bool:
        """Whether a file is this feed's, by its name and first (decompressed) bytes."""
        ...

    def read(self, path: str, file: IO[bytes]) -> Iterator[Record]:
        """Yield what the file says, one record at a time; no `ValueError` leaves it."""
        ...


class Recalling(Protocol):
    """What the file of a feed in `RECALLED` offers."""

    def read(self, path: str, file: IO[bytes], known: Known | None = None) -> Iterator[Read]:
        """Yield what the file says, but for members of an archive that are known already."""
        ...


def reader(name: str) -> Reader:
    """Import the file that reads the feed `name`."""
    return cast("Reader", import_module(f"match.feeds.{name}"))


def recognise(path: str, head: bytes) -> str | None:
    """Return the name of the feed a file belongs to, or None where no feed reads it."""
    names = [feed.name for feed in FEEDS if not is_tar(head) or feed.name in REPOSITORIES]
    return next((name for name in names if reader(name).recognises(path, head)), None)


def walk(root: str) -> Iterator[Source]:
    """Yield every file at or below `root`, in order of its path, with the feed that reads it."""
    if not os.path.isdir(root):
        yield _source(root)
        return
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(files):
            yield _source(os.path.join(folder, name))


def read(source: Source, known: Known | None = None) -> Iterator[Record | Sole]:
    """Yield what a source says; an unreadable rest of it becomes one problem.

    A source no feed reads yields the problem that says so; an index yields nothing.

    Args:
        source: as `walk` gave it.
        known: passes over what need not be read again, where the feed can do that.
    """
    if source.feed == "index":
        return
    if not source.feed:
        yield Problem(source="feeds", where=source.path, what=source.why, effect="source_lost")
        return
    try:
        with unpacked(source.path) as file:
            if known is not None and source.feed in RECALLED:
                recalling = cast("Recalling", reader(source.feed))
                yield from recalling.read(source.path, file, known)
            else:
                yield from reader(source.feed).read(source.path, file)
    except damages() as error:
        what = f"the file cannot be read to its end: {error}"
        yield Problem(source=source.feed, where=source.path, what=what, effect="source_lost")


def _source(path: str) -> Source:
    try:
        if INDEXES.search(path.replace(os.sep, "/")):
            return Source(path, "index")
        if not os.path.isfile(path):
            return Source(path, "", "it is no regular file")
        with open(path, "rb") as file:
            head = beginning(file.read(HEAD_BYTES))
    except OSError as error:
        return Source(path, "", f"it cannot be opened: {error.strerror}")
    feed = recognise(path, head)
    if feed:
        return Source(path, feed)
    if not head.strip():
        return Source(path, "", "it is empty")
    kind = next((what for pattern, what in NOT_READ if re.search(pattern, head, re.DOTALL)), "")
    return Source(path, "", kind or "no feed has files of this form")
