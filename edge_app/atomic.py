"""Writing a file whole, or leaving the one that was there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge_app.disk_faults import reason_of
from edge_app.errors import EdgeError
from edge_app.output_path import is_special, is_trap, real_path


@contextmanager
def atomic_file(
    path: Path, *, error: type[EdgeError] = EdgeError, advice: str | None = None
) -> Iterator[Path]:
    """Yield a draft beside `path` that replaces it when the block ends without an exception.

    Its folder is made if there is none. A link stays, and what it leads to is replaced. A device or
    pipe (/dev/stdout) gets the bytes themselves.
    A reader finds either the old or the new file, even after SIGKILL or a power cut. These may
    leave the draft behind, which the next write of the same file overwrites.
    Raises error, with the advice (default: by the fault), if the file cannot be written.
    """
    try:
        if is_special(path):  # renaming a draft would replace /dev/null itself
            yield path
            return
        real = real_path(path)
        draft = real.with_name(f".{real.stem}.part{real.suffix}") if real.name else real
        real.parent.mkdir(parents=True, exist_ok=True)
        if is_trap(draft):  # what it leads to is not ours
            draft.unlink()
        try:
            yield draft
            with draft.open("rb+") as file:
                os.fsync(file.fileno())  # else a power cut may keep the new name and lose the bytes
            draft.replace(real)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as fault:
        raise error(f"cannot write {path}: {reason_of(fault, advice)}") from None


def write_atomic(
    path: Path,
    content: str | bytes,
    *,
    error: type[EdgeError] = EdgeError,
    advice: str | None = None,
) -> None:
    """Write text (as UTF-8) or bytes as `atomic_file` does."""
    with atomic_file(path, error=error, advice=advice) as draft:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
