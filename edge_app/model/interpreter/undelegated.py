"""Inference time without a delegate, which shows what the delegate gains.

LiteRT 2.3's Python interface offers no profile of single operators, neither in `Interpreter`
nor in `CompiledModel`, and the `litert-benchmark` that comes with it has no such option.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from edge_app.errors import ModelError
from edge_app.model.interpreter.native_interpreter import create_interpreter
from edge_app.model.interpreter.native_log import capture_native_stderr
from edge_app.model.interpreter.runtimes import Runtime, without_delegate

_RUNS = 5
_MAX_S = 20.0


def undelegated_ms(
    path: Path, runtime: Runtime, threads: int, size_wh: tuple[int, int] | None
) -> float | None:
    """Return the fastest of a few runs without a delegate, in ms; None if the runtime cannot."""
    undelegated = without_delegate(runtime)
    if undelegated is None:
        return None
    durations: list[float] = []
    start_s = time.perf_counter()
    with suppress(ModelError, RuntimeError, ValueError), capture_native_stderr():
        native = create_interpreter(path, undelegated, threads, size_wh)
        while len(durations) < _RUNS and (not durations or time.perf_counter() - start_s < _MAX_S):
            started = time.perf_counter()
            native.invoke()
            durations.append((time.perf_counter() - started) * 1e3)
    return min(durations, default=None)
