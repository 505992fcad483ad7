"""Child processes: every one that either program starts is started here.

A child is this Python in isolated mode with this process's own import path: nothing is imported
from the current folder (`python -m` and `python -c` put it first), environment variables change
nothing, and a package named like a module of the standard library (PyPI's `typing`) stays behind
it. It ends with this process, also when that is killed, and leaves Ctrl-C to it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeAlias

import edge_app
from edge_app.import_path import import_folders
from edge_app.unwinding import FROM_TERMINAL

Child: TypeAlias = "subprocess.Popen[bytes]"

# The package is loaded from its own file: an editable install need not be on the path, and there
# its folder would bring everything beside it.
_BOOT = """\
import sys
sys.path[:] = {path!r}
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("edge_app", {init!r}, submodule_search_locations=[{package!r}])
sys.modules["edge_app"] = module_from_spec(spec)
spec.loader.exec_module(sys.modules["edge_app"])
from edge_app.child_start import start
start({parent!r}, {module!r})
"""


def python_path() -> str:
    """Return the path of the Python that runs this process."""
    return sys.executable


def run_child(module: str, *arguments: str, timeout_s: float) -> subprocess.CompletedProcess[bytes]:
    """Run a module as `python -m` would, to its end; its output is UTF-8.

    Raises subprocess.TimeoutExpired after ending it, and OSError if it cannot be started.
    """
    with start_child(module, *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        try:
            output, errors = child.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as late:
            child.kill()
            late.stdout, late.stderr = child.communicate()
            raise
        except BaseException:
            child.kill()
            raise
    return subprocess.CompletedProcess(child.args, child.returncode, output, errors)


def start_child(
    module: str,
    *arguments: str,
    stdout: int | IO[bytes] | None = None,
    stderr: int | IO[bytes] | None = None,
    pass_fds: Sequence[int] = (),
) -> Child:
    """Start a module as `python -m` would; who calls this limits its time.

    It has no standard input. On Linux it ends when the thread that called this ends.
    Raises OSError if it cannot be started.
    """
    with _blocked_interrupts():
        return subprocess.Popen(
            [*_command(module), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            pass_fds=pass_fds,
        )


def run_program(
    command: Sequence[str], *, timeout_s: float | None, capture: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a program of the system, such as systemctl; without capture it prints by itself.

    Raises subprocess.TimeoutExpired after ending it, and OSError if it cannot be started.
    """
    return subprocess.run(
        command, capture_output=capture, text=True, errors="replace", timeout=timeout_s, check=False
    )


def protect_library_children() -> None:
    """Remove the current folder from the import path of children that libraries start.

    Dask starts its workers through multiprocessing, whose `python -c` would look there first.
    """
    os.environ["PYTHONSAFEPATH"] = "1"


def _command(module: str) -> list[str]:
    """Return the command line that runs a module, without its arguments."""
    package = Path(edge_app.__file__).resolve().parent
    code = _BOOT.format(
        path=import_folders(),
        init=str(package / "__init__.py"),
        package=str(package),
        parent=os.getpid(),
        module=module,
    )
    # Isolated mode ignores what the environment says of these two.
    options = ["-B"] if sys.dont_write_bytecode else []
    options += ["-X", "utf8"] if sys.flags.utf8_mode else []
    return [sys.executable, "-I", *options, "-c", code]


@contextmanager
def _blocked_interrupts() -> Iterator[None]:
    """Block Ctrl-C while a child starts, which then begins with it blocked.

    Before its first line has run, it would otherwise end with a traceback that its parent takes
    for a fault of what it was to do. The parent is reached as well, also by a closed terminal.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, FROM_TERMINAL)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
