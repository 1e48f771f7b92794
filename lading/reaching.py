"""How a command may reach registries, by its options and the environment."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sbom.web.access import Access


def reach(*, insecure: bool = False, ca_file: str = "") -> "Access":
    """Return how registries may be reached.

    LADING_ALLOW_HOSTS names hosts, with commas between, to which registries may send us wherever
    they are; SSL_CERT_FILE, SSL_CERT_DIR and HTTPS_PROXY and its kin are read where they are used.
    """
    from sbom.web.access import Access

    allowed = os.environ.get("LADING_ALLOW_HOSTS", "").split(",")
    allow = tuple(sorted({host.strip() for host in allowed} - {""}))
    return Access(insecure=insecure, ca_file=ca_file, allow=allow)
