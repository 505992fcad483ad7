"""What a person chose for a camera, from one run to the next."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from edge_app.atomic import write_atomic
from edge_app.errors import EdgeError
from edge_app.input_file import own_json
from edge_app.paths import state_dir

_MOST = 50  # cameras


def state_file() -> Path:
    """Return the path of the file."""
    return state_dir() / "state.json"


def is_swapped(camera: str) -> bool:
    """Return whether red and blue were swapped for a camera when it was last used."""
    return camera in _read()


def remember_swapped(camera: str, swapped: bool) -> None:
    """Save whether red and blue are swapped for a camera, if the file can be written."""
    cameras = [name for name in _read() if name != camera]
    if swapped:
        cameras.append(camera)
    with suppress(OSError, RuntimeError, EdgeError):  # RuntimeError: there is no home folder
        write_atomic(state_file(), json.dumps({"flipped": cameras[-_MOST:]}) + "\n")


def _read() -> list[str]:
    with suppress(TypeError, AttributeError, RuntimeError):
        saved = own_json(state_file())
        return [str(name) for name in saved.get("flipped", [])]
    return []
