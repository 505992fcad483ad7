"""Checks that run in a child process, because what they load may crash.

Every record is a line of JSON, written before the next risk is taken.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge_app.child_process import run_child

_PIP_S = 50.0  # less than the check itself may take


def main(check: list[str]) -> None:
    """Run a check: its name, then its arguments."""
    checks: dict[str, Callable[..., None]] = {
        "import": _import,
        "runtime": _runtime,
        "display": _display,
        "cameras": _cameras,
        "conflicts": _conflicts,
        "model": _model,
    }
    checks[check[0]](*check[1:])


def _report(**record: Any) -> None:
    """Write a record on a line of its own, whatever libraries print around it."""
    sys.stdout.write("\n" + json.dumps(record) + "\n")
    sys.stdout.flush()


def _import(module: str, *packages: str) -> None:
    """Report a module's version, and every installed copy in the order Python looks."""
    copies = [
        [package, one.version, str(one.locate_file(""))]
        for package in packages
        for one in importlib.metadata.distributions(name=package)
    ]
    _report(copies=copies)
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        _report(state="missing" if error.name == module else "broken", error=str(error))
    except Exception as error:  # noqa: BLE001 - any error of the module is the result
        _report(state="broken", error=" ".join(f"{type(error).__name__}: {error}".split())[:300])
    else:
        version = getattr(loaded, "__version__", None) or (copies[0][1] if copies else "")
        _report(state="loaded", version=str(version))


def _runtime(name: str, mode: str = "load") -> None:
    """Report whether a runtime loads, or with the mode "look" only whether it is installed."""
    from edge_app.errors import ModelError
    from edge_app.model.interpreter.runtimes import installed, load_runtime

    if name not in installed():
        _report(state="missing")
        return
    if mode == "look":
        _report(state="installed")
        return
    _report(state="started")
    try:
        _report(state="loaded", title=load_runtime(name).title)
    except ModelError as error:
        _report(state="broken", error=str(error))


def _display() -> None:
    import cv2

    from edge_app.sinks.display import display_verdict, toolkit_of

    _report(toolkit=toolkit_of(cv2.getBuildInformation()))
    verdict = display_verdict()
    _report(usable=verdict.usable, reason=verdict.reason)


def _cameras() -> None:
    from edge_app.sources.picamera import print_cameras

    print_cameras()


def _conflicts() -> None:
    """Report what `pip check` finds."""
    done = run_child("pip", "--disable-pip-version-check", "check", timeout_s=_PIP_S)
    output, errors = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
    _report(code=done.returncode, lines=output.splitlines(), error=errors.strip()[-200:])


def _model(folder: str, mode: str) -> None:
    """Check a model's files, and with the mode "run" also its predictions."""
    from edge_app.doctor.variant_check import check_variant
    from edge_app.errors import ModelError
    from edge_app.model.card import read_card

    try:
        spec = read_card(Path(folder))
    except ModelError as error:
        _report(card=str(error))
        return
    for variant in spec.variants.values():
        about = {"variant": variant.name, "file": str(variant.path)}
        _report(**about, state="started")
        check = check_variant(spec, variant, run=mode == "run")
        _report(**about, state=check.state, message=check.message)


if __name__ == "__main__":
    main(sys.argv[1:])
