"""The first lines of a child process that `child_process` starts."""

from __future__ import annotations

import os
import runpy
import signal
import sys
from contextlib import suppress

from edge_app.unwinding import FROM_TERMINAL

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux's prctl.h


def start(parent: int, module: str) -> None:
    """Run a module as `__main__`, in a process that ends with its parent."""
    end_with(parent)
    for number in FROM_TERMINAL:  # blocked until here; the parent decides
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, FROM_TERMINAL)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # the parent may have closed it
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    sys.argv[0] = module
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def end_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, however that ends (on Linux).

    Source: prctl(2). It counts from this call, so a parent that is gone already is looked for.
    """
    with suppress(ImportError, OSError, AttributeError):
        import ctypes

        prctl = ctypes.CDLL(None).prctl
        prctl(_SET_PARENT_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
