"""Replacement of a model folder as a whole, or not at all."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from edge_app.errors import EdgeError, ModelError
from edge_app.model.card import CARD_NAME, VARIANTS, read_card
from edge_app.output_lock import locked

_OLD, _DRAFT = ".old", ".part"
_CANONICAL_FILES = frozenset({CARD_NAME, *(f"{name}.tflite" for name in VARIANTS)})


@contextmanager
def new_bundle(out: Path) -> Iterator[Path]:
    """Yield an empty folder that replaces `out` when the block ends without an exception.

    After an error, Ctrl-C or SIGTERM `out` is unchanged. SIGKILL may leave a hidden folder beside
    it, which the next call removes. If it comes between the two renames, that is the old one, and
    the next call restores it.
    Raises ModelError if `out` holds files that are not a model's, since they would be lost, or
    if nothing can be written, and SinkError if another process replaces it.
    """
    check_replaceable(out)
    with locked(files=[out]):
        try:
            restore_old(out)
            for left in out.parent.glob(f".{glob.escape(out.name)}.*{_DRAFT}"):
                shutil.rmtree(left, ignore_errors=True)
            draft = out.parent / f".{out.name}.{token_hex(4)}{_DRAFT}"
            draft.mkdir()
        except OSError as fault:
            raise ModelError(
                f"cannot write to {out.parent}: {fault.strerror}; choose another place with --out"
            ) from None
        try:
            yield draft
            _replace(out, draft)
        except EdgeError as fault:
            # The draft is gone when this is read.
            raise type(fault)(str(fault).replace(f"{draft}{os.sep}", "")) from fault
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def check_replaceable(out: Path) -> None:
    """Raise ModelError unless `out` is absent, empty, or a model folder and nothing else."""
    if not out.exists():
        return
    if not out.is_dir():
        raise ModelError(f"{out} is a file; choose a folder with --out")
    others = sorted({path.name for path in out.iterdir()} - _own_files(out))
    if others:
        raise ModelError(
            f"{out} holds {', '.join(others[:3])}{' and more' if len(others) > 3 else ''}, which "
            "a new model would replace; move that away or choose another folder with --out"
        )


def _own_files(out: Path) -> frozenset[str]:
    """Return the names of the card and of the files that it lists."""
    try:
        variants = read_card(out).variants.values()
    except ModelError:
        return _CANONICAL_FILES
    return _CANONICAL_FILES | {variant.path.name for variant in variants}


def restore_old(out: Path) -> None:
    """Restore an old folder that SIGKILL has left under its hidden name; remove further ones."""
    for old in sorted(out.parent.glob(f".{glob.escape(out.name)}.*{_OLD}"), reverse=True):
        if out.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(out)


def _replace(out: Path, draft: Path) -> None:
    """Rename the old folder away and the new one into its place; undo the first after an error."""
    for path in draft.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())  # else a power cut may keep the names and lose the bytes
    old = draft.with_suffix(_OLD)
    try:
        if out.exists():
            out.rename(old)
        draft.rename(out)
    finally:
        if old.exists() and not out.exists():
            old.rename(out)
        shutil.rmtree(old, ignore_errors=True)
