"""Versions as they are published, and adversarial neighbours of them: the tests' input.

`mutate(rng, scheme)` takes a version of the scheme and changes it in up to three places, so that
pairs of the same root differ late: in zeros, separators, words, the order of parts.
"""

import random
from collections.abc import Iterator

_NUMBERS = ["0", "1", "2", "9", "10", "11", "99", "100", "00", "01", "010", "20240131"]

_REAL = {
    "dpkg": """
        1.2.3-4 2:8.2.3995-1+b2 1.1.1n-0+deb11u5 5.36.0-7+deb12u1 252.19-1~deb12u1
        1:9.2p1-2+deb12u2 2.36-9+deb12u4 3.0.11-1~deb12u2 20230311+deb12u1 0.6.21-5.1 1.0~rc1-1
        1.0~~-1 7.88.1-10+deb12u5ubuntu0.1 1.0+dfsg1-2 4.19.20-1~bpo10+1 2.7.4+reloaded2-13
        1.18.0-6ubuntu14.4 6.1.76-1 0 1.0-0 a1.b-c
    """,
    "rpm": """
        1.2.3-4.el8 1:2.0-3.fc39 4.18.0-513.5.1.el8_9 2.34-60.el9_2.7 1.0~rc1-1
        1.0^20240101git1a2b3c-1 3.6.8-51.module+el8.9.0+1234+abcdef.2 0:1.0-1 1.1.1k-9.el8
        7.61.1-33.el8_9.5.alma.1 2.28^^1-1 1.0~~1 20230731-1.git94f0e2c.el9 1 5.5p1 10.0001-0
        xyz10-1 1.0 2_0-1 239-78.0.1.el8
    """,
    "apk": """
        1.2.3-r4 3.1.4-r5 1.36.1-r15 2.13.1_p5-r0 1.0_alpha 1.0_alpha2-r1 1.0_beta3_p1-r0
        9.3_p2-r1 0.15.1b-r2 1.2.0a_rc1 20230506-r0 1.0_pre20060810 1.0_git20210101-r0
        8.2.0015-r0 1.0~1234abcd-r1 6.6.2p1-r2 1.2_hg1 1.2_cvs2 1.2_svn3-r1 0.0.1 1.0_rc1_p2 10
    """,
    "pep440": """
        1.2.3 2.0.0rc1 1.0a1 1.0.dev456 1.0a2.dev456 1.0b2.post345.dev456 1!2.0
        1.0.post456.dev34 1.0+abc.5 1.0+abc.7 1.0+5 1.2+123abc v1.0 1.0-1 1.0.0.0 2024.1.15
        1.0.0-alpha.1 1.0c1 1.0preview2 1.0.rev3 0.9.9 4.2.11 3.2b1 1.0+local.1.x
    """,
    "legacy": """
        1.0-final 0.3m4 2013-02-01T20:50:46+0100 trunk 1.0.1-beta-dev 0.8.1p1 1.0-SNAPSHOT
        0.7.4.svn.r2010 2.0-rc-x 1.0--0 0.9-doduo 1-0-0-x a.b.c 1.0-preview-x 1.00000000-x
        123456789-x
    """,
    "npm": """
        1.2.3 0.0.1 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta.11 1.0.0-rc.1
        2.0.0-next.3+build.5 1.0.0+20130313144700 4.17.21 10.2.10 1.0.0-0 1.0.0-x-y-z.4
        3.0.0-canary.20240101.1 0.0.0-experimental-abc123 1.0.0-0a
    """,
    "golang": """
        v1.2.3 v0.0.0-20220622213112-05595931fe9d v2.0.0+incompatible v1.0.0-rc.1 v1.21.0
        v0.17.0 v1.0.0-alpha.1 v1.1.1-0.20230101000000-abcdefabcdef v8.2.0+incompatible v1.20 v1
        v0.0.0-00010101000000-000000000000
    """,
    "cargo": "1.0.0 0.4.2 1.0.0-alpha.1 0.2.0-rc.1+wasi-0.2.0 2.0.0-beta.3 1.0.0+b",
    "maven": """
        1.2.3 5.3.31 2.0.0-alpha-1 1.0-SNAPSHOT 2.13.4.2 4.1.94.Final 31.1-jre 31.1-android
        1.0.0-beta.2 1.0.0.RELEASE Hoxton.SR8 2.5.0-rc1 1.0-m3 3.7.0.rc.3 3.7.0-04
        1.0.0.Final-redhat-00001 9.4.53.v20231009 r09 20040616 1.0b2 1.0-sp1 1-ga-1
        0.0.0-20200101-abcdef 2.0-m1-1 1.0.1-cr2 0-rc 1.0.0-jre8-1 1.1.1.1-x.y 1.foo-2 v1.2.0
    """,
    "gem": """
        1.2.3 1.0.0.rc1 1.0.0.beta.2 2.0.0.pre.1 1.0.a10 0.9 1.0-x86 5.2.4.3 1.0.0.alpha
        3.0.0-rc.1 1.0.a.0.b 1.0.a.0.1 1.0.0.0 4.0.0.rc2.1 0.0.a
    """,
    "composer": """
        1.2.3 v2.0.0 1.0.0-beta1 1.0.0-RC2 5.4.0-alpha dev-master 1.0pl1 2.x-dev 3.0.0-dev
        1.0.0-patch2 4.3-2RC1 1.0.0.0 1.0-p1 V1.0.0-BETA.1 7.0-b2 1.0.0-stable 1.0+build3 10.0
    """,
    "nuget": """
        1.2.3 1.0.0.1 1.0.0-beta 1.0.0-Beta.2 6.0.0-preview.4.21253.7 4.3 1.0.0-rc1
        2.0.0-RC1+build.5 1.0.0.0-alpha 13.0.1 1.0.0-a.A.1 01.02.03
    """,
    "pub": "1.2.3 1.2.3+1 1.0.0-dev.3 1.0.0-nullsafety.0 0.0.1+a.2 1.2.3-5-foo+b",
    "cran": "1.0 1.0.1 0.9-12 1.2-3.4 3.4.0 0.0-1 2024.1.1",
    "hackage": "0.1.0.0 1.2 2.0.1 4.18.2.1 0.11.3.0",
    "conan": "1.2.3 1.0 1.1.1w 1.0-pre1 1.0+b2 2.a cci.20240101 1.0-rc.1+b1 9e",
}

