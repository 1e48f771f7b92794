import html.parser
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import jsonschema
import pytest
from conftest import skip_or_fail
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace
from runs import BASE, component, exploited, finding, problem, run

import schemas
from gate.evaluate import evaluate
from gate.model import Application, Judged, Status, View
from gate.policy.reading import load
from gate.reports import FORMATS, render
from gate.upgrades import upgrades
from match.model import Coverage, Dismissal
from sbom.documents.own_schema import schema_faults

NASTY = '"><script>document.title="owned"</script>\x1b[2J\u202e\n{{ 7*7 }}'
KERNEL = component(
    "linux-libc-dev", "6.1", purl="pkg:deb/debian/linux-libc-dev@6.1", source="linux"
)


def rich_run(stage="build"):
    """A run with one of everything."""
    cleared = Judged(
        finding=finding("CVE-2024-0009", 9.1),
        status=Status.NOT_AFFECTED,
        justification="component_not_present",
        statement="https://example.test/vex#statements[0]",
        because="Acme on 2024-01-01: not_affected, component_not_present",
    )
    judged = (
        Judged(finding=exploited(finding("CVE-2024-0001", 9.8))),
        Judged(finding=finding("CVE-2024-0002", 5.0, fixed=(), fix="wont_fix")),
        Judged(finding=finding("CVE-2024-0003", None, unknowns=("vendor_silent",), silent_days=9)),
        Judged(finding=finding("CVE-2024-0004", 7.1, of=component("flask", "1.0", layer=BASE))),
        Judged(finding=finding("CVE-2024-0005", 7.2, of=KERNEL)),
        Judged(finding=finding("CVE-2024-0006", 3.0, outcome="undecided")),
        cleared,
    )
    whole = run(
        judged=judged,
        problems=[problem()],
        coverage=Coverage(
            components=12, matchable=9, without_purl=1, without_feed=(("no feed for hex", 2),)
        ),
        dismissals=(
            Dismissal(
                component=component("jinja2", "3.1"),
                vulnerability="CVE-2020-1",
                advisory="PYSEC-1",
                feed="osv",
                reason="out_of_range",
                because="3.1 is not in [0, 2.11)",
            ),
        ),
        applications=(
            Application(
                statement="https://example.test/vex#statements[1]",
                author="Acme",
                status=Status.FIXED,
                vulnerabilities=("CVE-2019-1",),
                timestamp="2024-01-01T00:00:00Z",
                miss="vulnerability",
                because="no finding is CVE-2019-1",
            ),
        ),
    )
    verdict = evaluate(whole, load("default"), stage, decided_at="2026-11-22T00:00:00Z")
    return replace(whole, verdict=verdict)


def hostile_run():
    bad = component(NASTY, NASTY, purl=f"pkg:generic/{NASTY}")
    found = finding(NASTY, 9.8, of=bad, because=NASTY, fixed=(NASTY,))
    whole = run(found, problems=[replace(problem(), where=NASTY, what=NASTY)])
    subject = replace(whole.sbom.subject, name=NASTY, platform=NASTY)
    layers = tuple(replace(layer, created_by=NASTY) for layer in whole.sbom.layers)
    whole = replace(whole, sbom=replace(whole.sbom, subject=subject, layers=layers))
    return replace(whole, verdict=evaluate(whole, load("default"), "build"))


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_run_gives_the_same_bytes(name):
    one, other = (render(name, rich_run(), View(everything=True)) for _ in range(2))
    assert one == other
    assert one.endswith(b"\n")


@pytest.mark.parametrize("name", FORMATS)
def test_every_report_can_be_made_again_from_a_stored_run(name):
    whole = rich_run()
    stored = json.decode(json.encode(whole), type=type(whole))
    assert render(name, stored) == render(name, whole)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("make", [rich_run, hostile_run, run], ids=["rich", "hostile", "empty"])
def test_every_report_says_what_denies_and_what_is_unknown(name, make):
    whole = make()
    text = unescape(render(name, whole, View(width=300)).decode())
    for reason in whole.verdict.reasons if whole.verdict and make is rich_run else ():
        assert reason in text
    for unknown in whole.verdict.unknowns if whole.verdict and make is rich_run else ():
        assert unknown.what in text


# JSON


def document(whole, **view):
    return json.decode(render("json", whole, View(**view)))


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("make", [rich_run, hostile_run, run, lambda: rich_run("deploy")])
def test_the_json_is_valid_by_its_schema(make, everything):
    given_ = document(make(), everything=everything)
    assert not list(schema_faults(given_, "findings.schema.json"))
    assert ("dismissals" in given_) is everything
    if "verdict" in given_:
        assert not list(schema_faults(given_["verdict"], "verdict.schema.json"))


