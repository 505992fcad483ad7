"""Folders that hold the results of another command, which nothing is mixed into."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from edge_app.errors import SinkError

EVALUATION, LOG = "an evaluation", "the log of a run"
# The files that show whose folder it is.
_MARKS = {
    "model.json": "a model",
    "evaluation.json": EVALUATION,
    "summary.json": LOG,
    "frames.jsonl": LOG,
    "index.html": "a report",
    "layers.json": "a diagnosis",
}


def check_owner(folder: Path, own: str, option: str) -> None:
    """Raise SinkError if a folder holds the results of another command and none of the caller's.

    own: EVALUATION or LOG. option: the one that names another folder.
    """
    found: dict[str, str] = {}
    with suppress(OSError):  # a folder that is missing or closed; whoever writes there says so
        found = {name: kind for name, kind in _MARKS.items() if (folder / name).is_file()}
        # `demo`, and whoever has runs of several variants, has a log in each sub-folder.
        if own == EVALUATION and not found:
            logs = sorted(folder.glob("*/summary.json"))
            found = {log.relative_to(folder).as_posix(): LOG for log in logs[:1]}
    if found and own not in found.values():
        name, kind = next(iter(found.items()))
        raise SinkError(f"{folder} holds {kind} ({name}); choose another folder with {option}")
