"""Erlang and Elixir: applications as the virtual machine loads them, and Mix's and Rebar's locks.

`NAME.app` states an OTP application; nothing in it says where it came from, so it is an `otp`
package. The lock files name packages of Hex; these are optional (rule 5).
"""

import re
from collections.abc import Iterator

from sbom.model import Found, Problem

GLOBS = ("**/ebin/*.app", "**/releases/*/OTP_VERSION", "**/mix.lock", "**/rebar.lock")
MAGIC: tuple[bytes, ...] = ()

APPLICATION = re.compile(r"\{\s*application\s*,\s*(?:'([^'\n]+)'|([a-z][A-Za-z0-9_@]*))\s*,")
VERSION = re.compile(r"\{\s*vsn\s*,\s*(?:\"([^\"\n]+)\"|<<\"([^\"\n]+)\">>)\s*\}")
LOCKED = {
    "mix.lock": re.compile(r'\{\s*:hex,\s*:"?([A-Za-z0-9_]+)"?,\s*"([^"\n]+)"'),
    "rebar.lock": re.compile(r'\{\s*pkg\s*,\s*<<"([^"\n]+)">>\s*,\s*<<"([^"\n]+)">>'),
}
OTP_CPE = "cpe:2.3:a:erlang:erlang\\/otp:{}:*:*:*:*:*:*:*"
OTP_VERSION = re.compile(r"\d+(?:\.\d+)*(?:-rc\d+)?")


def read(data: bytes, path: str) -> Iterator[Found | Problem]:
    """Yield an application, the release of Erlang/OTP, or the names in a lock file."""
    text, file = data.decode("utf-8", "replace"), path.rpartition("/")[2]
    if file in LOCKED:
        # What lies in `deps` came with a package and served its makers.
        if "deps" not in path.split("/"):
            for name, version in dict.fromkeys(LOCKED[file].findall(text)):
                yield Found(type="hex", name=name, version=version, scope="optional")
    elif file == "OTP_VERSION":
        # `**` marks a release that was patched by hand.
        version = text.strip().rstrip("*")
        if OTP_VERSION.fullmatch(version):
            cpe = OTP_CPE.format(version)
            yield Found(type="generic", name="erlang", version=version, cpes=(cpe,))
        else:
            what = f"{version[:40]!r} is no release of Erlang/OTP"
            yield Problem(source="erlang", where=path, what=what, effect="record_lost")
    else:
        yield _application(text, path)


def _application(text: str, path: str) -> Found | Problem:
    name, version = APPLICATION.search(text), VERSION.search(text)
    if not (name and version):
        what = f"the application has no {'version' if name else 'name'}"
        return Problem(source="erlang", where=path, what=what, effect="record_lost")
    return Found(type="otp", name=name[1] or name[2], version=version[1] or version[2])
