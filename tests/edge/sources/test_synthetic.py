"""The synthetic street moves, is reproducible, and has exact truth."""

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
    """`synthetic:WxH@FPS` gives a number of images of that size at that rate."""
    source = parse_synthetic(text)
    assert source
    frame = next(iter(source))
    assert (frame.image.shape, source.rate_hz, source.frame_count) == (shape, rate_hz, 250)
    assert "synthetic" in source.name


@pytest.mark.parametrize("text", ["street.mp4", "synthetics", "synthetic.mp4", ""])
def test_other_texts_are_not_synthetic(text: str) -> None:
    """A file name that only begins like this is not a synthetic source."""
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
def test_sizes_and_rates_out_of_range_are_refused(text: str) -> None:
    """The message gives the range."""
    with pytest.raises(SourceError, match="synthetic:1280x720@25"):
        parse_synthetic(text)


def test_truth_fits_the_image() -> None:
    """Road is dark gray, sky is light, and every truth is a scored class."""
    for frame in list(Synthetic((320, 180)))[::50]:
        assert isinstance(frame.truth, np.ndarray)
        assert frame.truth.shape == (180, 320)
        assert set(np.unique(frame.truth)) <= set(range(19))
        assert {ROAD, SKY} <= set(np.unique(frame.truth))
        gray = frame.image.mean(axis=2)
        assert gray[frame.truth == SKY].min() > 190
        assert np.median(gray[frame.truth == ROAD]) == pytest.approx(89, abs=4)


def test_objects_move_in_image_and_truth() -> None:
    """Between two frames the image changes exactly where something moved, and cars do move."""
    first, *_, last = list(Synthetic((320, 180)))[:10]
    assert np.any(first.truth != last.truth)
    assert np.any((first.truth == CAR) != (last.truth == CAR))
    # Pixels with the truth car never have the colour of the road.
    for frame in (first, last):
        car = frame.truth == CAR
        assert np.abs(frame.image[car].astype(int) - (92, 88, 86)).sum(1).min() > 15


def test_frames_are_reproducible() -> None:
    """Two runs have equal frames, so that their figures can be compared."""
    one, two = (list(Synthetic((160, 90)))[::40] for _ in range(2))
    for left, right in zip(one, two, strict=True):
        assert np.array_equal(left.image, right.image)
        assert np.array_equal(left.truth, right.truth)  # type: ignore[arg-type]


def test_frames_do_not_share_memory() -> None:
    """A frame does not change when the next one is drawn."""
    frames = list(Synthetic((96, 64)))[:3]
    assert not np.shares_memory(frames[0].image, frames[1].image)
    assert not np.shares_memory(frames[0].truth, frames[1].truth)
