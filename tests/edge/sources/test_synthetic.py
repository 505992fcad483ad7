"""The made street moves, repeats itself exactly, and its truth is right to the pixel."""

import numpy as np
import pytest

from edge_app.errors import SourceError
from edge_app.labels import CITYSCAPES
from edge_app.sources.synthetic import Synthetic, parse_synthetic

ROAD, SKY, PERSON, CAR = (
    next(label.train_id for label in CITYSCAPES.classes if label.name == name)
    for name in ("road", "sky", "person", "car")
)


@pytest.mark.parametrize(
    ("text", "shape", "rate_hz"),
    [
        ("synthetic", (720, 1280, 3), 25),
        ("synthetic:640x360", (360, 640, 3), 25),
        ("synthetic@12.5", (720, 1280, 3), 12.5),
        ("synthetic:321x181@29.97", (181, 321, 3), 29.97),
        ("synthetic:64x64@1", (64, 64, 3), 1),
    ],
)
def test_size_and_rate_are_read(text: str, shape: tuple[int, ...], rate_hz: float) -> None:
    """`synthetic:WxH@FPS` gives pictures of that size at that rate, finitely many."""
    source = parse_synthetic(text)
    assert source
    frame = next(iter(source))
    assert (frame.image.shape, source.rate_hz, source.frame_count) == (shape, rate_hz, 250)
    assert "synthetic" in source.name


@pytest.mark.parametrize("text", ["street.mp4", "synthetics", "synthetic.mp4", ""])
def test_other_texts_are_left_alone(text: str) -> None:
    """A file that merely begins so is no synthetic source."""
    assert parse_synthetic(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "synthetic:",
        "synthetic:1x2x3",
        "synthetic@",
        "synthetic:20x20",
        "synthetic@0",
        "synthetic:99999x720",
    ],
)
def test_impossible_wishes_are_refused(text: str) -> None:
    """A size or rate that cannot be made is a clear error."""
    with pytest.raises(SourceError, match="synthetic:1280x720@25"):
        parse_synthetic(text)


def test_truth_lies_where_the_picture_shows_it() -> None:
    """Road is dark gray, sky is light, and every truth is a scored class."""
    for frame in list(Synthetic((320, 180)))[::50]:
        assert isinstance(frame.truth, np.ndarray)
        assert frame.truth.shape == (180, 320)
        assert set(np.unique(frame.truth)) <= set(range(19))
        assert {ROAD, SKY} <= set(np.unique(frame.truth))
        gray = frame.image.mean(axis=2)
        assert gray[frame.truth == SKY].min() > 190
        assert np.median(gray[frame.truth == ROAD]) == pytest.approx(89, abs=4)


def test_things_move_in_picture_and_truth_together() -> None:
    """Between two frames the picture changes exactly where something moved, and cars do move."""
    first, *_, last = list(Synthetic((320, 180)))[:10]
    assert (first.truth != last.truth).any()
    assert ((first.truth == CAR) != (last.truth == CAR)).any()
    # A class border in the truth is an edge in the picture: a car is never on road colour.
    for frame in (first, last):
        car = frame.truth == CAR
        assert np.abs(frame.image[car].astype(int) - (92, 88, 86)).sum(1).min() > 15


def test_the_same_frames_come_again() -> None:
    """Two runs agree to the last pixel, so that figures can be compared."""
    one, two = (list(Synthetic((160, 90)))[::40] for _ in range(2))
    for left, right in zip(one, two, strict=True):
        assert np.array_equal(left.image, right.image)
        assert np.array_equal(left.truth, right.truth)  # type: ignore[arg-type]


def test_frames_do_not_share_memory() -> None:
    """What is kept of one frame is not drawn over by the next."""
    frames = list(Synthetic((96, 64)))[:3]
    assert not np.shares_memory(frames[0].image, frames[1].image)
    assert not np.shares_memory(frames[0].truth, frames[1].truth)
