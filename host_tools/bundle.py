"""Put a finished model folder in the place of the old one, or leave the old one alone."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge_app.errors import ModelError
from edge_app.spec import CARD_NAME, VARIANTS

_OWN = {CARD_NAME, *(f"{name}.tflite" for name in VARIANTS)}


@contextmanager
def fresh_bundle(out: Path) -> Iterator[Path]:
    """Give an empty folder beside `out` that takes its place when the block ends well.

    Whatever ends the block otherwise, a fault or Ctrl-C, leaves `out` as it was.
    Raises ModelError where `out` holds other files than a model's, since they would be lost,
    or where nothing can be written.
    """
    check_replaceable(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
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
    """Rename the old folder away and the new one into its place; undo the first if need be."""
    if not out.exists():
        draft.rename(out)
        return
    old = draft.with_suffix(".old")
    out.rename(old)
    try:
        draft.rename(out)
    except BaseException:
        old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
