"""A process per trial, so that memory peaks belong to one case.

A new process has nothing of another case in its memory, loading is measured as often as the
rest, and boards with little memory hold one network at a time.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from subprocess import TimeoutExpired
from typing import Any

from edge_app.bench.cases import OnPhase, WorkerRequest
from edge_app.child_process import Child, start_child
from edge_app.errors import EdgeError, ModelError
from edge_app.process import prepare_process
from edge_app.unwinding import ENDING

_POLL_S = 0.1
# The slowest file seen takes 45 s per run on a Pi 4, and no phase has more than 30 runs of such.
_SILENT_S = 1800.0
_END_S = 10.0
_SAME_SIGNAL_S = 0.5


def run_in_process(request: WorkerRequest, stop: threading.Event, on_phase: OnPhase) -> Any:
    """Carry out a request in a new process; return its Trial, QualityResult or Sustained.

    None if the process was ended by the signal that stops this one.
    Raises the EdgeError of the process, and ModelError if it died or hangs.
    """
    ours, theirs = Pipe()
    with ours, theirs:
        process = start_child(__name__, str(theirs.fileno()), pass_fds=(theirs.fileno(),))
        theirs.close()  # so that the death of the process ends the pipe
        try:
            return _converse(request, ours, stop, on_phase)
        except (EOFError, ConnectionError):
            # A process that is killed with a message unread resets its pipe instead of ending it.
            code = _end(process)
            if _is_stopped(code, stop):
                return None
            raise ModelError(_death_message(request, code)) from None
        except KeyboardInterrupt:  # the second one: nobody waits for a result any more
            process.kill()
            raise
        finally:
            ours.close()
            _end(process)


def _converse(
    request: WorkerRequest, ours: Connection, stop: threading.Event, on_phase: OnPhase
) -> Any:
    """Send a request; return its result. Raises EOFError or ConnectionError if the process dies."""
    ours.send(request)
    stop_sent = False
    heard_s = time.monotonic()
    while True:
        if stop.is_set() and not stop_sent:
            stop_sent = True
            with suppress(OSError):
                ours.send("stop")
        if not ours.poll(_POLL_S):
            if time.monotonic() - heard_s > _SILENT_S:
                raise ModelError(
                    f"the process measuring {request.case} has hung for {_SILENT_S / 60:.0f} "
                    "minutes; try another runtime or model"
                )
            continue
        kind, content = ours.recv()
        heard_s = time.monotonic()
        if kind == "phase":
            on_phase(content)
        elif kind == "error":
            raise content
        else:
            return content


def _end(process: Child) -> int:
    """Wait for the end of a process, and kill it if that does not come; return its exit code."""
    try:
        return process.wait(_END_S)
    except TimeoutExpired:
        process.kill()
        return process.wait()


def _is_stopped(code: int, stop: threading.Event) -> bool:
    """Return whether a process ended with this one, as `timeout` ends all of a group.

    Its end may be noticed before this process has handled the same signal.
    """
    return -code in ENDING and stop.wait(_SAME_SIGNAL_S)


def _death_message(request: WorkerRequest, code: int) -> str:
    why = f"exit code {code}"
    if code < 0:
        why = signal.Signals(-code).name
    advice = "free some memory" if why == "SIGKILL" else "try another runtime or model"
    return f"the process measuring {request.case} ended early ({why}); {advice}"


def main(descriptor: int) -> None:
    """Carry out a request in the child and send the result.

    Messages to the parent: ("phase", str) any number of times, then ("result", value) or
    ("error", EdgeError); from it: the WorkerRequest, then perhaps "stop".
    """
    pipe = Connection(descriptor)
    try:
        request = pipe.recv()
    except EOFError:  # the parent has ended
        return
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


if __name__ == "__main__":
    main(int(sys.argv[1]))
