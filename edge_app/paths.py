"""Folders: the files that ship with the app, and the user's cache and state."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from edge_app.errors import EdgeError


def assets_dir() -> Path:
    """Return the folder of the shipped files; raise EdgeError where there is none.

    EDGE_ASSETS names another one; else it is the checkout's, else the installed one.
    """
    chosen = os.environ.get("EDGE_ASSETS")
    if chosen:
        if Path(chosen).is_dir():
            return Path(chosen)
        raise EdgeError(f"EDGE_ASSETS is {chosen}, which is no folder; unset it or mend it")
    checkout = Path(__file__).resolve().parents[1] / "assets"
    installed = Path(sys.prefix) / "share" / "edge-app" / "assets"
    for folder in (checkout, installed):
        if folder.is_dir():
            return folder
    raise EdgeError(
        f"the files of the app are neither in {checkout} nor in {installed}; "
        "install the package again, or set EDGE_ASSETS to the checkout's assets folder"
    )


def cache_dir() -> Path:
    """Return the folder for what can be computed or downloaded again.

    Source: XDG Base Directory Specification, XDG_CACHE_HOME.
    """
    return _xdg("XDG_CACHE_HOME", ".cache")


def state_dir() -> Path:
    """Return the folder for what is remembered between runs.

    Source: XDG Base Directory Specification, XDG_STATE_HOME.
    """
    return _xdg("XDG_STATE_HOME", ".local/state")


def _xdg(variable: str, default: str) -> Path:
    base = os.environ.get(variable)
    return (Path(base) if base else Path.home() / default) / "edge-app"
