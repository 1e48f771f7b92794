"""Report formats: the table of them, and rendering a run in any.

Each file has `render(run, view) -> bytes`, a pure function: the same run, the same bytes.
"""

from importlib import import_module
from typing import Protocol, cast

from gate.model import Run, View

FORMATS = {
    "table": "gate.reports.table",
    "json": "gate.reports.json",
    "sarif": "gate.reports.sarif",
    "html": "gate.reports.html",
    "markdown": "gate.reports.markdown",
    "csv": "gate.reports.csv",
    "junit": "gate.reports.junit",
    "gitlab": "gate.reports.gitlab",
    "cyclonedx-vdr": "gate.reports.cyclonedx_vdr",
    "run": "gate.reports.run",
}
"""Formats in the order help shows them; a module is imported when its format is asked for."""


class Report(Protocol):
    """What each file of this folder offers."""

    def render(self, run: Run, view: View) -> bytes:
        """Return the whole report."""


def render(name: str, run: Run, view: View | None = None) -> bytes:
    """Return the run as a report in a format of `FORMATS`."""
    report = cast("Report", import_module(FORMATS[name]))
    return report.render(run, view or View())
