"""Canvases in the size of a display: the image whole, panels apart, letters readable."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from edge_app.controls import Action, Controls
from edge_app.frame import Classification, Comparison, Frame, Reading, Readings
from edge_app.labels import CITYSCAPES, DIGITS
from edge_app.model.card import VARIANTS
from edge_app.overlay import Overlay
from edge_app.overlay.board_layout import image_area
from edge_app.overlay.compose import overlap
from edge_app.overlay.scene import divider_px
from edge_app.overlay.street import StreetView
from edge_app.pointing import Targets
from tests.support.comparisons import comparison, segmentation
from tests.support.steps import PAUSED, status
from tests.support.text_boxes import note_texts

STATUS = status(variant="float32", variants=(*VARIANTS,))
DISPLAYS = [(800, 480), (1280, 720), (1920, 1080)]
SIZES = [*DISPLAYS, (800, 400), (480, 800), (1024, 600), (600, 600)]
FRAMES = [(1280, 720), (640, 480), (2048, 1024), (720, 1280), (320, 180)]
SCENE = Controls(hud=0, legend=False)
STREET = segmentation(1, logits=True)
SECOND = comparison(segmentation(2, logits=True))
SEVEN = Classification(7, np.eye(10, dtype=np.float32)[7])
PAGE = Readings((Reading((20, 60, 30, 40), 4, 0.99, np.eye(10, dtype=np.float32)[4]),))


def frame_of(size_wh: tuple[int, int], value: int = 150) -> Frame:
    """Return a flat gray frame."""
    return Frame(np.full((size_wh[1], size_wh[0], 3), value, np.uint8), 0, 0.0, 1.0, "0")


def draw(
    result: Any,
    controls: Controls,
    size_wh: tuple[int, int],
    frame_wh: tuple[int, int] = (1280, 720),
    second: Comparison | None = None,
) -> tuple[Any, Targets]:
    """Return a canvas of a window, and what can be clicked on it."""
    labels = CITYSCAPES if result is STREET else DIGITS
    overlay = Overlay(labels, hints=True)
    canvas = overlay.draw(
        frame_of(frame_wh), result, STATUS, controls, 0.0, second, size_wh=size_wh
    )
    return canvas, overlay.targets


@pytest.mark.parametrize("frame_wh", FRAMES)
@pytest.mark.parametrize("size_wh", SIZES)
def test_the_image_is_whole_between_black_bars(
    size_wh: tuple[int, int], frame_wh: tuple[int, int]
) -> None:
    """It has the shape of the frame, as large as it fits, in the middle."""
    overlay = Overlay(CITYSCAPES)
    canvas = overlay.draw(
        frame_of(frame_wh), STREET, STATUS, replace(SCENE, view="image"), 0.0, size_wh=size_wh
    )
    assert canvas.shape == (size_wh[1], size_wh[0], 3)
    x, y, width, height = image_area(frame_wh, size_wh)
    assert abs(width / height - frame_wh[0] / frame_wh[1]) < 0.02
    assert width == size_wh[0] or height == size_wh[1]
    inside = np.zeros(canvas.shape[:2], bool)
    inside[y : y + height, x : x + width] = True
    assert (canvas[inside] == 150).all()
    assert not canvas[~inside].any()


@pytest.mark.parametrize(
    "controls",
    [
        Controls(),
        Controls(buttons=True),
        Controls(help=True),
        Controls(compare="split"),
        Controls(compare="split", buttons=True),
        Controls(compare="difference"),
        Controls(view="side by side"),
    ],
    ids=lambda one: f"{one.compare} {one.view}{' help' * one.help}{' buttons' * one.buttons}",
)
@pytest.mark.parametrize("kind", ["street", "digits", "page"])
@pytest.mark.parametrize("size_wh", DISPLAYS)
def test_letters_are_readable_and_panels_whole_on_every_display(
    monkeypatch: pytest.MonkeyPatch, size_wh: tuple[int, int], kind: str, controls: Controls
) -> None:
    """From the touch display of a Pi on, nothing is written smaller than 11 pixels or cut."""
    written = note_texts(monkeypatch)
    result = {"street": STREET, "digits": SEVEN, "page": PAGE}[kind]
    second = SECOND if kind == "street" and controls.compare != "off" else None
    frame_wh = (28, 28) if kind == "digits" else (1280, 720)
    draw(result, controls, size_wh, frame_wh, second)
    texts = {text for text, _, _ in written.boxes}
    assert texts & {"float32", "keys"}
    assert min(written.sizes_px)[0] >= 11, min(written.sizes_px)
    written.check()


@pytest.mark.parametrize("compare", ["off", "split", "difference"])
@pytest.mark.parametrize("buttons", [False, True])
@pytest.mark.parametrize("size_wh", SIZES)
def test_no_panel_covers_another(size_wh: tuple[int, int], buttons: bool, compare: str) -> None:
    """Panels stay on the canvas, also over its bars; hints or buttons are always there."""
    street = StreetView(CITYSCAPES, "auto", None, hints=True)
    paused = replace(STATUS, states=(PAUSED,))
    controls = Controls(compare=compare, buttons=buttons)
    frame = frame_of((1280, 720))
    street.draw(frame, STREET, paused, controls, 0.0, SECOND, size_wh)
    boxes = [placed.box for placed in street.layout.placed]
    assert max(box[3] for box in boxes) > size_wh[1] - 0.05 * max(size_wh)
    for one in boxes:
        assert min(one) >= 0
        assert one[2] <= size_wh[0]
        assert one[3] <= size_wh[1]
    assert not any(overlap(one, other) for one, other in combinations(boxes, 2))
    actions = {action for _, action in street.targets.buttons}
    assert (Action.QUIT in actions) is buttons


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("size_wh", SIZES)
def test_the_divider_is_where_it_can_be_dragged(size_wh: tuple[int, int], share: float) -> None:
    """Its column is counted on the canvas, its share on the image, whatever the bars."""
    controls = replace(SCENE, compare="split", divider=share)
    canvas, targets = draw(STREET, controls, size_wh, (640, 480), SECOND)
    x, _, width, _ = image_area((640, 480), size_wh)
    assert targets.span == (x, x + width)
    assert targets.divider is not None
    assert abs(targets.divider - (x + divider_px(share, width))) <= 1
    if share == 0.25:  # else half of the line is outside the image
        row = canvas[int(size_wh[1] * 0.4)].min(axis=1)
        brightest = np.flatnonzero(row > 200)
        assert abs(brightest.mean() - targets.divider) <= 2


def test_chips_of_the_compared_variants_can_be_clicked() -> None:
    """The second one is chosen; the first, and that of the HUD, give way to the next."""
    _, targets = draw(STREET, Controls(compare="split"), (800, 480), second=SECOND)
    actions = [action for _, action in targets.buttons]
    assert actions == [Action.NEXT_VARIANT, Action.NEXT_VARIANT, Action.INT8]
    left, right = targets.buttons[1][0], targets.buttons[2][0]
    assert targets.divider is not None
    assert left[2] < targets.divider < right[0]
    assert targets.action_at(((right[0] + right[2]) // 2, right[1] + 5)) is Action.INT8


@pytest.mark.parametrize("result", [STREET, SEVEN, PAGE], ids=["street", "digits", "page"])
def test_a_click_anywhere_closes_the_help(result: Any) -> None:
    """Whoever opened it by touch has no key to close it with."""
    _, targets = draw(result, Controls(help=True, buttons=True, compare="split"), (800, 480))
    assert targets.divider is None
    for xy in ((0, 0), (400, 240), (799, 479), (400, 470)):
        assert targets.action_at(xy) is Action.HELP


@pytest.mark.parametrize("result", [STREET, SEVEN, PAGE], ids=["street", "digits", "page"])
@pytest.mark.parametrize("size_wh", [(160, 90), (90, 160), (200, 1000), (1000, 120)])
def test_a_window_pulled_to_any_shape_is_drawn(result: Any, size_wh: tuple[int, int]) -> None:
    """Panels that have no place are left out."""
    for controls in (Controls(), Controls(buttons=True), Controls(help=True)):
        canvas, _ = draw(result, controls, size_wh)
        assert canvas.shape == (size_wh[1], size_wh[0], 3)


def test_boxes_of_digits_follow_the_image_into_its_area() -> None:
    """With bars at the sides they stay around their digits."""
    plain = replace(SCENE, view="image")
    without, _ = draw(PAGE, plain, (800, 300), (320, 180))
    boxed, _ = draw(PAGE, SCENE, (800, 300), (320, 180))
    x, y, width, _ = image_area((320, 180), (800, 300))
    ratio = width / 320
    rows, columns = np.nonzero((without != boxed).any(axis=2)[:, : x + int(60 * ratio)])
    middle = ((columns.min() + columns.max()) / 2, rows.max() - 20 * ratio)
    assert abs(middle[0] - (x + 35 * ratio)) < 8
    assert abs(middle[1] - (y + 80 * ratio)) < 8
