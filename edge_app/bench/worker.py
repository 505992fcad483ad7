"""A process per trial, so that memory peaks belong to one case.

A new process has nothing of another case in its memory, loading is measured as often as the
rest, and boards with little memory hold one network at a time.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from edge_app.bench.cases import OnPhase, WorkerRequest
from edge_app.errors import EdgeError, ModelError
from edge_app.process import prepare_process

_POLL_S = 0.1


def run_in_process(request: WorkerRequest, stop: threading.Event, on_phase: OnPhase) -> Any:
    """Carry out a request in a new process; return its Trial, QualityResult or Sustained.

    Raises the EdgeError of the process, and ModelError if it died.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_main, args=(request, theirs), daemon=True)
    process.start()
    theirs.close()
    stop_sent = False
    try:
        while True:
            if stop.is_set() and not stop_sent:
                stop_sent = True
                with suppress(OSError):
                    ours.send("stop")
            if not ours.poll(_POLL_S):
                continue
            kind, content = ours.recv()
            if kind == "phase":
                on_phase(content)
            elif kind == "error":
                raise content
            else:
                return content
    except (EOFError, ConnectionError):
        # A process that is killed with a message unread resets its pipe instead of ending it.
        process.join()
        raise ModelError(_death_message(request, process.exitcode)) from None
    finally:
        ours.close()
        process.join(10)
        if process.is_alive():
            process.kill()
            process.join()


def _death_message(request: WorkerRequest, code: int | None) -> str:
    why = f"exit code {code}"
    if code is not None and code < 0:
        why = signal.Signals(-code).name
    advice = "free some memory" if why == "SIGKILL" else "try another runtime or model"
    return f"the process measuring {request.case} ended early ({why}); {advice}"


def _main(request: WorkerRequest, pipe: Connection) -> None:
    """Carry out a request in the child and send the result.

    Messages to the parent: ("phase", str) any number of times, then ("result", value) or
    ("error", EdgeError); from it: "stop".
    """
    # The terminal sends Ctrl-C to the whole group; the parent decides and sends "stop".
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    prepare_process()  # threads and malloc as in `edge-app run`
    stop = threading.Event()
    threading.Thread(target=_wait_for_stop, args=(pipe, stop), daemon=True).start()
    try:
        result = _measure(request, stop, lambda phase: pipe.send(("phase", phase)))
        pipe.send(("result", result))
    except EdgeError as fault:
        pipe.send(("error", type(fault)(str(fault))))
    sys.stdout.flush()
    # Native threads of the runtimes need not be waited for.
    os._exit(0)


def _wait_for_stop(pipe: Connection, stop: threading.Event) -> None:
    with suppress(EOFError, OSError):
        pipe.recv()
    stop.set()


def _measure(request: WorkerRequest, stop: threading.Event, on_phase: OnPhase) -> Any:
    if request.kind == "quality":
        from edge_app.bench.quality_result import measure_quality

        return measure_quality(request, stop, on_phase)
    if request.kind == "sustained":
        from edge_app.bench.sustained import measure_sustained

        return measure_sustained(request, stop, on_phase)
    from edge_app.bench.trial import measure_trial

    return measure_trial(request, stop, on_phase)
