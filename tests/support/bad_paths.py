"""Paths that no command can use, one of each kind, and what a command says to one."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

NOBODY = 65534
# Read where a file or a folder is expected.
BAD_INPUTS = {
    "missing": "none",
    "empty name": "",
    "empty file": "empty",
    "text": "text.txt",
    "below a file": "text.txt/x",
    "empty folder": "folder",
    "pipe": "pipe",
    "socket": "socket",
    "pipe as card": "piped",
    "endless": "/dev/zero",
    "kernel": "/proc/kmsg",
    "closed file": "closed.txt",
    "closed folder": "closed",
    "below a closed folder": "closed/x",
    "link to itself": "loop",
    "long": "x" * 300,
    "deep": "a/" * 2100,
    "no UTF-8": os.fsdecode(b"caf\xe9"),
    "NUL": "a\0b",
    "no host": "rtsp://user:secret@[::1/",
    "markup": "[/]",
}
# Written as a folder.
BAD_OUTPUTS = {
    "empty name": "",
    "wrong kind": "text.txt",
    "below a file": "text.txt/x",
    "pipe": "pipe",
    "socket": "socket",
    "disk": "/dev/full",
    "kernel": "/proc/x",
    "closed folder": "closed",
    "below a closed folder": "closed/x",
    "link to itself": "loop",
    "long": "x" * 300,
    "deep": "a/" * 2100,
    "NUL": "a\0b",
}


@contextmanager
def bad_paths() -> Iterator[Path]:
    """Make a folder with one of each, and work in it.

    It is open to all users, as that of pytest is not.
    """
    before = Path.cwd()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        os.chdir(name)
        Path().chmod(0o777)
        Path("empty").touch()
        Path("text.txt").write_text("hello\n")
        Path("folder").mkdir()
        os.mkfifo("pipe")
        Path("piped").mkdir()
        os.mkfifo("piped/model.json")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("socket")
        Path("loop").symlink_to("loop")
        Path("closed.txt").write_text("hello\n")
        Path("closed.txt").chmod(0)
        Path("closed").mkdir(mode=0)
        try:
            yield Path(name)
        finally:
            os.chdir(before)
            Path(name, "closed").chmod(0o700)


@contextmanager
def as_user() -> Iterator[None]:
    """Make root, for whom nothing is closed, nobody for a `with` block."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def exit_code(main: Callable[[Sequence[str]], int], words: Sequence[str]) -> int:
    """Run a command and return its exit code, also of a usage error."""
    try:
        return main(words)
    except SystemExit as end:
        return int(end.code or 0)


def refusals(
    main: Callable[[Sequence[str]], int],
    command: str,
    paths: Mapping[str, str],
    capsys: pytest.CaptureFixture[str],
    **places: object,
) -> dict[str, str]:
    """Run a command with each path in the place of *; return what it said.

    It ends with 1 or 2, and one line that was foreseen.
    places: what stands in the command in braces.
    """
    said = {}
    for kind, path in paths.items():
        if not path and "*/" in command:  # it would be written into the root
            continue
        words = [word.format(**places).replace("*", path) for word in command.split()]
        with as_user() if "closed" in kind else nullcontext():
            code = exit_code(main, words)
        said[kind] = capsys.readouterr().err
        assert (code, said[kind].count("\n")) in {(1, 1), (2, 1)}, (kind, code, said[kind])
        assert "EDGE_DEBUG" not in said[kind], (kind, said[kind])
    return said
