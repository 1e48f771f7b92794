"""Facts of a period made by hand, for the tests of evidence."""

from msgspec.structs import replace

from gate.evidence.model import (
    ExceptionFacts,
    Facts,
    Image,
    Known,
    SbomFacts,
    VerdictFacts,
    Yardstick,
)
from sbom.profiles import cisa_2026

GOOD_FACTS = (
    ("base-created", "2026-09-01T00:00:00Z"),
    ("base-name", "registry.example/base:12"),
    ("config", "read"),
    ("runs-as-root", "no"),
    ("ssh", "none"),
)


def digest(sign):
    return "sha256:" + str(sign) * (64 // len(str(sign)))


def sbom(**more):
    values = {
        "digest": digest("b"),
        "kept_at": "2026-08-01T00:00:00Z",
        "format": "cyclonedx-json 1.6",
        "components": 10,
        "placed": 10,
        "facts": GOOD_FACTS,
        "system": "Debian GNU/Linux 12",
        "supported_until": "2028-06-30",
        "answers": tuple((each.id, True) for each in cisa_2026.ELEMENTS),
    }
    return SbomFacts(**(values | more))


def verdict(stage="build", outcome="pass", **more):
    values = {
        "digest": digest({"build": "1", "registry": "2", "deploy": "3"}[stage]),
        "stage": stage,
        "outcome": outcome,
        "policy": "default",
        "policy_digest": digest("d"),
        "decided_at": "2026-09-20T00:00:00Z",
        "state": digest("e"),
        "sbom": digest("b"),
        "sbom_kept": True,
        "components": 10,
        "matchable": 10,
        "learned": "2026-09-19T00:00:00Z",
    }
    return VerdictFacts(**(values | more))


def image(name="registry.example/app:1", **more):
    reference = f"{name}@{digest('c')}"
    values = {
        "names": (name,),
        "image_id": digest("a"),
        "manifest": digest("c"),
        "known": (
            Known(reference=reference, digest=digest("c"), place="cluster", where="pods.json"),
            Known(reference=name, digest=digest("c"), place="registry", where="registry.example"),
        ),
        "sbom": sbom(),
        "verdicts": (verdict(), verdict("registry"), verdict("deploy")),
        "attested": (("deploy", "release"),),
    }
    return Image(**(values | more))


def unseen(number=1):
    """An image that a cluster runs and nobody ever scanned."""
    name = f"registry.example/unseen:{number}"
    known = Known(reference=name, digest=digest("9"), place="cluster", where="pods.json")
    return Image(names=(name,), known=(known,))


def facts(*images, **more):
    values = {
        "scope": ("registry.example/*",),
        "start": "2026-09-01T00:00:00Z",
        "end": "2026-09-30T23:59:59Z",
        "as_of": "2026-09-30T23:59:59Z",
        "yardstick": Yardstick(),
        "images": images,
        "inventories": ("pods.json", "registry.example"),
        "learned": tuple(
            f"2026-{month}-{day:02}" for month in ("08", "09") for day in range(1, 31)
        ),
        "trusted": True,
    }
    return Facts(**(values | more))


def flawed(name="registry.example/<b>shop</b>:2"):
    """An image of which much is wrong, with a name that would like to be markup."""
    use = ExceptionFacts(id="EX-1", owner="ann", approver="ann", reason="x", until="")
    bad = verdict(
        "build",
        "deny",
        digest=digest("4"),
        decided_at="2026-09-02T00:00:00Z",
        matchable=7,
        grave=tuple(f"CVE-2026-{number:04}" for number in range(9)),
        overdue=("CVE-2026-0001",),
        unscored=("CVE-2026-0009",),
        exceptions=(use,),
        sbom_kept=False,
    )
    known = Known(reference=name, place="cluster", where="pods.json")
    old = sbom(
        digest=digest("5"),
        placed=4,
        supported_until="2026-01-31",
        facts=(
            ("config", "read"),
            ("runs-as-root", "yes"),
            ("secret-variable", "DB_PASSWORD"),
            ("ssh", "port 22/tcp is exposed"),
        ),
        answers=(),
    )
    return replace(
        image(name),
        image_id=digest("6"),
        manifest="",
        known=(known,),
        sbom=old,
        verdicts=(bad,),
        attested=(),
    )
