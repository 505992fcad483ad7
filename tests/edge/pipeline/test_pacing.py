"""Frames without a time are released at a rate or by a key, and the last one stays too."""

import threading
from pathlib import Path

import pytest

from edge_app.pipeline.pacing import PacedSource
from edge_app.sources.factory import open_source
from tests.support import media_files as made


class Waits(threading.Event):
    """A stop that never comes and takes no time; it keeps how long it was waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.spans_s: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.spans_s.append(timeout or 0.0)
        return False


def test_each_image_of_a_slideshow_stays_as_long(tmp_path: Path) -> None:
    """Three images of 5 s take 15 s: also the last one is shown for its time."""
    source = open_source(str(made.write_images(tmp_path, ["1.png", "2.png", "3.png"])))
    stop = Waits()
    paced = PacedSource(source, stop, paced=True, pace_hz=1 / 5)
    assert [made.number_of(frame.image) for frame in paced.frames()] == [0, 1, 2]
    # Nothing waits here, so each is due 5 s after the one before it.
    assert stop.spans_s == pytest.approx([0, 5, 10, 5], abs=2)
    assert paced.ended


def test_without_a_rate_or_keys_images_run_through(tmp_path: Path) -> None:
    """Nothing is waited for."""
    source = open_source(str(made.write_images(tmp_path, ["1.png", "2.png"])))
    stop = Waits()
    assert len(list(PacedSource(source, stop, paced=True).frames())) == 2
    assert stop.spans_s == []


def test_an_image_stays_until_the_next_is_asked_for(tmp_path: Path) -> None:
    """Waiting ends with each request, and giving up ends the frames."""
    source = open_source(str(made.write_images(tmp_path, ["1.png", "2.png", "3.png"])))
    turned = 0
    paced = PacedSource(source, threading.Event(), paced=True, turned=lambda: turned)
    frames = paced.frames()
    assert next(frames).index == 0
    turned += 1
    assert next(frames).index == 1
    paced.give_up()
    assert list(frames) == []
    assert not paced.ended
