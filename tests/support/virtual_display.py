"""A display in memory, for windows that nobody sees."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest


@contextmanager
def virtual_display(
    size_wh: tuple[int, int], *options: str, tools: Sequence[str] = ("Xvfb", "xdotool")
) -> Iterator[str]:
    """Start Xvfb with these options; yield the display's name.

    tools: the test is skipped if one is missing.
    """
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed (apt install xvfb xdotool)")
    reading, writing = os.pipe()
    screen = f"{size_wh[0]}x{size_wh[1]}x24"
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", screen, "-noreset", *options],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as output:
            number = output.readline().strip()
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()
