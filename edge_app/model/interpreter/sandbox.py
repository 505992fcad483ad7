"""A first run of each new model file in a child process, since native loaders may crash.

tflite-runtime 2.14.0 ends with a segmentation fault on a truncated file, and runtimes built for
newer CPUs with an illegal instruction; Python can catch neither. Success is cached by the file's
SHA-256, the runtime's version and the CPU, so a file is tried once. Failures are not cached: the
cause may go away (LiteRT 2.3.0 crashed on a good file where /sys was another machine's).
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import signal
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.atomic import write_atomic
from edge_app.child_process import run_child
from edge_app.errors import EdgeError, ModelError
from edge_app.frame import Image
from edge_app.input_file import check_is_file, own_json, reachable
from edge_app.model.card import file_sha256
from edge_app.model.interpreter.native_interpreter import create_interpreter, explain_native
from edge_app.model.interpreter.network import Network
from edge_app.model.interpreter.refused_operator import is_delegate_fault, refused_operator
from edge_app.model.interpreter.runtimes import (
    Interpreter,
    Runtime,
    load_runtime,
    without_delegate,
)
from edge_app.paths import cache_dir

# The slowest file seen takes 12 s per run on a workstation's old runtime, 45 s on a Pi 4.
_TIMEOUT_S = 300
_CHILD = __name__
_CACHE_ENTRIES = 500
# Number of the trial: a file that passed an earlier, easier one is tried again.
_TRIAL = 3
# Given the first 100 bytes of a model, tflite-runtime allocates until no memory is left.
_MEMORY_BYTES = 4 * 2**30
# The child's exit code for a file that runs only without the delegate, and the mark of the
# operator in the cache.
_UNDELEGATED, _REFUSED = 4, " without "
_CRASHES = {"SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGTRAP"}


def ensure_loadable(path: Path, runtime: Runtime, size_wh: tuple[int, int] | None) -> str:
    """Raise ModelError if a runtime cannot load a file and run it once.

    Returns the kind of the operator because of which it runs without the delegate only; empty if
    the delegate takes the file.
    """
    with reachable(path, ModelError):
        is_folder = path.is_dir()
    if is_folder:
        raise ModelError(
            f"{path} is a folder; name a .tflite file in it, or a folder with a model.json"
        )
    if not path.is_file():
        problem = "is not a file" if path.exists() else "does not exist"
        raise ModelError(f"{path} {problem}; check the path")
    check_is_file(path, ModelError)
    key = f"{_TRIAL} {file_sha256(path)} {runtime.name} {runtime.version} {_cpu()}"
    size = f"{size_wh[0]}x{size_wh[1]}" if size_wh else "-"
    ran = _read_cache()
    # A file that runs without a given size has a fixed one, so the size does not matter.
    for known in (f"{key} -", f"{key} {size}"):
        if known in ran:
            return ""
        if refused := next((each for each in ran if each.startswith(f"{known}{_REFUSED}")), ""):
            return refused.partition(_REFUSED)[2]
    operator = _try_in_child(path, runtime.name, size)
    entry = f"{key} {size}{_REFUSED}{operator}" if operator else f"{key} {size}"
    with suppress(OSError, RuntimeError, EdgeError):  # else the file is tried again next time
        write_atomic(cache_file(), json.dumps([*ran, entry][-_CACHE_ENTRIES:]))
    return operator


def _try_in_child(path: Path, runtime: str, size: str) -> str:
    """Return the operator that only the delegate refuses; empty if nothing is wrong.

    Raises ModelError with what is wrong with the file.
    """
    try:
        child = run_child(_CHILD, runtime, str(path), size, timeout_s=_TIMEOUT_S)
    except TimeoutExpired:
        raise ModelError(
            f"{path} did not finish one run in {_TIMEOUT_S} s; try another runtime or model"
        ) from None
    if child.returncode == 0:
        return ""
    message = child.stdout.decode("utf-8", "replace").strip()
    if child.returncode == _UNDELEGATED and message:
        return message
    if child.returncode == 3 and message:
        raise ModelError(message)
    if child.returncode < 0:
        name = signal.Signals(-child.returncode).name
        raise ModelError(f"{path} {_signal_message(name, runtime)}")
    last = child.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no reason given"]
    raise ModelError(
        f"{path} cannot be run by {runtime}: {last[0][:200]}; try another runtime or model"
    )


def _signal_message(name: str, runtime: str) -> str:
    """Return a message about the signal that ended a child."""
    if name == "SIGILL":
        why = "this CPU lacks an instruction the runtime was built for; try another runtime"
    elif name in _CRASHES:
        why = (
            "the file is damaged, or the runtime fails here; "
            "get or convert it again, or try another runtime"
        )
    else:
        return f"could not be tried ({name} ended the trial); free some memory and try again"
    return f"crashes {runtime} ({name}): {why}"


def _cpu() -> str:
    """Return a text that identifies the CPU's features: SD cards move between boards."""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
        marks = ("flags", "Features", "CPU part", "model name")
        features = sorted({line for line in lines if line.startswith(marks)})
        digest = hashlib.sha256("\n".join(features).encode()).hexdigest()
        return f"{platform.machine()}-{digest[:8]}"
    return platform.machine()


