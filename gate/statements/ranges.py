"""Whether a version lies in a `vers:` range (the vers specification, Package-URL project).

A version or a range that cannot be compared is not in it: a statement has to be held to its words.
"""

from functools import cmp_to_key
from urllib.parse import unquote

from match.versions import SCHEMES, InvalidVersion, compare

SCHEME = {
    "alpine": "apk",
    "apk": "apk",
    "cargo": "cargo",
    "composer": "composer",
    "conan": "conan",
    "cran": "cran",
    "deb": "dpkg",
    "gem": "gem",
    "generic": "generic",
    "golang": "golang",
    "hackage": "hackage",
    "maven": "maven",
    "npm": "npm",
    "nuget": "nuget",
    "pub": "pub",
    "pypi": "pep440",
    "rpm": "rpm",
    "semver": "semver",
}
"""The version scheme of each vers type."""
COMPARATORS = (">=", "<=", "!=", "<", ">", "=")
MAX_CONSTRAINTS = 10_000

Constraint = tuple[str, str]


def within(version: str, text: str) -> bool:
    """Tell whether `version` is in `text`, as in `vers:semver/>=2.2.0|<=2.4.0`."""
    head, _, body = text.partition("/")
    scheme = SCHEME.get(head.lower().removeprefix("vers:"), "")
    if scheme not in SCHEMES or not version or not body:
        return False
    constraints = [_constraint(each) for each in body.split("|") if each.strip()]
    if body.strip() == "*" or ("=", version) in constraints:
        return True
    try:
        return len(constraints) <= MAX_CONSTRAINTS and _holds(version, constraints, scheme)
    except InvalidVersion:
        return False


def _constraint(text: str) -> Constraint:
    text = text.strip()
    sign = next((each for each in COMPARATORS if text.startswith(each)), "")
    return sign or "=", unquote(text[len(sign) :].strip())


def _holds(version: str, constraints: list[Constraint], scheme: str) -> bool:
    """Apply the specification's algorithm: equal versions first, then pairs of bounds in order."""
    for sign, bound in constraints:
        if compare(scheme, version, bound) == 0:
            return sign in {"=", ">=", "<="}
    bounds = [each for each in constraints if each[0] in {"<", "<=", ">", ">="}]
    if not bounds:
        return any(sign == "!=" for sign, _ in constraints)

    def order(a: Constraint, b: Constraint) -> int:
        return compare(scheme, a[1], b[1])

    bounds.sort(key=cmp_to_key(order))
    below = [bound for bound in bounds if compare(scheme, bound[1], version) < 0]
    above = bounds[len(below) :]
    # Between two bounds the version is inside where the one below opens, or, with none below
    # or with one that closes before another opens, where the one above closes from the start.
    if below:
        return below[-1][0].startswith(">") and (not above or above[0][0].startswith("<"))
    return above[0][0].startswith("<")
