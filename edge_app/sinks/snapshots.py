"""Snapshots: the canvas as PNG, with its figures as JSON beside it."""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import cv2

from edge_app.atomic import write_atomic
from edge_app.errors import SinkError
from edge_app.frame import Image, Readings, Segmentation, Status, Step
from edge_app.results.json_file import to_json
from edge_app.sinks.sink import disk_fault


def take_snapshot(folder: Path, step: Step, status: Status) -> Path:
    """Write the canvas as PNG and its figures as JSON; return the path of the PNG.

    An earlier snapshot is never overwritten. Raises SinkError if the folder cannot be written or
    the step has no canvas.
    """
    if step.canvas is None:
        raise SinkError("there is no image to save; wait for the first frame")
    stem = f"{status.model}-{step.variant}-{step.frame.index:06}".lower().replace(" ", "-")
    stem = "".join(letter for letter in stem if letter.isalnum() or letter in "-_.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = (f"{stem}-{number}.png" if number > 1 else f"{stem}.png" for number in count(1))
        path = next(folder / name for name in names if not (folder / name).exists())
        # Level 1 takes 15 ms at 1280x720, the usual 3 twice that, for a tenth less.
        done, data = cv2.imencode(".png", step.canvas, [cv2.IMWRITE_PNG_COMPRESSION, 1])
        if not done:
            raise SinkError(f"{path} cannot be encoded as PNG; take another view")
        _write_both(path, data.tobytes(), to_json(figures(step, status), indent=2))
    except OSError as fault:
        raise disk_fault(folder, fault) from None
    return path


def save_png(path: Path, canvas: Image) -> None:
    """Write a canvas, uint8 (H, W, 3) BGR, as PNG, whole or not at all. Raises SinkError."""
    done, data = cv2.imencode(".png", canvas)
    if not done:
        raise SinkError(f"{path} cannot be encoded as PNG; choose a smaller image")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise disk_fault(path.parent, fault) from None
    write_atomic(path, data.tobytes(), error=SinkError, advice="choose another file")


def _write_both(path: Path, png: bytes, text: bytes) -> None:
    """Write both files, or neither if the disk is full."""
    beside = path.with_suffix(".json")
    try:
        path.write_bytes(png)
        beside.write_bytes(text)
    except OSError:
        for part in (path, beside):
            with suppress(OSError):
                part.unlink()
        raise


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
            "agreement": step.comparison.agreement,
            "per_class": dict(step.comparison.per_class),
            "first_quality": step.comparison.first_quality,
            "quality": step.comparison.quality,
        }
    return record