def test_the_schema_refuses_what_is_not_in_it():
    given_ = document(rich_run())
    given_["findings"][0]["extra"] = 1
    del given_["coverage"]["matchable"]
    assert len(list(schema_faults(given_, "findings.schema.json"))) == 2


def test_keys_are_sorted_everywhere():
    def check(value):
        if isinstance(value, dict):
            assert list(value) == sorted(value)
        for inner in value.values() if isinstance(value, dict) else value:
            if isinstance(inner, dict | list):
                check(inner)

    check(document(rich_run(), everything=True))


def test_a_finding_has_what_the_contract_says():
    first = document(rich_run())["findings"][0]
    assert first["id"] == "CVE-2024-0001"
    assert first["aliases"] == ["GHSA-cve-2024-0001"]
    assert first["severity"]["score"] == 9.8
    assert first["severity"] in first["severities"]
    assert first["kev"] == {"added": "2024-02-01", "due": None, "ransomware": False}
    assert first["epss"]["probability"] == 0.42
    assert first["layer"] == first["evidence"][0]["layer"]
    assert first["status"] is first["statement"] is first["justification"] is None
    cleared = next(f for f in document(rich_run())["findings"] if f["status"])
    assert cleared["status"] == "not_affected"
    assert cleared["statement"].endswith("#statements[0]")


def test_a_component_without_purl_has_its_ref():
    found = finding(of=replace(component(purl=""), ref="SPDXRef-1"))
    assert document(run(found))["findings"][0]["ref"] == "SPDXRef-1"
    assert "ref" not in document(run(finding()))["findings"][0]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.none() | st.sampled_from([0.0, 5.0, 9.8])), max_size=8
    ),
    st.randoms(use_true_random=False),
)
def test_findings_are_ordered_by_score_id_and_purl(rows, chance):
    findings = [finding(f"CVE-2024-{n:04}", score) for n, score in rows]
    chance.shuffle(findings)
    keys = [
        (-1 if f["severity"] is None else f["severity"]["score"], f["id"])
        for f in document(run(*findings))["findings"]
    ]
    assert keys == sorted(keys, key=lambda key: (-key[0], key[1]))


# Table


def table(whole, **view):
    return render("table", whole, View(**({"width": 120} | view))).decode()


def test_the_table_ends_with_the_verdict_and_the_next_step():
    text = table(rich_run())
    assert "DENY   stage build, policy default" in text
    assert "upgrade django 3.2 to 3.2.4" in text
    assert text.index("DENY") > text.index("Unknown") > text.index("CVE-2024-0001")
    assert "Not counted: 1 not affected by VEX · 1 of the kernel" in text
    assert "CVE-2024-0009" not in text
    assert "CVE-2024-0009" in table(rich_run(), everything=True)


@pytest.mark.parametrize("make", [rich_run, hostile_run])
@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_table_has_no_control_codes_unless_asked(make, width):
    text = table(make(), width=width)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert "\x1b[" in table(rich_run(), width=width, color=True)
    assert "\x1b[2J" not in table(hostile_run(), width=width, color=True)


def test_nothing_found_says_how_far_that_reaches():
    clean = Coverage(components=5, matchable=5)
    assert "No finding in 5 components, all of which a feed speaks for" in table(
        run(coverage=clean)
    )
    partly = Coverage(components=5, matchable=3, without_feed=(("no feed for hex", 2),))
    text = table(run(coverage=partly))
    assert "No finding in 3 of 5 components; for the other 2 no feed speaks" in text
    assert "no feed for hex (2)" in text
    silent = Coverage(components=5, matchable=0, without_feed=(("no feed for debian:12", 5),))
    text = table(run(coverage=silent))
    assert "Nothing can be said" in text
    assert "No finding" not in text
    assert "Nothing was matched" in table(run(coverage=Coverage(components=0, matchable=0)))
    page = render("html", run(coverage=silent)).decode()
    assert 'class="none unsure"' in page
    assert 'class="none clean"' in render("html", run(coverage=clean)).decode()


def test_the_end_of_support_is_told_without_a_policy_too():
    ended = run(end_of_life="2023-01-01")
    assert "note   support of the distribution ended on 2023-01-01" in table(ended)
    assert document(ended)["coverage"]["end_of_life"] == "2023-01-01"
    day = ended.state.as_of[:10]
    assert "support of the distribution" not in table(run(end_of_life=day))
    assert document(run())["coverage"]["end_of_life"] is None


