"""Not a reader: which Maven artifact a jar without Maven metadata is.

The version and the artifact must be stated by the file name or the manifest. The group is a fact of
the public repositories, or what a build tool writes by rule, or the package of all classes.
"""

import re

from sbom.readers.maven_groups import EXACT, FAMILIES

# `NAME-VERSION` as repositories name files: the version begins at a hyphen before a digit.
FILE_NAME = re.compile(r"(.+?)-v?(\d[0-9A-Za-z._+-]*)")
CLASSIFIER = re.compile(r"-(?:all|shaded|jar-with-dependencies|fat|uber|boot|exec|plain)$")
# Archives beside an artifact that hold no code of it.
BESIDE = ("-sources", "-javadoc", "-tests", "-test-sources")
ARTIFACT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
GROUP = re.compile(r"[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)+")
VERSION = re.compile(r"v?(\d[0-9A-Za-z._+-]*)")
# The interfaces of Java's own standards: `jakarta.annotation-api` is under jakarta.annotation.
STANDARD = re.compile(r"((?:javax|jakarta)\.[a-z.]+)-api")
NUMBERED = re.compile(r"(?<=[a-z])\d+(?=-)")
CONTINUED = re.compile(r"\r?\n ")
BLANK = re.compile(r"\r?\n\r?\n")
# The Java runtime's own parts say this; they belong to the runtime and are no artifacts.
RUNTIME = "Java Platform API Specification"
# Ids of whole foundations, which parent poms write in place of the group.
WIDE = frozenset(
    {"org.apache", "com.sun", "org.eclipse", "org.codehaus", "com.google", "org.jboss"}
)
# Packages inside of projects, not projects.
WITHIN = frozenset({"impl", "internal", "api", "spi", "util", "utils", "core"})
# Longer names are in no repository; they would only cost time.
LONGEST = 200

Identity = tuple[str, str, str]


def identity(text: str, stem: str, names: list[bytes]) -> Identity | None:
    """Return group, artifact and version of a jar; the group is empty where no rule gives one.

    None where the jar states no artifact or version, or is no artifact. text: the manifest.
    stem: the file name without its ending. names: all entries of the jar.
    """
    fields = _fields(text)
    if fields.get("Specification-Title") == RUNTIME or stem.endswith(BESIDE):
        return None
    artifact, version = _plugin(fields) or _artifact(fields, stem[:LONGEST])
    if not (artifact and version):
        return None
    return _group(fields, artifact, version, names), artifact, version


def is_known(artifact: str) -> bool:
    """Tell whether an artifact's group is a fact of the public repositories."""
    return artifact in EXACT or artifact.startswith(tuple(start for start, _ in FAMILIES))


def _fields(text: str) -> dict[str, str]:
    """Return the main attributes (JAR File Specification); a line goes on after a space."""
    main = BLANK.split(CONTINUED.sub("", text), maxsplit=1)[0]
    pairs = (line.partition(":") for line in main.splitlines())
    return {key: value.strip() for key, _, value in pairs if value}


def _plugin(fields: dict[str, str]) -> tuple[str, str] | None:
    """Return what a plugin of Jenkins states; its group is among the attributes, too."""
    name, version = fields.get("Short-Name", ""), fields.get("Plugin-Version", "")
    found = VERSION.match(version)
    return (name, found[1]) if found and "Group-Id" in fields and ARTIFACT.fullmatch(name) else None


def _artifact(fields: dict[str, str], stem: str) -> tuple[str, str]:
    """Prefer the file name, which repositories require to be `artifact-version`."""
    name = FILE_NAME.fullmatch(CLASSIFIER.sub("", stem))
    if name:
        # Distributions put a number into a name (`tomcat10-util`); the bundle keeps its own.
        bundle = fields.get("Bundle-Name", "")
        return (bundle if bundle == NUMBERED.sub("", name[1]) else name[1]), name[2]
    keys = ("Implementation-Version", "Bundle-Version", "Specification-Version")
    stated = (VERSION.fullmatch(fields.get(key, "")) for key in keys)
    version = next((found[1] for found in stated if found), "")
    title = fields.get("Implementation-Title", "")
    return (title if ARTIFACT.fullmatch(title) else stem), version


def _group(fields: dict[str, str], artifact: str, version: str, names: list[bytes]) -> str:
    """Return the group by the first rule that gives one, the surest first."""
    major = version.partition(".")[0]
    family = (group for start, group in FAMILIES if artifact.startswith(start))
    known = EXACT.get(f"{artifact}@{major}") or EXACT.get(artifact) or next(family, "")
    standard = STANDARD.fullmatch(artifact)
    # Maven's archiver writes the group as the vendor's id.
    vendor = fields.get("Group-Id") or fields.get("Implementation-Vendor-Id", "")
    stated = vendor == artifact or (GROUP.fullmatch(vendor) and vendor not in WIDE)
    symbolic = fields.get("Bundle-SymbolicName", "").partition(";")[0].strip()
    start = fields.get("Start-Class", "").rpartition(".")[0]
    return (
        known
        or (standard[1] if standard else "")
        or (vendor if stated else "")
        or _from_symbolic(symbolic, artifact)
        # An application of Spring Boot: the package of the class that it starts.
        or (start if GROUP.fullmatch(start) else "")
        or _from_packages(artifact, names)
    )


def _from_symbolic(symbolic: str, artifact: str) -> str:
    """Undo how the Maven bundle plugin makes a symbolic name of group and artifact.

    It joins them by a dot, leaving out what the end of the group and the start of the artifact
    have in common: `com.google.guava` with `guava`, `org.apache.commons` with `commons-text`.
    """
    first, _, rest = artifact.partition("-")
    if symbolic.endswith(f".{artifact}"):
        group = symbolic.removesuffix(f".{artifact}")
        group = symbolic if group in WIDE or "." not in group else group
    elif rest and symbolic.endswith(f".{first}.{rest}"):
        group = symbolic.removesuffix(f".{rest}")
    else:
        return ""
    return group if GROUP.fullmatch(group) else ""


def _from_packages(artifact: str, names: list[bytes]) -> str:
    """Return the package that all classes are in, without the words of the artifact at its end."""
    packages = {
        tuple(name.decode("utf-8", "replace").split("/")[:-1])
        for name in names
        if name.endswith(b".class") and not name.startswith(b"META-INF/") and b"/" in name
    }
    if not packages:
        return ""
    # What the first and the last in order have in common, all have in common.
    first, last = min(packages), max(packages)
    differs = (n for n, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1])
    common = list(first[: next(differs, min(len(first), len(last)))])
    words = {*WITHIN, *artifact.replace("_", "-").split("-")}
    while len(common) > 2 and ".".join(common[:-1]) not in WIDE and _repeats(common[-1], words):
        common.pop()
    group = ".".join(common)
    return group if GROUP.fullmatch(group) and group not in WIDE else ""


def _repeats(package: str, words: set[str]) -> bool:
    """Whether a package is named by a word, in the singular also."""
    return package in words or f"{package}s" in words
