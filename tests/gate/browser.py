"""A real Chromium, asked through its debugging pipe: pages at any width, in light and dark."""

import base64
import os
import subprocess
from contextlib import contextmanager
from itertools import count

from msgspec import json

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--remote-debugging-pipe",
)  # fmt: skip


class Tab:
    """One page. `call` is a command of the DevTools protocol; an error of it is raised."""

    def __init__(self, to_browser, from_browser):
        self.write, self.read = to_browser, from_browser
        self.numbers = count(1)
        self.session = None
        self.rest = b""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        self.call("Page.enable")

    def call(self, method, **params):
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write, json.encode(message) + b"\0")
        return self.until(lambda answer: answer.get("id") == number)["result"]

    def until(self, wanted):
        while True:
            while b"\0" not in self.rest:
                self.rest += os.read(self.read, 1 << 20)
            line, _, self.rest = self.rest.partition(b"\0")
            answer = json.decode(line)
            if wanted(answer):
                return answer

    def open(self, url, *, width, scheme="light"):
        """Load a page in a window of that width; wait until its script has run."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=900, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[feature])
        self.call("Page.navigate", url=url)
        self.until(lambda answer: answer.get("method") == "Page.loadEventFired")

    def js(self, expression):
        """Return the value of an expression in the page."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def picture(self, *, whole=True):
        """Return the page as PNG."""
        found = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        return base64.b64decode(found["data"])


@contextmanager
def browser(chromium, folder):
    """Start Chromium with a profile of its own, and end it whatever happens."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    # The protocol's pipes are descriptors 3 and 4 of the browser.
    command = 'exec "$@" 3<&"$IN" 4>&"$OUT"'
    with subprocess.Popen(
        ["bash", "-c", command, "bash", chromium, *FLAGS, f"--user-data-dir={folder}"],
        env=os.environ | {"IN": str(theirs_in), "OUT": str(theirs_out)},
        pass_fds=(theirs_in, theirs_out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(theirs_in)
        os.close(theirs_out)
        try:
            yield Tab(ours_out, ours_in)
        finally:
            process.terminate()
            os.close(ours_out)
            os.close(ours_in)
