"""Progress bars on standard error, on a terminal only; elsewhere nothing is printed."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import TaskID

Report = Callable[[int, int, str], None]
"""Called with what is done, the total (0: unknown), and what is being worked on."""
ManyReport = Callable[[str, int, int, str], None]
"""The same for one of several, which is named first; called from any thread."""


@contextmanager
def progress(title: str) -> Iterator[Report | None]:
    """Yield a function to report to, or None where nobody is looking."""
    with many_progress() as report:
        if report is None:
            yield None
            return
        report(title, 0, 0, "")
        told = report  # The name above may be None again as far as a type checker knows.
        yield lambda done, total, what: told(title, done, total, what)


@contextmanager
def many_progress() -> Iterator[ManyReport | None]:
    """Yield a function to report several things to, a bar for each; None where nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("[dim]{task.fields[what]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def report(name: str, done: int, total: int, what: str) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=None, what="")
            bars.update(tasks[name], completed=done, total=total or None, what=what[-60:])

        yield report
