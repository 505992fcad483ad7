"""Folders: the files that ship with the app, and the user's cache and state."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from edge_app.errors import EdgeError

# A recording leaves this much of the disk free: a full one stops logs, updates and log-ins too.
LOW_BYTES, LOW_SHARE = 200_000_000, 0.02


def disk_space(folder: Path) -> tuple[int, int]:
    """Return the total and the free bytes of the disk that holds a folder."""
    usage = shutil.disk_usage(folder)
    return usage.total, usage.free


def assets_dir() -> Path:
    """Return the folder of the shipped files: EDGE_ASSETS, else the checkout's or installed one.

    Raises EdgeError if there is none.
    """
    if chosen := os.environ.get("EDGE_ASSETS"):
        if Path(chosen).is_dir():
            return Path(chosen)
        raise EdgeError(f"EDGE_ASSETS is not a folder: {chosen}; correct or unset it")
    checkout = Path(__file__).resolve().parents[1] / "assets"
    installed = Path(sys.prefix) / "share" / "edge-app" / "assets"
    for folder in (checkout, installed):
        if folder.is_dir():
            return folder
    raise EdgeError(
        f"the app's files are missing: neither {checkout} nor {installed} exists; "
        "reinstall the package, or set EDGE_ASSETS to the checkout's assets folder"
    )


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
