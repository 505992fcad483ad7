"""Folders: the files that ship with the app, and the user's cache and state."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from edge_app.errors import EdgeError

# A recording leaves this much of the disk free: a full one stops logs, updates and log-ins too.
LOW_BYTES, LOW_SHARE = 200_000_000, 0.02


def disk_space(folder: Path) -> tuple[int, int]:
    """Return the total and the free bytes of the disk that holds a folder."""
    usage = shutil.disk_usage(folder)
    return usage.total, usage.free


def assets_dir() -> Path:
    """Return the folder of the shipped files: EDGE_ASSETS, else the package's or the checkout's.

    Raises EdgeError if there is none.
    """
    if chosen := os.environ.get("EDGE_ASSETS"):
        if Path(chosen).is_dir():
            return Path(chosen)
        raise EdgeError(f"EDGE_ASSETS is not a folder: {chosen}; correct or unset it")
    return shipped_dir("assets")


def is_shipped_model(name: str) -> bool:
    """Return whether a model of this name ships."""
    try:
        return (assets_dir() / "models" / name / "model.json").is_file()
    except (EdgeError, OSError, ValueError):  # no assets, or no name of a file
        return False


def shipped_dir(name: str) -> Path:
    """Return a folder that ships: inside the package if installed, beside it in a checkout.

    Raises EdgeError if there is none.
    """
    installed = _package() / name
    if installed.is_dir():
        return installed
    # Beside an installed package, a folder of this name would be another package's.
    if checkout := checkout_dir():
        if (checkout / name).is_dir():
            return checkout / name
        raise EdgeError(f"{checkout / name} is missing; run: git -C {checkout} checkout -- {name}")
    raise EdgeError(
        f"the app's files are missing: there is no {installed}; install the package again"
    )


def checkout_dir() -> Path | None:
    """Return the checkout this package is run from, None if it is installed elsewhere."""
    folder = _package().parent
    return folder if (folder / "setup.cfg").is_file() else None


def _package() -> Path:
    return Path(__file__).parent


def cache_dir() -> Path:
    """Return the folder for what can be computed or downloaded again."""
    return _xdg("XDG_CACHE_HOME", ".cache")


def state_dir() -> Path:
    """Return the folder for what is remembered between runs."""
    return _xdg("XDG_STATE_HOME", ".local/state")


def _xdg(variable: str, default: str) -> Path:
    # Source: XDG Base Directory Specification.
    base = os.environ.get(variable)
    return (Path(base) if base else Path.home() / default) / "edge-app"


def current_folder() -> Path | None:
    """Return the current folder; None if it was removed."""
    try:
        return Path.cwd()
    except OSError:
        return None
