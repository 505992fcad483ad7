"""Hold everything the doctor looks at, so that a test can give another machine."""

from __future__ import annotations

import os
import platform
import shutil
import struct
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge_app.board import board
from edge_app.doctor.subprocess_check import Ask, ask_child
from edge_app.errors import EdgeError
from edge_app.paths import assets_dir, cache_dir


@dataclass(frozen=True, slots=True)
class Machine:
    """Hold a machine as far as it is examined.

    board: what `edge_app.board` says. bits: of a pointer. libc: its name and version.
    venv: the folder of the virtual environment, None outside of one. pip: how to call its pip.
    folders: where the app writes. space: total and free bytes of a folder's disk.
    assets: the shipped files, None where they are lost. root: where /proc and /usr are.
    """

    board: Mapping[str, Any]
    ask: Ask
    space: Callable[[Path], tuple[int, int]]
    python: tuple[int, int, int]
    bits: int
    kind: str
    libc: tuple[str, str]
    venv: Path | None
    assets: Path | None
    folders: tuple[Path, ...]
    pip: str = "pip"
    root: Path = Path("/")
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_pi(self) -> bool:
        """Whether it says that it is a Raspberry Pi."""
        return "raspberry pi" in str(self.board.get("model", "")).lower()


def this_machine() -> Machine:
    """Return the machine this runs on."""
    venv = Path(sys.prefix) if sys.prefix != sys.base_prefix else None
    try:
        assets = assets_dir()
    except EdgeError:
        assets = None
    cache = cache_dir()
    while not cache.is_dir():
        cache = cache.parent
    version = sys.version_info
    return Machine(
        board=board(),
        ask=ask_child,
        space=_space,
        python=(version.major, version.minor, version.micro),
        bits=struct.calcsize("P") * 8,
        kind=platform.machine(),
        libc=platform.libc_ver(),
        venv=venv,
        assets=assets,
        folders=(Path.cwd(), cache, Path(tempfile.gettempdir())),
        pip=_pip(),
        env=os.environ,
    )


def _space(folder: Path) -> tuple[int, int]:
    usage = shutil.disk_usage(folder)
    return usage.total, usage.free


def _pip() -> str:
    """Return the words that call this Python's pip, not one that comes first in PATH."""
    found = shutil.which("pip")
    own = found is not None and Path(found).parent == Path(sys.executable).parent
    return "pip" if own else f"{sys.executable} -m pip"
