"""Waiting for another process or thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.support.whole_runs import HANG_S


def until(what: str, true: Callable[[], Any], within_s: float = HANG_S) -> Any:
    """Wait for something to become true, and return it."""
    end_s = time.monotonic() + within_s
    while not (found := true()):
        assert time.monotonic() < end_s, f"{what} never came"
        time.sleep(0.02)
    return found
