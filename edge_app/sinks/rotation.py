"""Move a file out of the way of its successor, and keep the last few of its kind."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def rotate(path: Path, keep: int) -> None:
    """Rename a file to NAME-1, NAME-1 to NAME-2 and so on; the one beyond `keep` is lost.

    A file that is not there leaves the others as they are. Raises OSError.
    """
    if not path.exists():
        return
    older = [path, *(path.with_stem(f"{path.stem}-{number}") for number in range(1, keep + 1))]
    if keep < 1:
        path.unlink()
    # The oldest first: whenever the power fails, no two of them have been merged into one.
    for number in range(keep, 0, -1):
        with suppress(FileNotFoundError):
            older[number - 1].replace(older[number])
