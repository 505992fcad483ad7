"""The machine as the doctor sees it, so that a test can give another one."""

from __future__ import annotations

import os
import platform
import struct
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge_app.board import board
from edge_app.doctor.subprocess_check import RunCheck, run_check
from edge_app.errors import EdgeError
from edge_app.paths import assets_dir, cache_dir, current_folder, disk_space
from edge_app.python_environment import PythonEnvironment, this_environment


@dataclass(frozen=True, slots=True)
class Machine:
    """Everything about a machine that the doctor checks.

    board: the record of `edge_app.board.board`. run_check: runs a check in a child process.
    space: returns total and free bytes of a folder's disk. bits: of a pointer.
    libc: name and version of the C library. venv: folder of the virtual environment, if any.
    assets: folder of the shipped files, None if they are missing. folders: where the app writes.
    packages: how packages get into this Python. root: where /proc, /usr and the like are.
    """

    board: Mapping[str, Any]
    run_check: RunCheck
    space: Callable[[Path], tuple[int, int]]
    python: tuple[int, int, int]
    bits: int
    architecture: str
    libc: tuple[str, str]
    venv: Path | None
    assets: Path | None
    folders: tuple[Path, ...]
    packages: PythonEnvironment = field(default_factory=PythonEnvironment)
    root: Path = Path("/")
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_pi(self) -> bool:
        """Whether it is a Raspberry Pi."""
        return "raspberry pi" in str(self.board.get("model", "")).lower()


def this_machine() -> Machine:
    """Return the machine this runs on."""
    try:
        assets = assets_dir()
    except EdgeError:
        assets = None
    cache = cache_dir()
    cache = next(folder for folder in (cache, *cache.parents) if folder.is_dir())
    return Machine(
        board=board(),
        run_check=run_check,
        space=disk_space,
        python=sys.version_info[:3],
        bits=struct.calcsize("P") * 8,
        architecture=platform.machine(),
        libc=platform.libc_ver(),
        venv=Path(sys.prefix) if sys.prefix != sys.base_prefix else None,
        assets=assets,
        # "." if it was removed, which then fails as a place to write.
        folders=(current_folder() or Path(), cache, Path(tempfile.gettempdir())),
        packages=this_environment(),
        env=os.environ,
    )
