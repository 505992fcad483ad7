"""One attempt: a command in a process of its own, with limits, and a judgement of how it ended.

The process is forked from one that has loaded everything and run nothing, which takes some
milliseconds where a new Python takes a second.
"""

from __future__ import annotations

import os
import re
import resource
import select
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from subprocess import CompletedProcess
from typing import IO, Literal, NoReturn

Verdict = Literal["clean", "run", "traceback", "crash", "timeout", "memory", "text"]
FAULTS: tuple[Verdict, ...] = ("traceback", "crash", "timeout", "memory", "text")
_UNCAUGHT = 70  # exit code of an exception that nothing caught
# A refusal has one line; rich and argparse may wrap nothing.
_LONGEST_LINE = 2_000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Limits:
    """What an attempt may take: seconds, and megabytes of memory that is in use at once."""

    seconds: float = 60.0
    memory_mb: int = 1_500


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt ended. detail: the refusal, or what is wrong."""

    verdict: Verdict
    detail: str = ""
    memory_mb: int = 0


def attempt(work: Callable[[], int], limits: Limits) -> Attempt:
    """Run a command, which returns its exit code, in a fork of this process and judge it."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        status, usage = _forked(work, limits.seconds, output, errors)
        texts = [_text(file) for file in (output, errors)]
    memory_mb = (usage.ru_maxrss // 1024) if usage else 0
    verdict, detail = _judged(status, *texts)
    if verdict in {"clean", "run"} and memory_mb > limits.memory_mb:
        verdict, detail = "memory", f"{memory_mb} MB; {detail}"
    return Attempt(verdict, detail, memory_mb)


def forked_child(
    main: Callable[[list[str]], int],
) -> Callable[..., CompletedProcess[bytes]]:
    """Return a stand-in for `run_child` that forks instead of starting a new Python."""

    def run(_module: str, *arguments: str, timeout_s: float) -> CompletedProcess[bytes]:
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            status, _ = _forked(lambda: main(list(arguments)), timeout_s, output, errors)
            for file in (output, errors):
                file.seek(0)
            code = -signal.SIGKILL if status is None else os.waitstatus_to_exitcode(status)
            return CompletedProcess(arguments, code, output.read(), errors.read())

    return run


def _forked(
    work: Callable[[], int], seconds: float, output: IO[bytes], errors: IO[bytes]
) -> tuple[int | None, resource.struct_rusage | None]:
    """Return the wait status, None after the time limit, and the resources that were used."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        _work_and_exit(work, output, errors)
    ended = select.poll()
    handle = os.pidfd_open(child)
    try:
        ended.register(handle, select.POLLIN)
        in_time = bool(ended.poll(seconds * 1000))
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # also what it started and left
    finally:
        os.close(handle)
    _, status, usage = os.wait4(child, 0)
    return (status if in_time else None), usage


def _work_and_exit(work: Callable[[], int], output: IO[bytes], errors: IO[bytes]) -> NoReturn:
    code = _UNCAUGHT
    try:
        os.setpgid(0, 0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (output.fileno(), 1), (errors.fileno(), 2)):
            os.dup2(source, target)
        # pytest may have replaced them; a program's own are text of an encoding.
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (6 << 30, 6 << 30))
        code = work()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - that is what is looked for
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code & 0xFF)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(1 << 20).decode("utf-8", "replace")


def _judged(status: int | None, output: str, errors: str) -> tuple[Verdict, str]:
    lines = [line for line in errors.splitlines() if line.strip()]
    last = lines[-1][:300] if lines else ""
    if status is None:
        return "timeout", last
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        return "crash", f"{signal.Signals(-code).name} {last}"
    if code == _UNCAUGHT or "Traceback (most recent call last)" in output + errors:
        where = [line.strip() for line in lines if line.startswith('  File "')]
        return "traceback", f"{last} | {where[-1] if where else ''}"
    found = _CONTROL.search(output + errors)
    if found:
        return "text", f"a control character {found[0]!r} is printed"
    if code == 0:
        return "run", last
    if len(lines) != 1 and not (output.strip() and not lines):
        return "text", f"exit code {code} with {len(lines)} lines: {' / '.join(lines)[:300]}"
    if max(map(len, lines), default=0) > _LONGEST_LINE:
        return "text", f"a line of {len(lines[0])} characters"
    return "clean", last
