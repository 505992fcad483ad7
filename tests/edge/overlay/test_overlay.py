"""Sizes of canvases, what each control shows, and when panels are redrawn."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.controls import Controls
from edge_app.errors import UsageError
from edge_app.frame import Classification, Frame, Result, Segmentation, Status
from edge_app.labels import CITYSCAPES, DIGITS, VOID
from edge_app.overlay import Overlay
from edge_app.overlay.board_layout import card_canvas_wh, image_canvas_wh, margin_px
from edge_app.quality import Quality
from edge_app.timing import STAGES, Latency
from tests.support.text_boxes import note_texts

PLAIN = Controls(alpha=0.0, legend=False, hud=0)
STATUS = Status(
    task="segmentation",
    model="Street",
    variant="int8",
    size_bytes=794_144,
    runtime="LiteRT 2.3.0",
    threads=2,
    policy="every frame",
    shown_fps=13.9,
    stages={name: Latency(9, 2, 2, 3, 3, 3, 3) for name in STAGES},
    quality=Quality(3, pixel_accuracy=0.9, miou=0.5),
)
LATER = replace(STATUS, shown_fps=99.9, variant="float32")
TWO_CLASSES = Segmentation(np.array([[0, 10]] * 8, np.uint8))
SIZES = [
    (854, 480),
    (1280, 720),
    (1920, 1080),
    (640, 480),
    (480, 854),
    (300, 480),
    (2048, 1024),
    (640, 360),
]


def frame(width: int, height: int, truth: int | None = None) -> Frame:
    """Return a gray frame."""
    return Frame(np.full((height, width, 3), 128, np.uint8), 0, 0.0, 1.0, "0", truth=truth)


def digit() -> Classification:
    """Return a 7 that may be a 1."""
    odds = (0.01, 0.2, 0.01, 0.01, 0.01, 0.01, 0.01, 0.7, 0.02, 0.02)
    return Classification(7, np.log(np.array(odds, np.float32)))


@pytest.mark.parametrize(
    ("frame_wh", "rows", "canvas_wh"),
    [
        ((1280, 720), None, (1280, 720)),
        ((1919, 1081), None, (1919, 1081)),
        ((480, 360), None, (640, 480)),
        ((321, 181), None, (852, 480)),
        ((28, 28), None, (480, 480)),
        ((360, 640), None, (360, 640)),
        ((1920, 1080), 720, (1280, 720)),
        ((640, 360), 1080, (1920, 1080)),
        ((1, 4000), 480, (2, 480)),
        ((2000, 100), None, (4080, 204)),
        ((20000, 1), None, (20000, 1)),
    ],
)
def test_a_canvas_keeps_the_shape_of_the_frame(
    frame_wh: tuple[int, int], rows: int | None, canvas_wh: tuple[int, int]
) -> None:
    """Frames of at least 480 rows keep their size; smaller ones are enlarged to 480.

    Elongated ones are not enlarged beyond a width of 4096.
    """
    assert image_canvas_wh(frame_wh, rows) == canvas_wh
    canvas = Overlay(CITYSCAPES, height=rows).draw(
        frame(*frame_wh), TWO_CLASSES, STATUS, Controls(), 0.0
    )
    assert canvas.shape == (canvas_wh[1], canvas_wh[0], 3)
    assert canvas.dtype == np.uint8


@pytest.mark.parametrize(
    ("frame_rows", "rows", "canvas_wh"),
    [
        (28, None, (1280, 720)),
        (900, None, (1600, 900)),
        (4000, None, (1920, 1080)),
        (28, 480, (854, 480)),
    ],
)
def test_a_card_is_wide_however_small_the_image(
    frame_rows: int, rows: int | None, canvas_wh: tuple[int, int]
) -> None:
    """Digits of 28 pixels get a canvas with space for bars and figures."""
    assert card_canvas_wh(frame_rows, rows) == canvas_wh
    canvas = Overlay(DIGITS, height=rows).draw(
        frame(frame_rows, frame_rows), digit(), STATUS, Controls(), 0.0
    )
    assert canvas.shape == (canvas_wh[1], canvas_wh[0], 3)


@pytest.mark.parametrize("controls", [Controls(), PLAIN, Controls(alpha=1.0)])
@pytest.mark.parametrize("result", [TWO_CLASSES, digit()], ids=["street", "digits"])
def test_the_frame_is_not_changed(result: Result, controls: Controls) -> None:
    """The image that is scored and recorded raw stays the same."""
    given = frame(1280, 720)
    labels = CITYSCAPES if isinstance(result, Segmentation) else DIGITS
    canvas = Overlay(labels, hints=True).draw(given, result, STATUS, controls, 0.0)
    assert (given.image == 128).all()
    assert not np.shares_memory(canvas, given.image)


def test_without_colours_and_panels_the_canvas_equals_the_frame() -> None:
    """Turning everything off leaves the plain stream."""
    given = frame(1280, 720)
    canvas = Overlay(CITYSCAPES).draw(given, TWO_CLASSES, STATUS, PLAIN, 0.0)
    assert np.array_equal(canvas, given.image)


@pytest.mark.parametrize(
    ("controls", "corner"),
    [
        (replace(PLAIN, hud=2), np.s_[:360, :640]),
        (replace(PLAIN, legend=True), np.s_[:360, 640:]),
    ],
    ids=["hud", "legend"],
)
def test_each_panel_is_in_its_corner(controls: Controls, corner: tuple[slice, slice]) -> None:
    """The HUD is at the top left, the legend at the top right, and nothing elsewhere."""
    canvas = Overlay(CITYSCAPES).draw(frame(1280, 720), TWO_CLASSES, STATUS, controls, 0.0)
    drawn = (canvas != 128).any(axis=2)
    assert drawn[corner].any()
    drawn[corner] = False
    assert not drawn.any()


def test_hints_are_along_the_lower_edge() -> None:
    """A window shows hints; a recording does not."""
    canvas = Overlay(CITYSCAPES, hints=True).draw(frame(1280, 720), TWO_CLASSES, STATUS, PLAIN, 0.0)
    rows = np.flatnonzero((canvas != 128).any(axis=(1, 2)))
    assert rows.min() > 640
    assert rows.max() == 720 - margin_px((1280, 720)) - 1


@pytest.mark.parametrize("result", [TWO_CLASSES, digit()], ids=["street", "digits"])
def test_panels_are_redrawn_at_most_five_times_a_second(result: Result) -> None:
    """New figures appear after 0.2 s."""
    overlay = Overlay(CITYSCAPES if isinstance(result, Segmentation) else DIGITS)
    controls = replace(PLAIN, hud=2)

    def canvas(status: Status, now_s: float) -> NDArray[np.uint8]:
        return overlay.draw(frame(1280, 720), result, status, controls, now_s)

    first = canvas(STATUS, 8.0)
    assert np.array_equal(canvas(LATER, 8.0), first)
    assert np.array_equal(canvas(LATER, 8.19), first)
    second = canvas(LATER, 8.25)
    assert not np.array_equal(second, first)
    assert np.array_equal(canvas(STATUS, 8.4), second)


def test_panels_are_redrawn_for_another_size() -> None:
    """A source that changes its size gets panels of the new size."""
    overlay = Overlay(CITYSCAPES)
    overlay.draw(frame(1280, 720), TWO_CLASSES, STATUS, Controls(), 0.0)
    small = overlay.draw(frame(854, 480), TWO_CLASSES, STATUS, Controls(), 0.0)
    fresh = Overlay(CITYSCAPES).draw(frame(854, 480), TWO_CLASSES, STATUS, Controls(), 0.0)
    assert np.array_equal(small, fresh)


def test_a_panel_that_is_turned_on_again_shows_new_figures() -> None:
    """A hidden panel is not kept."""
    overlay = Overlay(CITYSCAPES)
    on = replace(PLAIN, hud=2)
    overlay.draw(frame(1280, 720), TWO_CLASSES, STATUS, on, 0.0)
    overlay.draw(frame(1280, 720), TWO_CLASSES, STATUS, PLAIN, 1.0)
    again = overlay.draw(frame(1280, 720), TWO_CLASSES, LATER, on, 1.25)
    fresh = Overlay(CITYSCAPES).draw(frame(1280, 720), TWO_CLASSES, LATER, on, 0.0)
    assert np.array_equal(again, fresh)


@pytest.mark.parametrize("size_wh", SIZES)
def test_panels_keep_apart_and_keep_their_margins(size_wh: tuple[int, int]) -> None:
    """With every class in view, HUD, legend and hints fit at 480 rows and at 1080."""
    classes = Segmentation(np.arange(19, dtype=np.uint8)[None].repeat(4, axis=0))
    overlay = Overlay(CITYSCAPES, hints=True, height=size_wh[1])
    seconds = iter(range(9))

    def canvas(hud: int, legend: bool) -> NDArray[np.uint8]:
        controls = replace(PLAIN, hud=hud, legend=legend)
        drawn = overlay.draw(frame(*size_wh), classes, STATUS, controls, next(seconds))
        assert drawn.shape[:2] == size_wh[::-1]
        return drawn

    everything, only_hints = canvas(2, True), canvas(0, False)
    hints = (only_hints != 128).any(axis=2)
    hud = (canvas(2, False) != 128).any(axis=2) & ~hints
    legend = (everything != 128).any(axis=2) & ~hints & ~hud
    assert hints.any()
    assert hud.any()
    assert legend.any()
    # Nothing covers the hints, and the HUD is the same with and without a legend.
    assert np.array_equal(everything[hints], only_hints[hints])
    assert np.array_equal(everything[hud], canvas(2, False)[hud])
    margin = margin_px(size_wh)
    for panel in (hints, hud, legend):
        rows, columns = np.flatnonzero(panel.any(axis=1)), np.flatnonzero(panel.any(axis=0))
        assert margin <= rows.min()
        assert rows.max() < size_wh[1] - margin
        assert margin <= columns.min()
        assert columns.max() < size_wh[0] - margin


def test_a_canvas_too_narrow_for_text_has_no_panels() -> None:
    """Unreadable panels are left out."""
    canvas = Overlay(CITYSCAPES, hints=True).draw(
        frame(100, 480), TWO_CLASSES, STATUS, replace(Controls(), alpha=0.0), 0.0
    )
    assert (canvas == 128).all()


@pytest.mark.parametrize("edges", ["auto", "clean"])
def test_edges_are_smooth_where_there_are_logits(edges: str) -> None:
    """Logits are upsampled unless clean edges are requested."""
    logits = np.where(np.arange(19) == TWO_CLASSES.class_map[..., None], 9, 0).astype(np.int8)
    canvas, smooth, clean = (
        Overlay(CITYSCAPES, edges=name).draw(
            frame(1280, 720), replace(TWO_CLASSES, logits=logits), STATUS, Controls(), 0.0
        )
        for name in (edges, "smooth", "clean")
    )
    assert not np.array_equal(smooth, clean)
    assert np.array_equal(canvas, clean if edges == "clean" else smooth)


@pytest.mark.parametrize("settings", [{"edges": "round"}, {"height": 100}, {"height": 9999}])
def test_invalid_settings_are_rejected(settings: dict[str, Any]) -> None:
    """The message ends with the valid choices."""
    with pytest.raises(UsageError, match="choose"):
        Overlay(CITYSCAPES, **settings)


def test_a_real_street_shows_its_truth_pixel_by_pixel(shared: Path) -> None:
    """On a Cityscapes frame and its truth, every class has its colour and void stays clear."""
    labelled = next((shared / "cityscapes").rglob("*_labelTrainIds.png"))
    stem = labelled.name.removesuffix("_gtFine_labelTrainIds.png")
    photo = next((shared / "cityscapes").rglob(f"{stem}_leftImg8bit.*"))
    truth = np.asarray(cv2.imread(str(labelled), cv2.IMREAD_GRAYSCALE), np.uint8)
    image = np.asarray(cv2.imread(str(photo)), np.uint8)
    canvas = Overlay(CITYSCAPES).draw(
        replace(frame(1, 1), image=image),
        Segmentation(truth),
        STATUS,
        replace(PLAIN, alpha=1.0),
        0.0,
    )
    expected = CITYSCAPES.palette_bgr()[truth, 0]
    expected[truth == VOID] = image[truth == VOID]
    assert (truth == VOID).any()
    assert np.array_equal(canvas, expected)


def test_small_pages_get_the_image_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read stays in it: the answer of a card is its image."""
    written = note_texts(monkeypatch)
    plain = Controls(panels=False)
    Overlay(CITYSCAPES, hints=False).draw(frame(1280, 720), TWO_CLASSES, STATUS, plain, 0.0)
    assert written.boxes == []
    digits = Overlay(DIGITS, hints=False)
    digits.draw(frame(28, 28), digit(), STATUS, plain, 0.0)
    texts = {text for text, _, _ in written.boxes}
    assert "7" in texts
    assert not {"int8", "shown fps", "network fps"} & texts