_PIECES = {
    "dpkg": "~ + . - a Z ~rc1 +b1 ~~ deb +- : 0 1: ubuntu",
    "rpm": "~ ^ . - a Z ~rc1 ^git _ el8 + .. 0 1: 1:-",
    "apk": "_alpha _p _rc _git a . -r ~ab _pre _beta _x z .0 .",
    "pep440": "a b rc .dev .post - . +x c 1! v +1.a .0 pre r",
    "legacy": "- . x -rc -pre final dev -0 .0 00000000 @ ~ *",
    "npm": "- . a -a +b 0 -0 .0 A .1 -rc.1 --",
    "golang": "- . a -pre +incompatible 0 -0 .0 -rc.1 -0.2023",
    "cargo": "- . a -a +b -0 .0 -rc.1",
    "maven": """
        - . a b1 -rc .rc -sp .sp -ga final .0 -0 snapshot m -x .x 1 -alpha RELEASE -- .. x1 -1 _
        cr2
    """,
    "gem": ". .a .0 a - .pre rc1 .b.0 Z .0.a -1",
    "composer": "- . a b RC rc -dev pl p1 stable _ + .0 x -beta",
    "nuget": ". -a -A .0 -rc.1 +x - .a .B",
    "pub": ". -a +a .0 -rc.1 +1 - .a +0.1",
    "cran": ". - .0 -0 .1",
    "hackage": ". .0 .1",
    "conan": ". - + a .0 -pre +b * Z 1a",
}

REAL = {scheme: text.split() for scheme, text in _REAL.items()}
"""Versions of each scheme as they are published."""
PIECES = {scheme: text.split() for scheme, text in _PIECES.items()}
"""What a mutation puts in."""


def mutate(rng: random.Random, scheme: str, root: str | None = None) -> str:
    """Return a version of the scheme changed in up to three places."""
    version = rng.choice(REAL[scheme]) if root is None else root
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        version = _step(rng, version, PIECES[scheme]) or version
    return version


def _step(rng: random.Random, version: str, words: list[str]) -> str:
    at = rng.randrange(len(version) + 1)
    before, after, word, digits = (
        version[:at],
        version[at:],
        rng.choice(words),
        rng.choice(_NUMBERS),
    )
    changed = (
        before + word + after,
        before + digits + after,
        before + after[1:],
        version + word,
        version + word + digits,
        before + word + digits + after[1:],
        before,
    )
    return rng.choice(changed)


def pairs(scheme: str, count: int, seed: int = 1) -> Iterator[tuple[str, str]]:
    """Yield pairs: two of one root, a version and its own mutation, or any two."""
    rng = random.Random(f"{scheme} {seed}")  # noqa: S311 - the same pairs every time
    for _ in range(count):
        kind = rng.randrange(5)
        root = rng.choice(REAL[scheme])
        if kind < 2:
            yield mutate(rng, scheme, root), mutate(rng, scheme, root)
        elif kind < 4:
            first = mutate(rng, scheme, root)
            yield first, mutate(rng, scheme, first)
        else:
            yield mutate(rng, scheme), mutate(rng, scheme)
