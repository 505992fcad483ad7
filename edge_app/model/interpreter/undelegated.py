"""Time a network on the runtime's own kernels, to show what the delegate is worth.

LiteRT 2.3's Python interface offers no profile of single operators, neither in `Interpreter`
nor in `CompiledModel`, and the `litert-benchmark` beside it has no such option either.
"""

from __future__ import annotations

import importlib
import time
from contextlib import suppress
from pathlib import Path

from edge_app.errors import ModelError
from edge_app.model.interpreter.native_interpreter import create_interpreter
from edge_app.model.interpreter.native_log import capture_native_stderr
from edge_app.model.interpreter.runtimes import Runtime

_RUNS = 5
_MOST_S = 20.0


def undelegated_ms(
    path: Path, runtime: Runtime, threads: int, size_wh: tuple[int, int] | None
) -> float | None:
    """Return the fastest of a few runs without a delegate, in ms; None where not offered."""
    resolvers = getattr(importlib.import_module(runtime.make.__module__), "OpResolverType", None)
    without = getattr(resolvers, "BUILTIN_WITHOUT_DEFAULT_DELEGATES", None)
    if without is None:
        return None

    def make(**more: object) -> object:
        return runtime.make(experimental_op_resolver_type=without, **more)

    bare = Runtime(runtime.name, runtime.version, make)
    durations: list[float] = []
    began_s = time.perf_counter()
    with suppress(ModelError, RuntimeError, ValueError), capture_native_stderr():
        native = create_interpreter(path, bare, threads, size_wh)
        while len(durations) < _RUNS and (not durations or time.perf_counter() - began_s < _MOST_S):
            started = time.perf_counter()
            native.invoke()
            durations.append((time.perf_counter() - started) * 1e3)
    return min(durations, default=None)
