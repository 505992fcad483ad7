"""An error of the disk says what the user can do about it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from edge_app.disk_faults import disk_fault, reason_of


@pytest.mark.parametrize(
    ("number", "advice", "reason"),
    [
        (errno.ENOSPC, None, "the disk is full; free some space, or write to another disk"),
        (errno.EIO, None, "Input/output error; choose another folder"),
        (errno.ENOSPC, "use --out", "No space left on device; free some space or use --out"),
        (errno.EIO, "use --out", "Input/output error; use --out"),
    ],
)
def test_a_fault_has_one_advice(number: int, advice: str | None, reason: str) -> None:
    """By its cause, or the caller's, who knows the option."""
    assert reason_of(OSError(number, os.strerror(number)), advice) == reason


def test_a_fault_with_its_own_advice_keeps_it() -> None:
    """Those that try a place know more than the kernel."""
    fault = OSError(errno.EEXIST, "it is a file; choose another folder")
    assert str(disk_fault(Path("a"), fault)) == (
        "a cannot be written: it is a file; choose another folder"
    )
