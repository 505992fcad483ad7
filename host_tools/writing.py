"""Write a file whole, or leave the one that was there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge_app.errors import ModelError


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a draft beside `path` that takes its name when the block ends well.

    A reader finds the old or the new file at every moment, also after SIGKILL or a power cut;
    these leave the draft behind, and the next writing takes its name again.
    Raises ModelError where it cannot be written.
    """
    draft = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        yield draft
        with draft.open("rb+") as file:
            os.fsync(file.fileno())  # else a power cut may keep the new name and lose the bytes
        draft.replace(path)
    except OSError as fault:
        raise ModelError(
            f"{path} cannot be written ({fault.strerror or fault}); "
            "make room or name another place with --out"
        ) from None
    finally:
        draft.unlink(missing_ok=True)
