"""Loading a .tflite file: sandbox, native interpreter, network."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from edge_app.errors import ModelError
from edge_app.model.interpreter.native_interpreter import create_interpreter, explain_native
from edge_app.model.interpreter.native_log import capture_native_stderr
from edge_app.model.interpreter.network import Network
from edge_app.model.interpreter.runtimes import Runtime, load_runtime, without_delegate
from edge_app.model.interpreter.sandbox import ensure_loadable

_DELEGATE_GREETING = "Created TensorFlow Lite XNNPACK delegate"


def load_network(
    path: Path,
    *,
    runtime: str = "auto",
    threads: int | None = None,
    size_wh: tuple[int, int] | None = None,
    output: str | None = None,
    delegate: bool = True,
) -> Network:
    """Return a .tflite file as a network that is ready to run.

    threads: None uses one per physical core. size_wh: for files that leave their input size open.
    output: which one is read, as for `Network.select_output`; None for the first.
    delegate: False runs the runtime's own kernels only.
    Raises ModelError if the file or the runtime cannot be used. A file that is new to this
    machine runs once in a child process first, since native loaders crash on some files. If only
    the delegate cannot prepare it, it runs on the runtime's own kernels; `delegation` says so.
    """
    chosen = load_runtime(runtime)
    count = threads or physical_cores()
    refused = ensure_loadable(path, chosen, size_wh)
    maker: Runtime | None = chosen
    if refused or not delegate:
        maker = without_delegate(chosen)
    if maker is None:
        raise ModelError(f"{chosen.title} cannot run without its delegate; use --runtime litert")
    started = time.perf_counter()
    with capture_native_stderr() as lines:
        native = create_interpreter(path, maker, count, size_wh)
    init_ms = (time.perf_counter() - started) * 1e3
    notes = tuple(line for line in lines if _DELEGATE_GREETING not in line)
    try:
        network = Network(native, chosen, count, init_ms, notes)
    except (ValueError, RuntimeError) as fault:  # a name that is no text, for example
        raise ModelError(explain_native(path, str(fault))) from fault
    network.delegation = replace(network.delegation, refused=refused)
    if output is not None:
        try:
            network.select_output(output)
        except ModelError as fault:
            raise ModelError(f"{path}: {fault}") from None
    return network


def physical_cores() -> int:
    """Return how many cores this process may use, not counting hyper-threads (on Linux)."""
    usable: Iterable[int] = range(os.cpu_count() or 1)
    if hasattr(os, "sched_getaffinity"):
        usable = os.sched_getaffinity(0)
    cores = set()
    for cpu in usable:
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        try:
            cores.add(siblings.read_text("ascii").strip())
        except OSError:
            cores.add(str(cpu))
    return max(1, len(cores))
