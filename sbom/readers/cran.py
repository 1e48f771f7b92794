"""R packages: the DESCRIPTION of each installed package, and R itself.

R writes `Built:` into a DESCRIPTION when it installs; without it the file is source code. The
packages of priority `base` are R: `base` stands for it, the others say nothing more.
"""

from collections.abc import Iterator

from sbom.model import Found, Problem

GLOBS = ("**/DESCRIPTION",)
MAGIC: tuple[bytes, ...] = ()

WANTED = frozenset(
    {"Package", "Version", "Built", "License", "Priority", "Maintainer", "biocViews"}
)
R_CPE = "cpe:2.3:a:r_project:r:{}:*:*:*:*:*:*:*"


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield the package of an installed DESCRIPTION."""
    fields = _fields(data.decode("utf-8", "replace"))
    name, version = fields.get("Package", ""), fields.get("Version", "")
    if "Built" not in fields:
        return
    if not (name and version):
        what = f"package {name!r} has no {'version' if name else 'name'}"
        yield Problem(source="cran", where=path, what=what, effect="record_lost")
        return
    if fields.get("Priority") == "base":
        if name == "base":
            yield Found(type="generic", name="r", version=version, cpes=(R_CPE.format(version),))
        return
    # Bioconductor asks its packages, and no one else's, for their place among its subjects.
    bioconductor = "biocViews" in fields
    yield Found(
        type="generic" if bioconductor else "cran",
        namespace="bioconductor" if bioconductor else "",
        name=name,
        version=version,
        vendor=fields.get("Maintainer", ""),
        licenses=(fields["License"],) if fields.get("License") else (),
    )


def _fields(text: str) -> dict[str, str]:
    """Read the first paragraph of Debian control syntax: `Name: value`, more after white space."""
    fields: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if not line.strip():
            break
        if line[0] in " \t":
            if name in fields:
                fields[name] = f"{fields[name]} {line.strip()}"[:4096]
            continue
        name, colon, value = line.partition(":")
        if colon and name in WANTED:
            fields.setdefault(name, value.strip())
    return fields
