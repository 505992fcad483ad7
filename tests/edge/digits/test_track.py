"""Readings are steady from frame to frame."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.digits.find import Found
from edge_app.digits.track import Tracker, similarity_of
from tests.support import digit_pages as pages

BOX = (100, 100, 40, 60)


def seen(digit: int, box: tuple[int, int, int, int] = BOX) -> Found:
    """Return a candidate that looks like a digit."""
    return Found(box, pages.typical(digit))


def sure(digit: int, confidence: float = 0.9) -> NDArray[np.float32]:
    """Return the scores of a digit."""
    scores = np.full(10, (1 - confidence) / 9, np.float32)
    scores[digit] = confidence
    return scores


def digits(readings: object) -> list[int]:
    """Return which digits are shown."""
    return [reading.digit for reading in readings]  # type: ignore[attr-defined]


def test_the_first_frame_is_read_at_once() -> None:
    """A single image is read at once too."""
    assert digits(Tracker().update([seen(3)], [sure(3)])) == [3]
    (reading,) = Tracker().update([seen(3)], [sure(3)])
    assert reading.box_xywh == BOX
    assert reading.confidence == pytest.approx(0.9)
    assert reading.scores.sum() == pytest.approx(1)


def test_a_candidate_in_one_frame_only_is_not_shown() -> None:
    """A digit is shown from its second frame on."""
    tracker = Tracker()
    tracker.update([], [])
    assert digits(tracker.update([seen(3)], [sure(3)])) == []
    assert digits(tracker.update([], [])) == []
    tracker.update([seen(3)], [sure(3)])
    assert digits(tracker.update([seen(3)], [sure(3)])) == [3]


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_a_reading_stays_over_missed_frames(frames: int) -> None:
    """After a quarter of a second it disappears, also if it was found again meanwhile."""
    tracker = Tracker()
    for _ in range(frames):
        tracker.update([seen(3)], [sure(3)])
    shown = [digits(tracker.update([], [])) for _ in range(6)]
    assert shown == [[3], [3], [3], [3], [], []]


def test_a_doubtful_frame_does_not_change_the_reading() -> None:
    """Scores are averaged over earlier frames."""
    tracker = Tracker()
    for _ in range(4):
        tracker.update([seen(3)], [sure(3)])
    (reading,) = tracker.update([seen(3)], [sure(8, 0.7)])
    assert reading.digit == 3
    assert reading.confidence < 0.9


def test_the_reading_follows_its_digit() -> None:
    """Readings move with the page."""
    tracker = Tracker()
    for step in range(5):
        box = (100 + 20 * step, 100 + 10 * step, 40, 60)
        (reading,) = tracker.update([seen(3, box)], [sure(3)])
        assert reading.box_xywh == box


def test_another_digit_in_its_place_is_read_at_once() -> None:
    """Its scores do not include those of the digit before."""
    tracker = Tracker()
    for _ in range(5):
        tracker.update([seen(0)], [sure(0)])
    (reading,) = tracker.update([seen(1)], [sure(1)])
    assert (reading.digit, reading.confidence) == (1, pytest.approx(0.9))


def test_a_doubtful_digit_is_not_shown() -> None:
    """A new one needs 60 % confidence; one that is shown stays down to 45 %."""
    assert Tracker().update([seen(3)], [sure(3, 0.55)]) == ()
    tracker = Tracker()
    assert digits(tracker.update([seen(3)], [sure(3, 0.65)])) == [3]
    for _ in range(8):
        assert digits(tracker.update([seen(3)], [sure(3, 0.5)])) == [3]
    for _ in range(12):
        last = tracker.update([seen(3)], [sure(3, 0.4)])
    assert last == ()


def test_readings_go_from_left_to_right() -> None:
    """The order of the candidates does not matter."""
    found = [seen(3, (300, 100, 40, 60)), seen(5, (100, 100, 40, 60))]
    assert digits(Tracker().update(found, [sure(3), sure(5)])) == [5, 3]


def test_similarity_distinguishes_digits() -> None:
    """A digit is similar to itself moved by a pixel, and not to another one."""
    three = pages.typical(3)
    assert similarity_of(three, three) == pytest.approx(1)
    assert similarity_of(three, np.roll(three, 1, axis=1)) > 0.85
    assert similarity_of(three, pages.typical(1)) < 0.75
    assert similarity_of(three, np.zeros_like(three)) == 0
