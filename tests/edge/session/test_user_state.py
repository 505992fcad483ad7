"""A camera's swapped colours are remembered from one run to the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.session.user_state import is_swapped, remember_swapped, state_file


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Redirect the state to a folder of the test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def test_a_camera_stays_flipped_until_it_is_swapped_back() -> None:
    """Other cameras are not affected."""
    remember_swapped("/dev/video0", True)
    remember_swapped("picamera:0", True)
    assert is_swapped("/dev/video0")
    remember_swapped("/dev/video0", False)
    assert not is_swapped("/dev/video0")
    assert is_swapped("picamera:0")


def test_the_newest_cameras_are_remembered() -> None:
    """The file does not grow without limit."""
    for number in range(60):
        remember_swapped(f"camera {number}", True)
    assert not is_swapped("camera 0")
    assert is_swapped("camera 59")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"flipped": 3}', "[" * 200_000])
def test_a_damaged_file_is_ignored(content: str) -> None:
    """And replaced by the next change."""
    state_file().parent.mkdir(parents=True)
    state_file().write_text(content)
    assert not is_swapped("/dev/video0")
    remember_swapped("/dev/video0", True)
    assert is_swapped("/dev/video0")


def test_a_folder_that_cannot_be_written_is_no_error(state_home: Path) -> None:
    """The choice is forgotten."""
    state_home.write_text("in the way")
    remember_swapped("/dev/video0", True)
    assert not is_swapped("/dev/video0")
