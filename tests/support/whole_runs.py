"""Runs of edge-app in a process of its own, without a display."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# Seconds after which something has hung. On a busy machine a run takes a minute to start, and the
# longest demo (36 s of CPU) took 213 s.
HANG_S = 600.0
ENV = {key: value for key, value in os.environ.items() if key not in {"DISPLAY", "WAYLAND_DISPLAY"}}


def edge(
    *arguments: object, cwd: Path | None = None, **variables: object
) -> subprocess.CompletedProcess[str]:
    """Run edge-app to its end; variables: of its environment."""
    more = {name: str(value) for name, value in variables.items()}
    return subprocess.run(
        [sys.executable, "-m", "edge_app.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**ENV, "PYTHONPATH": str(ROOT), **more},
        cwd=cwd,
        timeout=HANG_S,
        check=False,
    )


def begin(*arguments: object) -> subprocess.Popen[str]:
    """Start edge-app and leave it running."""
    return subprocess.Popen(
        [sys.executable, "-m", "edge_app.cli", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**ENV, "PYTHONPATH": str(ROOT)},
    )


def snapshots_in(folder: Path, kind: str = "png") -> list[Path]:
    """Return the snapshots of a run in a folder; kind: "json" for their figures.

    One that is being written has a name that begins with a point.
    """
    return [*folder.glob(f"snapshots/[!.]*.{kind}")]


def summary_of(folder: Path) -> Any:
    """Read a run's summary."""
    return json.loads((folder / "summary.json").read_text("utf-8"))