def cache_file() -> Path:
    """Return the path of the list of files that ran."""
    return cache_dir() / "ran.json"


def _read_cache() -> list[str]:
    with suppress(RuntimeError):  # there is no home folder
        entries = own_json(cache_file())
        if isinstance(entries, list):
            return [str(entry) for entry in entries]
    return []


def main(arguments: list[str]) -> int:
    """Load and run a file once.

    Exit 0, 3 with the reason on standard output, or 4 with the operator that the delegate refuses.
    """
    runtime, name, size = arguments
    path, size_wh = Path(name), None
    if size != "-":
        width, _, height = size.partition("x")
        size_wh = (int(width), int(height))
    operator = ""
    try:
        chosen = load_runtime(runtime)
        _limit_memory()
        problem, fault, _ = _trial(path, chosen, size_wh)
        plain = without_delegate(chosen) if is_delegate_fault(fault) else None
        if plain is not None:
            other, _, native = _trial(path, plain, size_wh)
            if native is not None and not other:
                problem = ""
                operator = refused_operator(path, chosen, native, size_wh, fault)
    except ModelError as error:
        problem = str(error)
    sys.stdout.write(problem or operator)
    return 3 if problem else _UNDELEGATED if operator else 0


def _trial(
    path: Path, runtime: Runtime, size_wh: tuple[int, int] | None
) -> tuple[str, str, Interpreter | None]:
    """Return what is wrong, the native error, and the interpreter if there is one."""
    native, fault = None, ""
    try:
        native = create_interpreter(path, runtime, 1, size_wh)
        network = Network(native, runtime, 1)
        problem = _reset_problem(path, network)
        network.invoke()
        network.read()
    except ModelError as error:
        problem, fault = str(error), str(error.__cause__ or "")
    except UnicodeDecodeError as error:
        problem = explain_native(path, str(error))
    except MemoryError:
        problem = (
            f"{path} needs gigabytes of memory: it is damaged or too large; get or convert it again"
        )
    except (ValueError, RuntimeError, SystemError) as error:
        fault = str(error)
        detail = " ".join(fault.split())[:200]
        problem = f"{path} fails when it is run: {detail}; get or convert it again"
    return problem, fault, native


def _reset_problem(path: Path, network: Network) -> str:
    """Return what is wrong with the state of a recurrent network; empty if nothing is.

    The same image has to give the same outputs twice. `reset_all_variables` clears the tensors of
    LSTMs, but not the variables of VAR_HANDLE, on any runtime.
    """
    try:
        network.reset()
        if not network.is_recurrent:
            return ""
        first, second = (_outputs_of_noise(network) for _ in range(2))
        if all(map(partial(np.array_equal, equal_nan=True), first, second)):
            return ""
    except RuntimeError:
        pass
    return (
        f"{path} keeps a state from one image to the next that {network.runtime.title} cannot "
        "clear; get or convert it again, without that state"
    )


def _outputs_of_noise(network: Network) -> tuple[NDArray[Any], ...]:
    network.write(_fill_noise, np.empty((1, 1, 3), np.uint8))
    network.invoke()
    return network.read_all()


def _fill_noise(_image: Image, into: NDArray[Any]) -> None:
    into[...] = np.random.default_rng(0).integers(0, 100, into.shape).astype(into.dtype)


def _limit_memory() -> None:
    """Limit this process's memory, so that a bad file cannot take all of it (on Unix)."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        limit = min(_MEMORY_BYTES, physical * 3 // 4)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
