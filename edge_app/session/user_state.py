"""Keep what was chosen for a camera from one run to the next, in a small file."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

_MOST = 50  # cameras


def state_file() -> Path:
    """Return where it is kept; source: XDG Base Directory Specification, XDG_STATE_HOME."""
    base = os.environ.get("XDG_STATE_HOME")
    folder = Path(base) if base else Path.home() / ".local" / "state"
    return folder / "edge-app" / "state.json"


def is_flipped(camera: str) -> bool:
    """Tell whether red and blue were swapped for a camera when it was used last."""
    return camera in _read()


def remember_flipped(camera: str, flipped: bool) -> None:
    """Keep whether red and blue are swapped; where nothing can be written, it is forgotten."""
    cameras = [name for name in _read() if name != camera]
    if flipped:
        cameras.append(camera)
    path = state_file()
    draft = path.with_suffix(f".{os.getpid()}.part")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps({"flipped": cameras[-_MOST:]}) + "\n", "utf-8")
        draft.replace(path)


def _read() -> list[str]:
    with suppress(OSError, ValueError, TypeError, AttributeError, RuntimeError):
        kept = json.loads(state_file().read_text("utf-8"))
        return [str(name) for name in kept.get("flipped", [])]
    return []
