"""Answer one question of the doctor, in a process that may die of it.

Every answer is a line of JSON, written before the next risk is taken.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def tell(**record: Any) -> None:
    """Write a record where the parent finds it among what libraries print."""
    sys.stdout.write("\n" + json.dumps(record) + "\n")
    sys.stdout.flush()


def main(question: list[str]) -> None:
    """Answer a question: its name, then its arguments."""
    tasks: dict[str, Callable[..., None]] = {
        "import": _import,
        "runtime": _runtime,
        "display": _display,
        "cameras": _cameras,
        "conflicts": _conflicts,
        "model": _model,
    }
    tasks[question[0]](*question[1:])


def _import(module: str, *packages: str) -> None:
    """Import a module; tell its version, and every installed copy in the order Python looks."""
    copies = [
        [package, one.version, str(one.locate_file(""))]
        for package in packages
        for one in importlib.metadata.distributions(name=package)
    ]
    tell(copies=copies)
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as fault:
        tell(state="missing" if fault.name == module else "broken", fault=str(fault))
    except Exception as fault:  # noqa: BLE001 - whatever it is, it is what was asked for
        tell(state="broken", fault=" ".join(f"{type(fault).__name__}: {fault}".split())[:300])
    else:
        version = getattr(loaded, "__version__", None) or (copies[0][1] if copies else "")
        tell(state="loaded", version=str(version))


def _runtime(name: str) -> None:
    from edge_app.errors import ModelError
    from edge_app.model.interpreter.runtimes import installed, load_runtime

    if name not in installed():
        tell(state="missing")
        return
    tell(state="begun")
    try:
        tell(state="loaded", title=load_runtime(name).title)
    except ModelError as fault:
        tell(state="broken", fault=str(fault))


def _display() -> None:
    import cv2

    from edge_app.sinks.display import display_verdict, toolkit_of

    tell(toolkit=toolkit_of(cv2.getBuildInformation()))
    verdict = display_verdict()
    tell(usable=verdict.usable, reason=verdict.reason)


def _cameras() -> None:
    from edge_app.sources.picamera import tell_cameras

    tell_cameras()


def _conflicts() -> None:
    """Let pip compare what every package asks for with what is there."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "check"],
        capture_output=True,
        text=True,
        check=False,
    )
    tell(code=done.returncode, lines=done.stdout.splitlines(), fault=done.stderr.strip()[-200:])


def _model(folder: str, trial: str) -> None:
    """Check a model's files, and with the trial "run" also their answers."""
    from edge_app.doctor.variant_check import check_variant
    from edge_app.errors import ModelError
    from edge_app.model.card import read_card

    try:
        spec = read_card(Path(folder))
    except ModelError as fault:
        tell(card=str(fault))
        return
    for variant in spec.variants.values():
        about = {"variant": variant.name, "file": str(variant.path)}
        tell(**about, state="begun")
        checked = check_variant(spec, variant, run=trial == "run")
        tell(**about, state=checked.state, said=checked.said)
