"""Small files of facts in the publishers' forms, and archives made of them."""

import gzip
import io
import tarfile


def tarball(files, packed=False, **kinds):
    """A tar archive: names to bytes, and names to link targets."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, target in kinds.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    data = out.getvalue()
    return gzip.compress(data) if packed else data


def records(reader, data, path="x"):
    """Everything a feed's file reads from bytes."""
    return list(reader.read(path, io.BytesIO(data)))


def ranges(claim):
    """A claim's intervals, as (introduced, fixed, last affected)."""
    return [(i.introduced, i.fixed, i.last_affected) for i in claim.intervals]
