"""The log of a run: a JSON line per frame, and a JSON file with the summary."""

from __future__ import annotations

import time
from contextlib import suppress
from json.encoder import encode_basestring_ascii as quoted
from pathlib import Path
from typing import Any, TextIO

from edge_app.atomic import write_atomic
from edge_app.closeable import Closeable
from edge_app.disk_faults import disk_fault
from edge_app.errors import SinkError
from edge_app.frame import Reading, Readings, Segmentation, Status, Step
from edge_app.output_path import keep_other_names, without_detours
from edge_app.results.json_file import to_json

FRAMES_NAME = "frames.jsonl"
SUMMARY_NAME = "summary.json"
# A limited log is split into this many files, so that a full one costs a fifth of it.
_PARTS = 5
# What a kill may cost. A flush takes as long as three lines, so not every line has one.
_FLUSH_S = 0.25


class MetricsLog(Closeable):
    """Write a folder's `frames.jsonl`, one line per frame.

    Each line has index, name, time_s, variant and the milliseconds of each stage; for a
    classified frame also class_id, truth and right, the last two null without a truth. If
    digits were read, class_id is null unless there is one, and digits has all of them.
    An earlier run's log and summary are replaced, unless `max_mb` limits the log: it then
    continues in a new file, and the last ones, also of earlier runs, become `frames-1.jsonl`...
    Raises SinkError if the folder cannot be written.
    """

    wants_canvas = False
    every_frame = True

    def __init__(self, folder: Path | str, *, max_mb: int | None = None) -> None:
        self.path = Path(folder) / FRAMES_NAME
        self._part_bytes = None if max_mb is None else max_mb * 10**6 // _PARTS
        self._bytes = 0
        self._flushed_s = 0.0
        try:
            self.path = without_detours(self.path.parent) / FRAMES_NAME
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # An earlier run's summary beside this run's frames would be taken for this run's.
            rotate(self.path.parent / SUMMARY_NAME, 0 if max_mb is None else _PARTS - 1)
            if max_mb is not None:
                rotate(self.path, _PARTS - 1)
            self._file = self._open()
        except OSError as fault:
            raise disk_fault(self.path, fault) from None

    def write(self, step: Step, status: Status) -> None:  # noqa: ARG002 - the sinks' common form
        """Add one frame's line. Raises SinkError."""
        if self._closed:
            raise SinkError(f"the log {self.path} was closed; open a new one")
        try:
            text = line(step)
            if self._part_bytes is not None and self._bytes + len(text) > self._part_bytes:
                self._file.close()
                rotate(self.path, _PARTS - 1)
                self._file = self._open()
            self._bytes += self._file.write(text)
            now_s = time.monotonic()
            if now_s - self._flushed_s >= _FLUSH_S:
                self._flushed_s = now_s
                self._file.flush()
        except OSError as fault:
            self._closed = True
            with suppress(OSError):  # its last lines, which the disk refused, are lost
                self._file.close()
            self._remove_empty()
            raise disk_fault(self.path, fault) from None

    def _remove_empty(self) -> None:
        """Remove the file if the disk took not even its first lines."""
        with suppress(OSError):
            if not self.path.stat().st_size:
                self.path.unlink()

    def _open(self) -> TextIO:
        self._bytes = 0
        keep_other_names(self.path)
        return self.path.open("w", encoding="ascii", newline="\n", buffering=1 << 16)

    def _release(self) -> None:
        """Write the buffered lines and close the file."""
        try:
            self._file.close()
        except OSError as fault:
            self._remove_empty()
            raise disk_fault(self.path, fault) from None


def rotate(path: Path, keep: int) -> None:
    """Rename a file to NAME-1, NAME-1 to NAME-2 and so on; the one beyond `keep` is deleted.

    Does nothing if the file does not exist. Raises OSError.
    """
    if not path.exists():
        return
    if keep < 1:
        path.unlink()
    older = [path, *(path.with_stem(f"{path.stem}-{number}") for number in range(1, keep + 1))]
    # The oldest first: a power cut at any moment loses none of them.
    for number in range(keep, 0, -1):
        with suppress(FileNotFoundError):
            older[number - 1].replace(older[number])


def line(step: Step) -> str:
    """Return a frame's line of JSON; NaN and infinity become null.

    Formatted by hand: that takes 3 us, json.dumps of the same values 13 us, and a msgspec struct
    with its values rounded to the same places 1.4 times as long as this. The network for digits
    takes no more than 20 us.
    """
    frame, t, result = step.frame, step.timings, step.result
    time_s = "null" if frame.time_s is None else f"{frame.time_s:.6f}"
    numbers = (
        f'"time_s":{time_s},'
        f'"capture_ms":{t.capture_ms:.3f},"prepare_ms":{t.prepare_ms:.3f},'
        f'"invoke_ms":{t.invoke_ms:.3f},"decode_ms":{t.decode_ms:.3f},'
        f'"overlay_ms":{t.overlay_ms:.3f},"end_to_end_ms":{t.end_to_end_ms:.3f}'
    )
    if "nan" in numbers or "inf" in numbers:
        for word in ("nan", "-inf", "inf"):
            numbers = numbers.replace(f":{word}", ":null")
    answer = ""
    if not isinstance(result, Segmentation):
        class_id = "null" if result.class_id is None else result.class_id
        truth, right = "null", "null"
        if isinstance(frame.truth, int):
            truth = str(frame.truth)
            right = "true" if frame.truth == result.class_id else "false"
        answer = f',"class_id":{class_id},"truth":{truth},"right":{right}'
    if isinstance(result, Readings):
        answer += f',"digits":[{",".join(_reading(one) for one in result.found)}]'
    name, variant = quoted(frame.name), quoted(step.variant)
    return f'{{"index":{frame.index},"name":{name},"variant":{variant},{numbers}{answer}}}\n'


def _reading(one: Reading) -> str:
    """Return one digit that was read, as JSON."""
    box = ",".join(str(side) for side in one.box_xywh)
    return f'{{"digit":{one.digit},"confidence":{one.confidence:.4f},"box":[{box}]}}'


def write_summary(folder: Path | str, summary: Any) -> Path:
    """Write a folder's `summary.json` whole or not at all; NaN and infinity become null.

    Raises SinkError if it cannot be written.
    """
    path = Path(folder) / SUMMARY_NAME
    write_atomic(path, to_json(summary, indent=2), error=SinkError)
    return path
