"""Hypothesis strategies of statements: what formats can say, and what they have trouble with."""

from hypothesis import strategies as st

from gate.model import Product, Statement, Status

PURLS = (
    "pkg:npm/lodash@4.17.20",
    "pkg:npm/lodash",
    "pkg:deb/debian/openssl@3.0.11-1?arch=amd64&distro=debian-12",
    "pkg:oci/shop@sha256%3A5b1f",
    "pkg:pypi/django@3.2",
    "pkg:golang/example.org/x/net@v0.1.0",
)
CPES = (
    "cpe:2.3:a:acme:shop:1.0:*:*:*:*:*:*:*",
    "cpe:2.3:o:acme:os:8:*:*:*:*:*:*:*",
    "cpe:/a:acme:shop:1.0",
)
IDS = ("CVE-2024-0001", "CVE-2024-0002", "GHSA-2345-6789-cfgh", "PYSEC-2024-1")
TIMES = ("2024-01-01T00:00:00Z", "2024-02-01T10:00:00.5Z", "2023-12-31T23:59:59Z")
SERIAL = "3e671687-395b-41f5-a30f-a58921a69b79"
JUSTIFICATIONS = (
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
)
TEXTS = st.sampled_from(("", "upgrade to 2", "not built; see ticket 7", "„ganz woanders“"))
HASHES = st.sampled_from(((), (("sha-256", "ab" * 32),)))

# What every format can say: one purl or one CPE, a file's hash beside it.
PLAIN = st.one_of(
    st.builds(Product, purls=st.tuples(st.sampled_from(PURLS)), hashes=HASHES),
    st.builds(Product, cpes=st.tuples(st.sampled_from(CPES))),
)
# What only some can say, or none: several purls, ranges, BOM-links, names, short hashes, nothing.
ODD = st.one_of(
    PLAIN,
    st.builds(Product, purls=st.lists(st.sampled_from(PURLS), max_size=3, unique=True).map(tuple)),
    st.builds(Product, cpes=st.lists(st.sampled_from(CPES), max_size=3, unique=True).map(tuple)),
    st.builds(
        Product,
        purls=st.tuples(st.sampled_from(PURLS)),
        versions=st.sampled_from(("vers:npm/<2", "vers:deb/>=1|<2")),
    ),
    st.builds(Product, serial=st.just(SERIAL), ref=st.sampled_from(("", "a/b#c", "pkg:npm/x@1"))),
    st.builds(
        Product,
        id=st.sampled_from(("", "sha256:" + "cd" * 32, "https://acme.test/shop", "CSAFPID-1")),
        name=st.sampled_from(("", "Acme Shop")),
        version=st.sampled_from(("", "1.0")),
        hashes=st.sampled_from(((), (("SHA1", "ff"),), (("md5", "ab" * 16), ("md5", "cd" * 16)))),
    ),
)


@st.composite
def statements(draw, products=PLAIN, parts=PLAIN):
    """One statement that keeps the truth table of status and reasons."""
    from msgspec.structs import replace

    status = draw(st.sampled_from(Status))
    named = [
        replace(product, subcomponents=tuple(draw(st.lists(parts, max_size=2))))
        for product in draw(st.lists(products, min_size=1, max_size=3))
    ]
    reasons = {}
    if status is Status.NOT_AFFECTED:
        reasons = {
            "justification": draw(st.sampled_from(JUSTIFICATIONS)),
            "impact": draw(TEXTS),
        }
    if status is Status.AFFECTED:
        reasons = {"action": draw(TEXTS)}
    return Statement(
        document="somewhere#statements[0]",
        author="Acme",
        vulnerabilities=tuple(
            draw(st.lists(st.sampled_from(IDS), min_size=1, max_size=3, unique=True))
        ),
        products=tuple(named),
        status=status,
        timestamp=draw(st.sampled_from(TIMES)),
        notes=draw(TEXTS),
        **reasons,
    )
