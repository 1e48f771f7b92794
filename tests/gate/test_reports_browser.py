"""The HTML report in a real browser: phone and desktop, light and dark, by mouse and by keyboard."""

import shutil

import pytest
from browser import browser
from conftest import skip_or_fail
from msgspec.structs import replace
from runs import component, finding, run
from test_reports import NASTY, hostile_run, rich_run

from gate.evaluate import evaluate
from gate.model import View
from gate.policy.reading import load
from gate.reports import render

SHOWN = "[...document.querySelectorAll('.finding')].filter(e => e.offsetParent !== null).length"
TOO_WIDE = """[...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, .skip, svg')
  && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 90))"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    chromium = shutil.which("chromium")
    if not chromium:
        skip_or_fail("no chromium on this machine")
    with browser(chromium, tmp_path_factory.mktemp("profile")) as tab:
        yield tab


def long_run():
    """Names as long as any: purls, versions, paths, reasons without a space."""
    endless = "x" * 900
    of = component(endless, endless, purl=f"pkg:generic/{endless}@{endless}?a={endless}")
    found = finding(endless, 9.8, of=of, because=endless, fixed=(endless, endless))
    whole = run(found)
    subject = replace(whole.sbom.subject, name=endless)
    whole = replace(whole, sbom=replace(whole.sbom, subject=subject))
    return replace(whole, verdict=evaluate(whole, load("default"), "build"))


def many():
    findings = [
        finding(f"CVE-2024-{n:05}", n % 100 / 10, component(f"p{n % 300}")) for n in range(2_000)
    ]
    whole = run(*findings)
    return replace(whole, verdict=evaluate(whole, load("default"), "build"))


def shown(tab, tmp_path, whole, width=1280, scheme="light"):
    path = tmp_path / "report.html"
    path.write_bytes(render("html", whole, View(everything=True)))
    tab.open(path.as_uri(), width=width, scheme=scheme)
    return tab


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("make", [rich_run, hostile_run, long_run, run])
def test_nothing_runs_out_of_the_page(tab, tmp_path, make, width, scheme):
    shown(tab, tmp_path, make(), width, scheme)
    tab.js("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert tab.js("document.documentElement.scrollWidth") <= width
    assert tab.js(TOO_WIDE) == []
    assert tab.js("document.title") != "owned"


def test_dark_is_dark_and_light_is_light(tab, tmp_path):
    def brightness(scheme):
        shown(tab, tmp_path, rich_run(), scheme=scheme)
        color = tab.js("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, color[4:-1].split(",")))

    assert brightness("dark") < 200
    assert brightness("light") > 600


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(tab, tmp_path, scheme):
    """WCAG 2.1, 1.4.3: 4.5 to 1."""
    shown(tab, tmp_path, rich_run(), scheme=scheme)
    worst = tab.js("""(() => {
      const context = document.createElement('canvas').getContext('2d', {willReadFrequently: true})
      const paint = (colors) => {
        context.clearRect(0, 0, 1, 1)
        for (const color of colors) { context.fillStyle = color; context.fillRect(0, 0, 1, 1) }
        return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3)
      }
      const light = (rgb) => rgb.map(c => c / 255)
        .map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0)
      const found = []
      for (const e of document.querySelectorAll('main *')) {
        const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())
        if (!own || e.offsetParent === null || e.closest('svg, option, .out')) continue
        const behind = []
        for (let up = e; up; up = up.parentElement) behind.unshift(getComputedStyle(up).backgroundColor)
        const [a, b] = [light(paint([...behind, getComputedStyle(e).color])), light(paint(behind))]
        found.push([(Math.max(a, b) + .05) / (Math.min(a, b) + .05), e.outerHTML.slice(0, 80)])
      }
      return found.sort((x, y) => x[0] - y[0])[0]
    })()""")
    assert worst[0] >= 4.5, worst


def test_search_and_filters_are_usable_by_keyboard(tab, tmp_path):
    shown(tab, tmp_path, rich_run())
    assert tab.js(SHOWN) == 5
    for _ in range(3):
        tab.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab")
        if tab.js("document.activeElement.id") == "search":
            break
    assert tab.js("document.activeElement.id") == "search"
    tab.call("Input.insertText", text="flask")
    assert tab.js(SHOWN) == 1
    assert tab.js("document.querySelector('#count').textContent") == "1 of 7 shown"
    tab.call("Input.insertText", text=" nothing such")
    assert tab.js("document.querySelector('#nothing').hidden") is False


def test_two_thousand_findings_are_there_at_once(tab, tmp_path):
    shown(tab, tmp_path, many())
    assert tab.js(SHOWN) == 2_000
    loaded = tab.js("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    assert loaded < 5_000
    taken = tab.js("""(() => {
      const search = document.querySelector('#search'), start = performance.now()
      search.value = 'CVE-2024-00042'
      search.dispatchEvent(new Event('input', {bubbles: true}))
      document.body.offsetHeight
      return performance.now() - start
    })()""")
    assert tab.js(SHOWN) == 1
    assert taken < 1_500


def test_the_page_asks_nothing_of_any_network(tab, tmp_path):
    shown(tab, tmp_path, hostile_run())
    assert tab.js("performance.getEntriesByType('resource').length") == 0
    assert NASTY.split("<")[0] in tab.js("document.body.innerText")