def test_many_findings_of_one_package_are_no_wall():
    whole = run(*(finding(f"CVE-2024-{n:04}", 5.0) for n in range(30)))
    text = table(whole)
    assert text.count("CVE-2024-") == 8
    assert "+ 22 more" in text
    assert table(whole, everything=True).count("CVE-2024-") == 30


def test_in_a_pipe_every_version_is_whole():
    version = "2:8.2.2637-16.el9_0.2+" + "x" * 200
    whole = run(finding(of=component("vim", version), fixed=("9", version, "10")))
    assert f"9, {version}, …" in table(whole, width=0)
    assert version not in table(whole, width=100)


def test_a_column_that_says_nothing_is_left_out():
    (heads,) = [x for x in table(run(finding())).splitlines() if x.startswith("PACKAGE")]
    assert heads.endswith("FIXED IN  LAYER")
    assert "NOTE" in table(rich_run())


def test_an_upgrade_is_the_lowest_that_clears_all_of_a_package():
    of = component("django", "3.2")
    whole = run(
        finding("CVE-2024-0001", 9.0, of, fixed=("2.2.9", "3.2.9", "4.0.1")),
        finding("CVE-2024-0002", 9.0, of, fixed=("3.2.10",)),
        finding("CVE-2024-0003", 9.0, of, fixed=()),
        finding("CVE-2024-0004", 1.0, of, fixed=("9.9",)),
    )
    whole = replace(whole, verdict=evaluate(whole, load("default"), "build"))
    (step,) = upgrades(whole)
    assert (step.version, step.clears, step.unfixed) == ("3.2.10", 2, 1)


# SARIF


@pytest.fixture(scope="module")
def sarif_schema():
    path = Path(schemas.__file__).parent / "third_party/sarif/sarif-2.1.0.json"
    return jsonschema.Draft4Validator(
        json.decode(path.read_bytes()), format_checker=jsonschema.FormatChecker()
    )


@pytest.mark.parametrize("make", [rich_run, hostile_run, run, lambda: rich_run("deploy")])
def test_the_sarif_is_valid_by_the_official_schema(make, sarif_schema):
    log = json.decode(render("sarif", make()))
    assert not [f"{list(e.path)}: {e.message}" for e in sarif_schema.iter_errors(log)]
    log["runs"][0]["surprise"] = 1
    assert list(sarif_schema.iter_errors(log))


def test_the_sarif_says_which_rule_of_the_policy_decided():
    (only,) = json.decode(render("sarif", rich_run()))["runs"]
    said = {r["ruleId"]: r["properties"] for r in only["results"]}
    assert said["CVE-2024-0001"]["policy"]["rule"] == "score"
    assert said["CVE-2024-0001"]["policy"]["answer"] == "deny"
    assert said["CVE-2024-0001"]["advisory"] == {"feed": "osv", "id": "CVE-2024-0001"}
    (only,) = json.decode(render("sarif", replace(rich_run(), verdict=None)))["runs"]
    assert "policy" not in only["results"][0]["properties"]


def test_the_sarif_keeps_to_what_code_scanning_takes_and_says_so(monkeypatch):
    monkeypatch.setattr("gate.reports.sarif.RESULTS", 3)
    (only,) = json.decode(render("sarif", rich_run()))["runs"]
    assert [r["ruleId"] for r in only["results"]] == [f"CVE-2024-000{n}" for n in (1, 9, 5)]
    assert len(only["tool"]["driver"]["rules"]) == 3
    told = only["invocations"][0]["toolExecutionNotifications"][-1]
    assert told["message"]["text"].startswith("4 more findings")


