"""Not a reader: which Maven artifact a jar without Maven metadata is.

The version must be stated, by the file name or the manifest; the group id is taken from what the
build tools are known to write, never from a likeness. Where it is not known it stays empty.
"""

import re

from sbom.readers.groups import EXACT, FAMILIES

# `NAME-VERSION` as repositories name files: the version begins at a hyphen before a digit.
FILE_NAME = re.compile(r"(.+?)-v?(\d[0-9A-Za-z._+-]*)")
CLASSIFIER = re.compile(r"-(?:all|shaded|jar-with-dependencies|fat|uber|boot|exec|plain|sources)$")
ARTIFACT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
GROUP = re.compile(r"[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)+")
VERSION = re.compile(r"v?(\d[0-9A-Za-z._+-]*)")
CONTINUED = re.compile(r"\r?\n ")
# The Java runtime's own parts say this; they belong to the runtime and are no artifacts.
RUNTIME = "Java Platform API Specification"
# Vendor ids of whole foundations, written by parent poms in place of the group id.
WIDE = frozenset({"org.apache", "com.sun", "org.eclipse", "org.codehaus", "com.google"})

Identity = tuple[str, str, str]


def identity(text: str, stem: str, names: list[bytes]) -> Identity | None:
    """Return group, artifact and version of a jar; None where it states no version or name.

    text: the manifest. stem: the file name without its ending. names: all entries of the jar.
    """
    fields = _fields(text)
    if fields.get("Specification-Title") == RUNTIME:
        return None
    artifact, version = _artifact(fields, stem)
    if not (artifact and version):
        return None
    group = _group(fields, artifact, names)
    return (group, artifact, version) if group else None


def _fields(text: str) -> dict[str, str]:
    """Return the main section's attributes (JAR File Specification); lines go on after a space."""
    main = re.split(r"\r?\n\r?\n", CONTINUED.sub("", text), maxsplit=1)[0]
    pairs = (line.partition(":") for line in main.splitlines())
    return {key: value.strip() for key, _, value in pairs if value}


def _artifact(fields: dict[str, str], stem: str) -> tuple[str, str]:
    """Prefer the file name, which repositories require to be `artifact-version`."""
    name = FILE_NAME.fullmatch(CLASSIFIER.sub("", stem))
    if name:
        return name[1], name[2]
    keys = ("Implementation-Version", "Bundle-Version", "Specification-Version")
    stated = (VERSION.fullmatch(fields.get(key, "")) for key in keys)
    version = next((found[1] for found in stated if found), "")
    title = fields.get("Implementation-Title", "")
    return (title if ARTIFACT.fullmatch(title) else stem), version


def _group(fields: dict[str, str], artifact: str, names: list[bytes]) -> str:
    if artifact in EXACT:
        return EXACT[artifact]
    family = next((group for prefix, group in FAMILIES if artifact.startswith(prefix)), "")
    vendor = fields.get("Implementation-Vendor-Id", "")
    if family or (GROUP.fullmatch(vendor) and vendor not in WIDE):
        return family or vendor
    symbolic = fields.get("Bundle-SymbolicName", "").partition(";")[0].strip()
    return (
        _from_symbolic(symbolic, artifact) or _from_start(fields) or _from_packages(artifact, names)
    )


def _from_symbolic(symbolic: str, artifact: str) -> str:
    """Undo how the Maven bundle plugin makes a symbolic name of group and artifact.

    It joins them by a dot, leaving out what the end of the group and the start of the artifact
    have in common: `com.google.guava` with `guava`, `org.apache.commons` with `commons-text`.
    """
    if symbolic.endswith(f".{artifact}"):
        group = symbolic.removesuffix(f".{artifact}")
        # `org.group.name` with artifact `name`: with two parts left, the whole is the group.
        return symbolic if group.count(".") < 2 and GROUP.fullmatch(symbolic) else group
    first, _, rest = artifact.partition("-")
    if rest and symbolic.endswith(f".{first}.{rest}"):
        group = symbolic.removesuffix(f".{rest}")
        return group if GROUP.fullmatch(group) else ""
    return ""


def _from_start(fields: dict[str, str]) -> str:
    """An application of Spring Boot: the folder of the class that it starts."""
    start = fields.get("Start-Class", "").rpartition(".")[0]
    return start if GROUP.fullmatch(start) else ""


def _from_packages(artifact: str, names: list[bytes]) -> str:
    """Take the longest package that all classes are in, without what repeats the artifact."""
    packages = {
        tuple(name.decode("utf-8", "replace").split("/")[:-1])
        for name in names
        if name.endswith(b".class") and not name.startswith(b"META-INF/") and b"/" in name
    }
    if not packages:
        return ""
    low, high = min(packages), max(packages)
    common = [a for a, b in zip(low, high, strict=False) if a == b]
    agreed = next(
        (n for n, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(common)
    )
    common = common[:agreed]
    words = set(artifact.replace("_", "-").split("-"))
    while len(common) > 2 and common[-1] in words:
        common.pop()
    group = ".".join(common)
    return group if GROUP.fullmatch(group) else ""
