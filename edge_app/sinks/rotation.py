"""Rotation of a file: its last few predecessors are kept under numbers."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def rotate(path: Path, keep: int) -> None:
    """Rename a file to NAME-1, NAME-1 to NAME-2 and so on; the one beyond `keep` is deleted.

    Does nothing if the file does not exist. Raises OSError.
    """
    if not path.exists():
        return
    older = [path, *(path.with_stem(f"{path.stem}-{number}") for number in range(1, keep + 1))]
    if keep < 1:
        path.unlink()
    # The oldest first: a power cut at any moment loses none of them.
    for number in range(keep, 0, -1):
        with suppress(FileNotFoundError):
            older[number - 1].replace(older[number])
