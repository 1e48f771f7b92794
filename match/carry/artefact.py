"""An exported set in a registry: the same file, as an OCI artefact."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from match.carry.parcel import dated_of, is_parcel
from sbom.registry.reference import HUB, is_name, parse

if TYPE_CHECKING:
    from match.carry.form import Manifest
    from sbom.model import Digest
    from sbom.web.access import Access

MEDIA_TYPE = "application/vnd.lading.advisory-set.v1+tar"
SCHEME = "oci://"


def push(path: str, reference: str, manifest: "Manifest", access: "Access | None") -> "Digest":
    """Push an exported file; what it leads from and to can be read of its manifest.

    Raises:
        FetchError: where the registry does not take it.
    """
    from sbom.registry.artefacts import push_file

    last = manifest.states[-1] if manifest.states else manifest.base
    notes = (
        {"org.lading.set.digest": last.digest, "org.lading.set.dated": dated_of(manifest)}
        if last
        else {}
    )
    if manifest.base:
        notes["org.lading.set.base"] = manifest.base.digest
    return push_file(path, reference.removeprefix(SCHEME), MEDIA_TYPE, notes, access)


def is_carried(name: str) -> bool:
    """Tell whether a name is that of an exported set: a file, or a place in a registry.

    A name without a registry's is none: it would be a file that is not there.
    """
    if name.startswith(SCHEME) or is_parcel(name):
        return True
    return not os.path.exists(name) and is_name(name) and parse(name).registry != HUB


@contextmanager
def at_hand(name: str, access: "Access | None") -> Iterator[str]:
    """Yield the file of an exported set, which is fetched where it is in a registry.

    Raises:
        FetchError: where it cannot be fetched.
        InputError: where it is no exported set.
    """
    if is_parcel(name):
        yield name
        return
    from sbom.registry.artefacts import pull_file

    reference = name.removeprefix(SCHEME)
    with TemporaryDirectory(prefix="lading-") as folder:
        path = os.path.join(folder, "advisories.set")
        pull_file(reference, MEDIA_TYPE, path, access)
        yield path
