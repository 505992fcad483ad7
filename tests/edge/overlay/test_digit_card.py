"""A classified image is shown enlarged, beside the answer of the network."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.controls import Controls
from edge_app.frame import Classification, Frame, Status
from edge_app.labels import DIGITS, LabelSet, numbered_labels
from edge_app.overlay import Overlay
from edge_app.overlay.digit_card import digit_answer, draw_answer, draw_enlarged
from edge_app.overlay.panel import Scale
from edge_app.style import RIGHT, WRONG, bgr
from tests.support.text_boxes import note_texts

ODDS = (0.01, 0.2, 0.01, 0.01, 0.01, 0.01, 0.01, 0.7, 0.02, 0.02)
LOGITS = np.log(np.array(ODDS, np.float32))
SEVEN = Classification(7, LOGITS)
STATUS = Status("classification", "MNIST", "int8", 24_720, "LiteRT 2.3.0", 2, "every frame")


def has(canvas: NDArray[np.uint8], colour: str) -> bool:
    """Return whether a canvas has an area of a colour."""
    return int((canvas == bgr(colour)).all(axis=2).sum()) > 200


@pytest.mark.parametrize(
    ("truth", "verdict", "right"),
    [
        (7, "right", True),
        (1, "wrong, it is 1", False),
        (np.uint8(1), "wrong, it is 1", False),
        (42, "wrong, it is 42", False),
        (None, "", None),
        (np.zeros((2, 2), np.uint8), "", None),
    ],
)
def test_a_prediction_has_a_verdict_if_the_truth_is_known(
    truth: object, verdict: str, right: bool | None
) -> None:
    """Right, wrong with the truth, or nothing."""
    found = digit_answer(SEVEN, truth, DIGITS)
    assert (found.name, found.verdict, found.right) == ("7", verdict, right)


def test_the_likeliest_classes_come_first_and_the_truth_is_marked() -> None:
    """Seven is first; one, the truth, is second."""
    found = digit_answer(SEVEN, 1, DIGITS)
    assert [(name, is_truth) for name, _, is_truth in found.top[:2]] == [("7", False), ("1", True)]
    assert [p for _, p, _ in found.top[:2]] == pytest.approx([0.7, 0.2], abs=0.01)
    assert len(found.top) == 3


def test_two_classes_have_two_bars() -> None:
    """There are no more rows than classes."""
    labels = numbered_labels("person", ("no", "yes"))
    found = digit_answer(Classification(1, np.array([0.1, 0.9], np.float32)), None, labels)
    assert [name for name, _, _ in found.top] == ["yes", "no"]
    assert draw_answer(found, Scale(1.0), (534, 366)).size_wh == (534, 366)


@pytest.mark.parametrize(
    ("truth", "shown", "hidden"),
    [(7, [RIGHT], [WRONG]), (1, [RIGHT, WRONG], []), (None, [], [RIGHT, WRONG])],
)
def test_the_verdict_is_shown_in_colour(
    truth: int | None, shown: list[str], hidden: list[str]
) -> None:
    """A right answer is green; a wrong one is orange beside the green truth."""
    image = np.zeros((28, 28, 3), np.uint8)
    controls = Controls(hud=0)
    canvas = Overlay(DIGITS).draw(
        Frame(image, 0, 0.0, 0.1, "0", truth=truth), SEVEN, STATUS, controls, 0.0
    )
    assert all(has(canvas, colour) for colour in shown)
    assert not any(has(canvas, colour) for colour in hidden)


def test_each_answer_is_that_of_its_image() -> None:
    """Unlike figures, predictions change with every frame."""
    overlay = Overlay(DIGITS)
    frame = Frame(np.zeros((28, 28, 3), np.uint8), 0, 0.0, 0.1, "0")
    one = Classification(1, np.roll(SEVEN.logits, -6))
    first = overlay.draw(frame, SEVEN, STATUS, Controls(), 0.0)
    second = overlay.draw(frame, one, STATUS, Controls(), 0.01)
    assert not np.array_equal(first, second)


def test_a_digit_is_enlarged_with_sharp_pixels() -> None:
    """A checkerboard of 28 pixels shows its own two values and no others."""
    image = np.repeat(
        (np.indices((28, 28)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None], 3, 2
    )
    canvas = draw_enlarged(image, (1280, 720), (26, 26, 668, 668))
    assert set(np.unique(canvas[26:694, 26:694])) == {0, 255}
    assert canvas[30, 30, 0] == 0
    assert canvas[30, 30 + 24, 0] == 255


@pytest.mark.parametrize("shape_hw", [(28, 28), (224, 224), (1080, 1920), (1920, 1080), (1, 50)])
def test_an_image_of_any_shape_is_centred_in_its_area(shape_hw: tuple[int, int]) -> None:
    """It is shown whole and as large as it fits."""
    image = np.full((*shape_hw, 3), 255, np.uint8)
    canvas = draw_enlarged(image, (1280, 720), (100, 20, 600, 600))
    seen = (canvas == 255).all(axis=2)
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    assert rows.min() >= 20
    assert rows.max() < 620
    assert columns.min() >= 100
    assert columns.max() < 700
    assert max(len(rows), len(columns)) >= 599
    assert abs((columns.min() - 100) - (699 - columns.max())) <= 1
    assert abs((rows.min() - 20) - (619 - rows.max())) <= 1


@pytest.mark.parametrize("rows", [360, 480, 720, 1080])
@pytest.mark.parametrize("hints", [False, True])
@pytest.mark.parametrize("truth", [None, 1, 2])
@pytest.mark.parametrize(
    "labels",
    [
        DIGITS,
        numbered_labels("long", tuple(f"{'a most remarkable ' * 4}thing {i}" for i in range(9))),
    ],
    ids=["digits", "long names"],
)
def test_nothing_in_an_answer_is_cut_off_or_covered(
    monkeypatch: pytest.MonkeyPatch, labels: LabelSet, truth: int | None, hints: bool, rows: int
) -> None:
    """Digits and the longest class names fit beside their bars."""
    written = note_texts(monkeypatch)
    frame = Frame(np.zeros((28, 28, 3), np.uint8), 0, 0.0, 0.1, "0", truth=truth)
    result = Classification(1, np.arange(9, dtype=np.float32))
    overlay = Overlay(labels, height=rows, hints=hints)
    overlay.draw(frame, result, STATUS, Controls(), 0.0)
    assert len(written.boxes) > 28
    written.check()
