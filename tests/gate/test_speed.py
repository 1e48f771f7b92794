"""The gate's budgets: wide for a busy machine, too tight for a wrong order of growth."""

import time

import pytest
from msgspec.structs import replace
from runs import component, finding, run

from gate.apply import apply
from gate.evaluate import evaluate
from gate.model import Product, Statement, Status
from gate.policy.reading import load, read
from gate.reports import FORMATS, render

pytestmark = pytest.mark.slow


def many(count):
    return [
        finding(f"CVE-2024-{n:05}", (n % 100) / 10, component(f"package-{n}")) for n in range(count)
    ]


def statements(count, ids):
    return [
        Statement(
            document=f"doc#{n}",
            author="Acme",
            vulnerabilities=(ids(n),),
            products=(Product(id="x", purls=(f"pkg:pypi/package-{n * 7 % 10_000}",)),),
            status=Status.NOT_AFFECTED,
            timestamp="2024-01-01T00:00:00Z",
        )
        for n in range(count)
    ]


def fastest(work):
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


@pytest.mark.parametrize(
    "ids", [lambda n: f"CVE-2024-{n * 7 % 10_000:05}", lambda _: "CVE-2024-00001"]
)
def test_ten_thousand_findings_and_a_thousand_statements_in_a_fifth_of_a_second(ids):
    findings = many(10_000)
    whole, said, policy = run(*findings), statements(1_000, ids), load("default")

    def decide():
        judged, accounts = apply(findings, said, whole.sbom)
        assert len(accounts) == 1_000
        evaluate(replace(whole, judged=judged), policy, "deploy", decided_at="2026-01-01T00:00:00Z")

    assert fastest(decide) < 0.2


def test_a_condition_in_cel_about_ten_thousand_findings_in_a_fifth_of_a_second():
    when = "finding.score >= 9.0 && finding.fixed.exists(v, v.startsWith('3.'))"
    text = f'stages: {{build: {{score: 7, conditions: [{{name: a, when: "{when}"}}]}}}}'
    whole, policy = run(*many(10_000)), read(text.encode(), "p.yaml")
    assert fastest(lambda: evaluate(whole, policy, "build", decided_at="2026-01-01")) < 0.2


def test_the_json_of_twenty_thousand_findings():
    whole = run(*many(20_000))
    assert fastest(lambda: render("json", whole)) < 0.3


@pytest.mark.parametrize("name", FORMATS)
def test_every_report_of_five_thousand_packages_takes_less_than_a_second(name):
    whole = run(*many(5_000))
    whole = replace(whole, verdict=evaluate(whole, load("default"), "build"))
    assert fastest(lambda: render(name, whole)) < 1.0
