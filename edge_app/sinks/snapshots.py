"""Snapshots: the canvas as PNG, with its figures as JSON beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import cv2

from edge_app.atomic import atomic_file, write_atomic
from edge_app.closeable import Closeable
from edge_app.disk_faults import disk_fault
from edge_app.errors import SinkError
from edge_app.frame import Image, Readings, Segmentation, Status, Step
from edge_app.results.json_file import to_json


class SnapshotWriter(Closeable):
    """Writes snapshots in a thread, one at a time: until they are on a card may take a second.

    report: called with what became of each, by the thread. `close` waits for the last one.
    """

    def __init__(self, folder: Path, report: Callable[[str], None]) -> None:
        self._folder = folder
        self._report = report
        self._thread: threading.Thread | None = None

    def take(self, step: Step, status: Status) -> str | None:
        """Begin to write a step with a canvas of its own; return why not, if so."""
        if self._thread is not None and self._thread.is_alive():
            return "no snapshot: the last one is still being saved"
        self._thread = threading.Thread(
            target=self._write, args=(step, status), name="snapshot", daemon=True
        )
        self._thread.start()
        return None

    def _write(self, step: Step, status: Status) -> None:
        try:
            self._report(f"saved {take_snapshot(self._folder, step, status)}")
        except SinkError as fault:
            self._report(str(fault))

    def _release(self) -> None:
        """Wait until the last one is written."""
        if self._thread is not None:
            self._thread.join()


def take_snapshot(folder: Path, step: Step, status: Status) -> Path:
    """Write the canvas as PNG and its figures as JSON; return the path of the PNG.

    An earlier snapshot is never overwritten. Raises SinkError if the folder cannot be written or
    the step has no canvas.
    """
    if step.canvas is None:
        raise SinkError("there is no image to save; wait for the first frame")
    stem = f"{status.model}-{step.variant}-{step.frame.index:06}".lower().replace(" ", "-")
    stem = "".join(letter for letter in stem if letter.isalnum() or letter in "-_.")[-100:]
    try:
        names = (f"{stem}-{number}.png" if number > 1 else f"{stem}.png" for number in count(1))
        path = next(folder / name for name in names if not (folder / name).exists())
        # Level 1 takes 15 ms at 1280x720, the usual 3 twice that, for a tenth less.
        done, data = cv2.imencode(".png", step.canvas, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    except OSError as fault:
        raise disk_fault(folder, fault) from None
    if not done:
        raise SinkError(f"{path} cannot be encoded as PNG; take another view")
    # Both or neither: a full disk ends the block before the first of them has its name.
    with (
        atomic_file(path, error=SinkError) as image,
        atomic_file(path.with_suffix(".json"), error=SinkError) as text,
    ):
        image.write_bytes(data.tobytes())
        text.write_bytes(to_json(figures(step, status), indent=2))
    return path


def save_png(path: Path, canvas: Image) -> None:
    """Write a canvas, uint8 (H, W, 3) BGR, as PNG, whole or not at all. Raises SinkError."""
    done, data = cv2.imencode(".png", canvas)
    if not done:
        raise SinkError(f"{path} cannot be encoded as PNG; choose a smaller image")
    write_atomic(path, data.tobytes(), error=SinkError, advice="choose another file")


def figures(step: Step, status: Status) -> dict[str, Any]:
    """Return the figures of a step, for JSON."""
    frame, result = step.frame, step.result
    record = {
        "frame": {"index": frame.index, "name": frame.name, "time_s": frame.time_s},
        "task": status.task,
        "model": status.model,
        "variant": step.variant,
        "bytes": status.size_bytes,
        "runtime": status.runtime,
        "threads": status.threads,
        "timings": step.timings._asdict(),
        "fps": {name: getattr(status, f"{name}_fps") for name in ("shown", "network", "source")},
        "stages": dict(status.stages),
        "frames": status.frames,
        "dropped": status.dropped,
        "quality": status.quality,
    }
    if isinstance(result, Readings):
        record["digits"] = [{"digit": one.digit, "box": one.box_xywh} for one in result.found]
    elif not isinstance(result, Segmentation):
        record["class_id"] = result.class_id
    if step.comparison is not None:
        record["comparison"] = {
            "with": step.comparison.variant,
            **({"models": step.comparison.models} if step.comparison.models else {}),
            "agreement": step.comparison.agreement,
            "per_class": dict(step.comparison.per_class),
            "first_quality": step.comparison.first_quality,
            "quality": step.comparison.quality,
        }
    return record
