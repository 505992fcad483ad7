"""A real browser, driven by the WebDriver protocol without a library."""

from __future__ import annotations

import base64
import http.client
import json
import subprocess
from pathlib import Path
from typing import Any, Self

_CHROMIUM = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--force-device-scale-factor=1",
)  # fmt: skip
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # W3C WebDriver, 12.3


class Browser:
    """Headless Chromium with a profile of its own."""

    def __init__(self, folder: Path, size_wh: tuple[int, int] = (1280, 800)) -> None:
        self._driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True
        )
        assert self._driver.stdout is not None
        port = ""
        for line in self._driver.stdout:
            if "on port" in line and "started" in line:
                port = line.strip().rstrip(".").split()[-1]
                break
        self._line = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
        self._at = "/session"
        profile = f"--user-data-dir={folder / 'chromium'}"
        size = "--window-size={},{}".format(*size_wh)
        wanted = {"goog:chromeOptions": {"args": [*_CHROMIUM, profile, size]}}
        session = self._ask("", {"capabilities": {"alwaysMatch": wanted}})
        self._at += f"/{session['sessionId']}"

    def _ask(self, path: str, body: dict[str, Any] | None, method: str = "POST") -> Any:
        data = None if body is None else json.dumps(body)
        self._line.request(method, self._at + path, data, {"Content-Type": "application/json"})
        answer = self._line.getresponse()
        value = json.load(answer)["value"]
        assert answer.status == 200, value
        return value

    def open(self, url: str) -> None:
        """Go to a page."""
        self._ask("/url", {"url": url})

    def run(self, script: str) -> Any:
        """Run a script in the page and return what it returns."""
        return self._ask("/execute/sync", {"script": script, "args": []})

    def type(self, text: str) -> None:
        """Press keys on the page."""
        body = self._ask("/element", {"using": "css selector", "value": "body"})
        self._ask(f"/element/{body[_ELEMENT]}/value", {"text": text})

    def resize(self, size_wh: tuple[int, int]) -> None:
        """Show the page at a size, as a phone would."""
        width, height = size_wh
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": True}
        command = {"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics}
        self._ask("/goog/cdp/execute", command)

    def screenshot(self, path: Path) -> None:
        """Save the visible page as PNG."""
        path.write_bytes(base64.b64decode(self._ask("/screenshot", None, "GET")))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._ask("", None, "DELETE")
        finally:
            self._line.close()
            self._driver.terminate()
            self._driver.wait()
            assert self._driver.stdout is not None
            self._driver.stdout.close()
