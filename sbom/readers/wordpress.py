"""WordPress, its plugins and its themes: the headers that WordPress itself reads.

A header is a comment at the beginning of a file directly in the plugin's or theme's folder; the
folder's name is the name in WordPress's directory, the title is for people.
"""

import re
from collections.abc import Iterator

from sbom.model import Found, Problem

GLOBS = (
    "**/wp-includes/version.php",
    "**/wp-content/plugins/*/*.php",
    "**/wp-content/themes/*/style.css",
)
MAGIC: tuple[bytes, ...] = ()

# WordPress reads no more of a file than this.
HEADER = 8 << 10
CORE = re.compile(r"^\$wp_version\s*=\s*'([^'\n]+)'\s*;", re.MULTILINE)
FIELD = re.compile(
    r"^[ \t/*#@]*(plugin name|theme name|version|license|author):[ \t]*([^\r\n]*)",
    re.MULTILINE | re.IGNORECASE,
)
CORE_CPE = "cpe:2.3:a:wordpress:wordpress:{}:*:*:*:*:*:*:*"


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield WordPress, or the plugin or theme whose main file this is."""
    text = data[:HEADER].decode("utf-8", "replace")
    if path.endswith("wp-includes/version.php"):
        core = CORE.search(text)
        if core:
            cpe = CORE_CPE.format(core[1])
            yield Found(type="generic", name="wordpress", version=core[1], cpes=(cpe,))
        else:
            what = "it does not say the version of WordPress"
            yield Problem(source="wordpress", where=path, what=what, effect="record_lost")
        return
    fields: dict[str, str] = {}
    for key, value in FIELD.findall(text):
        fields.setdefault(key.lower(), value.removesuffix("*/").strip())
    kind = "theme" if path.endswith("style.css") else "plugin"
    if fields.get(f"{kind} name"):
        yield _found(fields, kind, path)


def _found(fields: dict[str, str], kind: str, path: str) -> Found | Problem:
    name, version = path.split("/")[-2], fields.get("version", "")
    if not version:
        what = f"{kind} {name!r} has no version"
        return Problem(source="wordpress", where=path, what=what, effect="record_lost")
    return Found(
        type="generic",
        namespace=f"wordpress/{kind}s",
        name=name,
        version=version,
        vendor=fields.get("author", ""),
        licenses=(fields["license"],) if fields.get("license") else (),
    )
