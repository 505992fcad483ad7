"""A snapshot is the canvas as it was shown, with its figures beside it."""

from __future__ import annotations

import errno
import json
import math
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_app.errors import SinkError
from edge_app.frame import Reading, Readings
from edge_app.quality import Quality
from edge_app.sinks.snapshots import SnapshotWriter, take_snapshot
from tests.support import comparisons as compared
from tests.support import steps

CANVAS = compared.noise(64, 48)


def figures_of(path: Path) -> Any:
    """Read the figures beside an image."""
    return json.loads(path.with_suffix(".json").read_text("utf-8"))


def test_the_image_is_saved_without_loss(tmp_path: Path) -> None:
    """It is named after model, variant and frame, in a folder that is created."""
    step = steps.step(42, CANVAS, time_s=1.68)
    path = take_snapshot(tmp_path / "new" / "folder", step, steps.status(model="DeepLab v3+"))
    assert path == tmp_path / "new" / "folder" / "deeplab-v3-int8-000042.png"
    image = cv2.imread(str(path))
    assert image is not None
    assert np.array_equal(image, CANVAS)
    assert sorted(entry.name for entry in path.parent.iterdir()) == [
        "deeplab-v3-int8-000042.json",
        "deeplab-v3-int8-000042.png",
    ]


def test_the_figures_are_those_of_the_step(tmp_path: Path) -> None:
    """Frame, variant, times, rates and quality; a class that never occurred has null."""
    status = steps.status()
    figures = figures_of(take_snapshot(tmp_path, steps.step(42, CANVAS, time_s=1.68), status))
    assert figures["frame"] == {"index": 42, "name": "frame 42", "time_s": 1.68}
    assert (figures["model"], figures["variant"], figures["threads"]) == ("Street", "int8", 2)
    assert figures["timings"] == steps.TIMINGS._asdict()
    assert figures["fps"] == {"shown": 17.9, "network": 52.3, "source": 25.0}
    assert figures["stages"]["invoke"]["p50_ms"] == status.stages["invoke"].p50_ms
    assert figures["quality"]["miou"] == 0.612
    assert figures["quality"]["per_class"] == {"road": 0.951, "train": None}
    assert "comparison" not in figures


def test_a_comparison_is_saved_with_both_scores(tmp_path: Path) -> None:
    """Agreement over all, agreement by class, and the second variant's own score."""
    comparison = compared.comparison(compared.segmentation(1, logits=False))
    comparison = replace(comparison, quality=Quality(9, miou=math.nan))
    step = replace(steps.step(0, CANVAS, variant="float32"), comparison=comparison)
    figures = figures_of(take_snapshot(tmp_path, step, steps.status()))["comparison"]
    assert figures["with"] == "int8"
    assert figures["agreement"] == comparison.agreement
    assert figures["per_class"] == dict(comparison.per_class)
    assert figures["quality"]["miou"] is None


def test_digits_are_saved_as_they_were_read(tmp_path: Path) -> None:
    """One class of a digit, or every digit of a page with its box."""
    figures = figures_of(take_snapshot(tmp_path, steps.digit(7, 7), steps.status(quality=None)))
    assert figures["class_id"] == 7
    assert figures["quality"] is None
    reading = Reading((1, 2, 3, 4), 5, 0.9, np.eye(10, dtype=np.float32)[5])
    step = steps.step(1, CANVAS, result=Readings((reading,)))
    figures = figures_of(take_snapshot(tmp_path, step, steps.status()))
    assert figures["digits"] == [{"digit": 5, "box": [1, 2, 3, 4]}]


def test_an_earlier_snapshot_is_never_overwritten(tmp_path: Path) -> None:
    """The same frame again gets a number."""
    names = [take_snapshot(tmp_path, steps.step(3, CANVAS), steps.status()).name for _ in range(3)]
    assert names == [
        "street-int8-000003.png",
        "street-int8-000003-2.png",
        "street-int8-000003-3.png",
    ]


def test_without_an_image_there_is_nothing_to_save(tmp_path: Path) -> None:
    """The message says so, and no folder is created."""
    step = replace(steps.step(0, CANVAS), canvas=None)
    with pytest.raises(SinkError, match="no image"):
        take_snapshot(tmp_path / "folder", step, steps.status())
    assert not (tmp_path / "folder").exists()


def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    """The message says what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SinkError, match="choose another folder"):
        take_snapshot(tmp_path / "file" / "folder", steps.step(0, CANVAS), steps.status())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_reported(tmp_path: Path) -> None:
    """It is a SinkError, which the controller shows."""
    (tmp_path / "street-int8-000000.json").symlink_to("/dev/full")
    with pytest.raises(SinkError, match="the disk is full"):
        take_snapshot(tmp_path, steps.step(0, CANVAS), steps.status())


def test_no_half_of_a_snapshot_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the disk is full after a part of them, neither image nor figures stay."""
    write_bytes = Path.write_bytes

    def write_image_only(path: Path, content: bytes) -> int:
        if path.suffix == ".png":
            return write_bytes(path, content)
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_image_only)
    with pytest.raises(SinkError, match="the disk is full"):
        take_snapshot(tmp_path, steps.step(1, CANVAS), steps.status())
    assert list(tmp_path.iterdir()) == []


def test_one_snapshot_at_a_time_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for the disk; a second one meanwhile is refused, and the end waits for it."""
    disk = threading.Event()

    def slow(*arguments: Any) -> Path:
        assert disk.wait(60)
        return take_snapshot(*arguments)

    monkeypatch.setattr("edge_app.sinks.snapshots.take_snapshot", slow)
    said: list[str] = []
    writer = SnapshotWriter(tmp_path, said.append)
    assert writer.take(steps.step(7, CANVAS), steps.status()) is None
    assert "still being saved" in str(writer.take(steps.step(8, CANVAS), steps.status()))
    assert said == []
    disk.set()
    writer.close()
    [path] = tmp_path.glob("*.png")
    assert said == [f"saved {path}"]


def test_what_went_wrong_in_the_thread_is_said(tmp_path: Path) -> None:
    """As a message, not as a traceback."""
    (tmp_path / "file").write_text("")
    said: list[str] = []
    with SnapshotWriter(tmp_path / "file" / "folder", said.append) as writer:
        assert writer.take(steps.step(0, CANVAS), steps.status()) is None
    assert "choose another folder" in said[0]
