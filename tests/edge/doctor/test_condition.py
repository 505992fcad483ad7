"""Checks of the board's state."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.doctor.finding import FAIL, OK, WARN
from tests.support.machines import PI, findings, made_machine, problems


@pytest.mark.parametrize(
    ("board", "name", "state"),
    [
        ({"governor": "powersave"}, "governor", WARN),
        ({"throttled_now": ["under-voltage"]}, "throttling", FAIL),
        ({"throttled_since_boot": ["throttled"]}, "throttling", WARN),
        ({"temperature_c": 84.0}, "temperature", WARN),
    ],
)
def test_each_problem_has_its_own_finding(
    tmp_path: Path, board: dict[str, object], name: str, state: str
) -> None:
    """And no other finding reports it again."""
    assert problems(made_machine(tmp_path, board={**PI, **board})) == [(name, state)]


def test_a_full_disk_fails(tmp_path: Path) -> None:
    """Below the space that a recording leaves free it fails; below 1 GB it warns."""
    for free, state in ((0, FAIL), (100_000_000, FAIL), (700_000_000, WARN), (2 * 10**9, OK)):

        def space(_folder: Path, free: int = free) -> tuple[int, int]:
            return 32 * 10**9, free

        finding = findings(made_machine(tmp_path, space=space))[f"disk {tmp_path}"]
        assert (finding.state, bool(finding.fix)) == (state, state != OK)


def test_a_folder_that_cannot_be_written_fails(tmp_path: Path) -> None:
    """Free space alone is not enough."""
    gone = tmp_path / "gone"
    assert findings(made_machine(tmp_path, folders=(gone,)))[f"disk {gone}"].state == FAIL