def test_the_sarif_has_the_shape_of_2_1_0():
    log = json.decode(render("sarif", rich_run()))
    assert log["version"] == "2.1.0"
    (only,) = log["runs"]
    rules = only["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert len(only["results"]) == 7
    for result in only["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
        assert re.fullmatch("[0-9a-f]{64}", result["partialFingerprints"]["lading/v1"])
        for location in result["locations"]:
            physical = location["physicalLocation"]
            assert re.fullmatch(r"[\w.~%/+@-]+", physical["artifactLocation"]["uri"])
            assert not physical["artifactLocation"]["uri"].startswith("/")
            assert physical["region"]["startLine"] == 1
    severities = {rule["id"]: rule["properties"].get("security-severity") for rule in rules}
    assert severities["CVE-2024-0001"] == "9.8"
    assert severities["CVE-2024-0003"] is None
    (suppressed,) = [r for r in only["results"] if "suppressions" in r]
    assert suppressed["ruleId"] == "CVE-2024-0009"
    assert suppressed["suppressions"][0]["kind"] == "external"
    layers = only["results"][0]["locations"][0]["logicalLocations"]
    assert [each["kind"] for each in layers] == ["package", "layer"]
    (invocation,) = only["invocations"]
    assert invocation["exitCode"] == 1
    assert len(invocation["toolExecutionNotifications"]) == 1


def test_what_the_configuration_says_is_on_the_page_and_in_the_sarif():
    facts = (
        ("exposed-port", "22/tcp"),
        ("exposed-port", "80/tcp"),
        ("healthcheck", "none"),
        ("user", "root"),
    )
    whole = rich_run()
    whole = replace(whole, sbom=replace(whole.sbom, facts=facts))
    assert "<dt>Ports</dt><dd>22/tcp, 80/tcp</dd>" in render("html", whole).decode()
    (only,) = json.decode(render("sarif", whole))["runs"]
    assert only["properties"]["configuration"] == {"Ports": "22/tcp, 80/tcp", "Runs as": "root"}


def test_whose_layer_it_is_is_told_where_the_base_is_known():
    whole = rich_run()
    steps = tuple(replace(layer, step=n * 2) for n, layer in enumerate(whole.sbom.layers, 1))
    facts = (("base-by", "given"), ("base-layers", "1"), ("base-name", "debian:12"))
    whole = replace(whole, sbom=replace(whole.sbom, layers=steps, facts=facts))
    page = render("html", whole).decode()
    assert "<dd>1 of 2, step 2, of the base image</dd>" in page
    assert "<dd>2 of 2, step 4, the image&#39;s own</dd>" in page


# HTML


class Page(html.parser.HTMLParser):
    """What a browser would load, run, or be sent to."""

    VOID = frozenset({"meta", "input"})

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.links, self.handlers = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        names = dict(attrs)
        self.links += [names[n] for n in ("src", "href", "action", "data") if n in names]
        self.handlers += [n for n in names if n.startswith("on") or n == "style"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, self.getpos()


@pytest.mark.parametrize("make", [rich_run, hostile_run, run])
def test_the_page_is_well_formed_and_needs_nothing_else(make):
    text = render("html", make(), View(everything=True)).decode()
    page = Page(text)
    assert not page.open
    assert page.tags.count("script") == 1
    assert page.links == ["#findings"]
    assert not page.handlers
    assert "url(" not in text
    assert "@import" not in text
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1]
    assert unescape(policy).startswith("default-src 'none'; style-src 'sha256-")


def test_the_page_shows_a_reason_for_each_finding():
    text = unescape(render("html", rich_run()).decode())
    for judged in rich_run().judged:
        assert judged.finding.because in text
    assert text.count('<tbody class="finding') == 7
    assert text.count('<tbody class="finding out"') == 2
    assert "Layer 1 (1)" in text
    assert "no finding is CVE-2019-1" in text


def test_hostile_names_are_inert_text():
    text = render("html", hostile_run()).decode()
    assert NASTY[:20] not in text
    assert "&lt;script&gt;" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "49" not in re.findall(r"owned[^<]*", text)


@pytest.fixture(scope="session")
def chromium():
    found = shutil.which("chromium")
    if not found:
        skip_or_fail("no chromium on this machine")
    return found


def test_a_browser_runs_the_filter_and_nothing_of_the_image(chromium, tmp_path):
    path = tmp_path / "report.html"
    for make, title in ((rich_run, "registry.example/app:1: deny"), (hostile_run, None)):
        path.write_bytes(render("html", make()))
        dom = subprocess.run(
            [
                chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                "--no-first-run", "--disable-background-networking", "--disable-component-update",
                "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
                path.as_uri(),
            ],
            capture_output=True, text=True, timeout=120, check=True,
        ).stdout  # fmt: skip
        # The script ran: its tools are shown, and what does not count is hidden.
        assert re.search(r'<form class="tools" role="search">', dom)
        shown = re.search(r'<output id="count"[^>]*>([^<]+)<', dom)[1]
        assert shown == ("5 of 7 shown" if title else "1 of 1 shown")
        found = unescape(re.search("<title>([^<]*)</title>", dom)[1])
        assert found == title if title else found != "owned"
