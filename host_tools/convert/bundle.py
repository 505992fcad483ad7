"""Put a finished model folder in the place of the old one, or leave the old one alone."""

from __future__ import annotations

import ctypes
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge_app.errors import ModelError
from edge_app.model.card import CARD_NAME, VARIANTS

_OLD = ".old"
# Of renameat2: relative to the working folder, and swapping. Source: linux/fcntl.h, linux/fs.h.
_HERE, _EXCHANGE = -100, 2
_OWN = {CARD_NAME, *(f"{name}.tflite" for name in VARIANTS)}


@contextmanager
def new_bundle(out: Path) -> Iterator[Path]:
    """Give an empty folder beside `out` that takes its place when the block ends well.

    Whatever ends the block otherwise, a fault or Ctrl-C, leaves `out` as it was; so does SIGKILL
    at any moment, but for the hidden draft that it leaves beside it.
    Raises ModelError where `out` holds other files than a model's, since they would be lost,
    or where nothing can be written.
    """
    check_replaceable(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _bring_back(out)
        draft = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent))
    except OSError as fault:
        raise ModelError(
            f"{out.parent} cannot be written ({fault.strerror}); name another place with --out"
        ) from None
    try:
        draft.chmod(0o777 & ~_umask())  # mkdtemp makes it the owner's alone
        yield draft
        _swap(draft, out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def check_replaceable(out: Path) -> None:
    """Raise ModelError unless `out` is absent, empty, or a model folder and nothing else."""
    if not out.exists():
        return
    if not out.is_dir():
        raise ModelError(f"{out} is a file; name a folder with --out")
    others = sorted({path.name for path in out.iterdir()} - _OWN)
    if others:
        raise ModelError(
            f"{out} holds {', '.join(others[:3])}{' and more' if len(others) > 3 else ''}, which "
            "a new model would replace; take that away or name another folder with --out"
        )


def _swap(draft: Path, out: Path) -> None:
    """Put the new folder into the old one's place, and the old one where the new one was."""
    for path in draft.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())  # else a power cut may keep the names and lose the bytes
    if not out.exists():
        draft.rename(out)
    elif not _exchange(draft, out):
        _swap_in_two(draft, out)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two names in one step, and tell whether the system could: Linux on most disks.

    Two renames have a moment between them at which SIGKILL leaves no folder under `out`.
    """
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    names = os.fsencode(one), os.fsencode(other)
    return bool(rename(_HERE, names[0], _HERE, names[1], ctypes.c_uint(_EXCHANGE)) == 0)


def _swap_in_two(draft: Path, out: Path) -> None:
    """Rename the old folder away and the new one into its place; undo the first if need be."""
    old = draft.with_suffix(_OLD)
    try:
        out.rename(old)
        draft.rename(out)
    except BaseException:
        if old.exists() and not out.exists():
            old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _bring_back(out: Path) -> None:
    """Put an old folder back that a kill between two renames left under its hidden name."""
    if not out.exists():
        left = sorted(out.parent.glob(f".{out.name}.*{_OLD}"))
        if left:
            left[-1].rename(out)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
