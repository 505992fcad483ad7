"""Ask a child process, for what it loads may take the process with it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# TensorFlow takes 20 s to load on a slow card; a model's four variants take longer.
_PATIENCE_S = {"model": 600.0}
_USUALLY_S = 60.0
# Appended, so that a site-packages folder does not come before the standard library.
_CODE = (
    "import sys; sys.path.append(sys.argv.pop(1)); "
    "from edge_app.doctor.checks_child import main; main(sys.argv[1:])"
)


@dataclass(frozen=True, slots=True)
class CheckOutput:
    """Hold what a child told, in order, and in `end` how it ended where that was not well."""

    records: tuple[dict[str, Any], ...] = ()
    end: str = ""

    @property
    def all(self) -> dict[str, Any]:
        """The fields of all records."""
        return {name: value for record in self.records for name, value in record.items()}


Ask = Callable[..., CheckOutput]


def ask_child(*question: str) -> CheckOutput:
    """Let a child answer a question of `child`; its crash is a part of the answer."""
    root = str(Path(__file__).resolve().parents[2])
    patience_s = _PATIENCE_S.get(question[0], _USUALLY_S)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _CODE, root, *question],
            capture_output=True,
            timeout=patience_s,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return CheckOutput(_records(late.stdout or b""), f"did not end within {patience_s:.0f} s")
    except OSError as fault:
        return CheckOutput((), f"could not be started ({fault.strerror})")
    return CheckOutput(_records(done.stdout), _ended(done.returncode, done.stderr))


def _records(said: bytes) -> tuple[dict[str, Any], ...]:
    """Pick the records out of what native libraries may have printed between them."""
    found = []
    for line in said.decode("utf-8", "replace").splitlines():
        if line.startswith("{"):
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
    return tuple(found)


def _ended(code: int, errors: bytes) -> str:
    if code == 0:
        return ""
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        why = ": this CPU lacks an instruction it was built for" if name == "SIGILL" else ""
        return f"crashed ({name}{why})"
    last = errors.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no reason given"]
    return f"ended with code {code}: {last[0][:200]}"
