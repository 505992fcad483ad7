"""Run one turn in a process of its own, so that peaks of memory are a case's own.

The process is started anew for each turn: nothing of another case is in its memory, loading
is measured as often as the rest, and boards with little memory hold one network at a time.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from edge_app.bench.cases import WorkerRequest
from edge_app.errors import EdgeError, ModelError
from edge_app.process import prepare_process

_LOOK_S = 0.1


def carry_out(ask: WorkerRequest, stop: threading.Event, tell: Callable[[str], None]) -> Any:
    """Let a fresh process do what is asked and return its answer.

    Raises the EdgeError the process met, and ModelError where it died.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_main, args=(ask, theirs), daemon=True)
    process.start()
    theirs.close()
    told_to_stop = False
    try:
        while True:
            if stop.is_set() and not told_to_stop:
                told_to_stop = True
                with suppress(OSError):
                    ours.send("stop")
            if not ours.poll(_LOOK_S):
                continue
            kind, content = ours.recv()
            if kind == "step":
                tell(content)
            elif kind == "fault":
                raise content
            else:
                return content
    except (EOFError, ConnectionError):
        # A process that is killed with a message unread resets its pipe instead of ending it.
        process.join()
        raise ModelError(_died(ask, process.exitcode)) from None
    finally:
        ours.close()
        process.join(10)
        if process.is_alive():
            process.kill()
            process.join()


def _died(ask: WorkerRequest, code: int | None) -> str:
    why = f"exit code {code}"
    if code is not None and code < 0:
        why = signal.Signals(-code).name
    advice = "free some memory" if why == "SIGKILL" else "try another runtime or model"
    return f"the process measuring {ask.case.words()} ended early ({why}); {advice}"


def _main(ask: WorkerRequest, pipe: Connection) -> None:
    """Do what is asked in the child and send the answer."""
    # The terminal sends Ctrl-C to the whole group; the parent decides and says so.
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    prepare_process()
    stop = threading.Event()
    threading.Thread(target=_listen, args=(pipe, stop), daemon=True).start()
    try:
        answer = _do(ask, stop, lambda text: pipe.send(("step", text)))
        pipe.send(("answer", answer))
    except EdgeError as fault:
        pipe.send(("fault", type(fault)(str(fault))))
    sys.stdout.flush()
    # Native threads of the runtimes need not be waited for.
    os._exit(0)


def _listen(pipe: Connection, stop: threading.Event) -> None:
    with suppress(EOFError, OSError):
        pipe.recv()
    stop.set()


def _do(ask: WorkerRequest, stop: threading.Event, tell: Callable[[str], None]) -> Any:
    if ask.kind == "quality":
        from edge_app.bench.quality_result import measure_answers

        return measure_answers(ask, stop, tell)
    if ask.kind == "sustained":
        from edge_app.bench.sustained import measure_sustained

        return measure_sustained(ask, stop, tell)
    from edge_app.bench.trial import measure_trial

    return measure_trial(ask, stop, tell)
