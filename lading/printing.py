"""A page as PDF (edge: subprocess), printed by Chromium where there is one.

Chromium writes the time of printing into the file; the bundle's own stands there instead, so that
one Chromium makes one PDF of one page.
"""

import os
import re
import shutil
import subprocess
import tempfile

from sbom.errors import InputError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 120
"""Seconds that printing may take."""
DATE = re.compile(rb"/(CreationDate|ModDate) \(D:[0-9+'\-Z]+\)")


def pdf(page: bytes, at: str) -> bytes:
    """Return a page as PDF. at: RFC 3339 in UTC, what the file says it was made at.

    Raises:
        InputError: where there is no Chromium, or it prints nothing.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise InputError("no Chromium to print the PDF", "install one, or leave out --pdf")
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, "page.html"), os.path.join(folder, "page.pdf")
        with open(source, "wb") as stream:
            stream.write(page)
        _print(browser, folder, source, target)
        if not os.path.exists(target):
            raise InputError(f"{browser}: it printed nothing", "print report.html by hand")
        with open(target, "rb") as stream:
            printed = stream.read()
    stamp = f"(D:{re.sub('[^0-9]', '', at)[:14]}+00'00')".encode()
    return DATE.sub(lambda found: b"/" + found[1] + b" " + stamp, printed)


def _print(browser: str, folder: str, source: str, target: str) -> None:
    """Run the browser once, with a profile of its own and without a network to speak of."""
    command = [browser, "--headless=new", "--disable-gpu", "--no-first-run", "--disable-extensions"]
    command += [f"--user-data-dir={folder}/profile", "--proxy-server=127.0.0.1:9"]
    command += ["--no-pdf-header-footer", f"--print-to-pdf={target}"]
    if os.geteuid() == 0:  # Its sandbox refuses to run as root, as in most containers.
        command.append("--no-sandbox")
    try:
        subprocess.run(  # noqa: S603 (a fixed program; the page is ours)
            [*command, f"file://{source}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(f"{browser}: it cannot print: {error}", "leave out --pdf") from None
