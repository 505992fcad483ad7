"""Running a check in a child process, because what it loads may crash."""

from __future__ import annotations

import json
import signal
from contextlib import suppress
from dataclasses import dataclass
from subprocess import TimeoutExpired
from typing import Any, Protocol

from edge_app.child_process import run_child

# TensorFlow takes 20 s to load on a slow card; a model's four variants take longer. A camera
# stack that hangs must not hold `edge-app cameras` for long.
_TIMEOUT_S = 60.0
_TIMEOUTS_S = {"model": 600.0, "cameras": 20.0}
_CHILD = "edge_app.doctor.checks_child"


@dataclass(frozen=True, slots=True)
class CheckOutput:
    """Output of a child process.

    records: what it reported, in order. failure: how it ended, "" if it ended well with a record.
    """

    records: tuple[dict[str, Any], ...] = ()
    failure: str = ""

    @property
    def all(self) -> dict[str, Any]:
        """The fields of all records."""
        return {name: value for record in self.records for name, value in record.items()}


class RunCheck(Protocol):
    """Runs a check of `checks_child`: its name, then its arguments."""

    def __call__(self, *check: str) -> CheckOutput:
        """Run one check."""
        ...


def run_check(*check: str) -> CheckOutput:
    """Run a check of `checks_child` in a child process; a crash is part of the output."""
    timeout_s = _TIMEOUTS_S.get(check[0], _TIMEOUT_S)
    try:
        done = run_child(_CHILD, *check, timeout_s=timeout_s)
    except TimeoutExpired as late:
        return CheckOutput(_records(late.stdout or b""), f"did not end within {timeout_s:.0f} s")
    except OSError as fault:
        return CheckOutput((), f"could not be started ({fault.strerror})")
    records = _records(done.stdout)
    failure = _failure(done.returncode, done.stderr)
    return CheckOutput(records, failure or ("" if records else "gave no output"))


def _records(output: bytes) -> tuple[dict[str, Any], ...]:
    """Return the records between what native libraries may have printed."""
    found = []
    for line in output.decode("utf-8", "replace").splitlines():
        if line.startswith("{"):
            with suppress(ValueError):
                found.append(json.loads(line))
    return tuple(found)


def _failure(code: int, errors: bytes) -> str:
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
