"""Runs made by hand, for tests of policies and reports."""

from msgspec.structs import replace

from gate.model import Judged, Run
from match.model import (
    AdvisoryId,
    Coverage,
    Exploited,
    FeedState,
    Finding,
    Likelihood,
    SetState,
    Severity,
    Vulnerability,
)
from sbom.model import Component, Digest, Distro, Evidence, Layer, Problem, Purl, Sbom, Subject

BASE, APP = Digest("sha256:" + "1" * 64), Digest("sha256:" + "2" * 64)
LAYERS = (
    Layer(diff_id=BASE, created_by="/bin/sh -c #(nop) ADD file:0 in /"),
    Layer(diff_id=APP, created_by="RUN /bin/sh -c pip install django # buildkit"),
)


def component(name="django", version="3.2", *, purl=None, layer=APP, **more):
    text = f"pkg:pypi/{name}@{version}" if purl is None else purl
    return Component(
        purl=Purl(text),
        name=name,
        version=version,
        evidence=(Evidence(path=f"usr/lib/{name}/METADATA", reader="python", layer=layer),),
        **more,
    )


def finding(id_="CVE-2024-0001", score=9.8, of=None, **more):
    severity = (
        None
        if score is None
        else Severity(
            source="nvd", score=score, vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N", version="3.1"
        )
    )
    vulnerability = Vulnerability(
        id=AdvisoryId(id_),
        aliases=(AdvisoryId(f"GHSA-{id_.lower()}"),),
        severity=severity,
        severities=(severity,) if severity else (),
        published="2024-01-02T00:00:00Z",
    )
    values = {
        "component": of or component(),
        "vulnerability": vulnerability,
        "advisory": vulnerability.id,
        "feed": "osv",
        "outcome": "affected",
        "because": f"{id_} of osv (PyPI): django 3.2 is in [3.2, 3.2.4)",
        "fixed": ("3.2.4",),
        "fix": "fixed",
        "severity": severity,
    }
    return Finding(**(values | more))


def run(*findings, components=None, problems=(), coverage=None, **more):
    parts = components or tuple(dict.fromkeys(f.component for f in findings)) or (component(),)
    values = {
        "sbom": Sbom(
            subject=Subject(
                name="registry.example/app:1",
                image_id=Digest("sha256:" + "a" * 64),
                platform="linux/amd64",
            ),
            distro=Distro(id="debian", version="12", name="Debian GNU/Linux 12"),
            layers=LAYERS,
            components=parts,
            problems=tuple(problems),
        ),
        "sbom_digest": "sha256:" + "b" * 64,
        "state": SetState(
            digest="sha256:" + "c" * 64,
            as_of="2026-05-01T00:00:00Z",
            feeds=(FeedState(name="osv", records=7, as_of="2026-05-01", learned="2026-05-02"),),
        ),
        "judged": tuple(Judged(finding=each) for each in findings),
        "coverage": coverage or Coverage(components=len(parts), matchable=len(parts)),
        "problems": tuple(problems),
    }
    return Run(**(values | more))


def problem(effect="record_lost"):
    return Problem(source="dpkg", where="var/lib/dpkg/status", what="no version", effect=effect)


def exploited(found):
    vulnerability = replace(
        found.vulnerability,
        kev=Exploited(id=found.vulnerability.id, added="2024-02-01"),
        epss=Likelihood(id=found.vulnerability.id, probability=0.42, percentile=0.97),
    )
    return replace(found, vulnerability=vulnerability)
