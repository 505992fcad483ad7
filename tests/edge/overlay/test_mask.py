"""Class colours are where the classes are, in the strength of alpha."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.frame import Segmentation
from edge_app.labels import CITYSCAPES, PASCAL_VOC, VOID
from edge_app.overlay.mask import MaskPainter, class_shares

ROAD, SKY, CAR = 0, 10, 13
PALETTE = CITYSCAPES.palette_bgr()
DTYPES = ["float32", "float16", "int8", "uint8", "int16"]


def noise(width: int = 640, height: int = 480) -> NDArray[np.uint8]:
    """Return noise, which resembles no painted colour."""
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)


def step(columns: int, edge: int, dtype: str = "float32", rows: int = 8) -> Segmentation:
    """Return road left of a column and sky from it on, with logits 60 apart."""
    classes = np.full((rows, columns), ROAD, np.uint8)
    classes[:, edge:] = SKY
    logits = np.where(np.arange(19) == classes[..., None], 90, 30)
    return Segmentation(classes, logits.astype(dtype))


@pytest.mark.parametrize("alpha", [0.25, 0.55, 1.0])
@pytest.mark.parametrize("edges", ["clean", "smooth"])
def test_colours_are_blended_by_alpha(alpha: float, edges: str) -> None:
    """A canvas is (1 - alpha) of the image and alpha of the colour, up to rounding."""
    image = noise()
    canvas = MaskPainter(PALETTE, edges).paint(image, step(16, 8), alpha)
    left, right = np.s_[:, :300], np.s_[:, 340:]
    for part, train_id in ((left, ROAD), (right, SKY)):
        expected = (1 - alpha) * image[part] + alpha * PALETTE[train_id, 0].astype(float)
        assert np.abs(canvas[part] - expected).max() <= 0.5 + 1e-6


def test_alpha_zero_returns_a_copy_of_the_image() -> None:
    """Drawing on the canvas does not change the frame even without colours."""
    image = noise()
    canvas = MaskPainter(PALETTE).paint(image, step(16, 8), 0.0)
    assert np.array_equal(canvas, image)
    assert not np.shares_memory(canvas, image)


@pytest.mark.parametrize("edges", ["clean", "smooth"])
def test_the_image_is_not_changed(edges: str) -> None:
    """Sinks and scores may still need the frame."""
    image = noise()
    before = image.copy()
    MaskPainter(PALETTE, edges).paint(image, step(16, 8), 0.55)
    assert np.array_equal(image, before)


def test_a_canvas_survives_the_next_one() -> None:
    """The reused buffer is never returned."""
    painter = MaskPainter(PALETTE)
    first = painter.paint(noise(), step(16, 8), 0.55)
    kept = first.copy()
    painter.paint(255 - noise(), step(16, 2), 0.9)
    assert np.array_equal(first, kept)


@pytest.mark.parametrize(("palette", "clear"), [(PALETTE, VOID), (PASCAL_VOC.palette_bgr(), 0)])
def test_void_and_a_black_background_leave_the_image_clear(
    palette: NDArray[np.uint8], clear: int
) -> None:
    """Pixels without a class are not darkened."""
    image = noise()
    classes = np.full((8, 16), 7, np.uint8)
    classes[:, :4] = clear
    canvas = MaskPainter(palette).paint(image, Segmentation(classes), 0.55)
    assert np.array_equal(canvas[:, :160], image[:, :160])
    assert (canvas[:, 160:] != image[:, 160:]).any(axis=2).mean() > 0.9


@pytest.mark.parametrize("columns", [16, 33, 128, 257])
@pytest.mark.parametrize("size_wh", [(640, 480), (1280, 720), (1919, 1080)])
def test_edges_are_where_the_network_put_them(columns: int, size_wh: tuple[int, int]) -> None:
    """A step between two columns of logits is at the same share of the width of the display.

    The tolerance is the step of the grid, far below half a pixel of the network.
    """
    width, height = size_wh
    for edge in (columns // 4, columns // 2, columns - 2):
        found = step(columns, edge)
        expected = edge * width / columns
        for edges in ("clean", "smooth"):
            painter = MaskPainter(PALETTE, edges)
            row = painter.paint(np.zeros((height, width, 3), np.uint8), found, 1.0)[height // 2]
            reddish = row[:, 2] > (int(PALETTE[ROAD, 0, 2]) + int(PALETTE[SKY, 0, 2])) / 2
            assert abs(int(reddish.sum()) - expected) <= 2.5


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (Segmentation(np.zeros((8, 8), np.uint8)), "the graph ends in an argmax"),
        (step(640, 300, rows=360), "the class map is as fine as the grid"),
        (
            Segmentation(np.eye(8, dtype=np.uint8), np.full((8, 8, 2), np.nan, np.float32)),
            "the logits are not numbers",
        ),
        (
            Segmentation(np.full((8, 8), VOID, np.uint8), np.zeros((8, 8, 2), np.int8)),
            "nothing but void is in view",
        ),
    ],
)
def test_edges_stay_clean_if_smoothing_gains_nothing(found: Segmentation, why: str) -> None:
    """Logits are upsampled only if that makes edges finer."""
    smooth, clean = (
        MaskPainter(PALETTE, edges).paint(noise(), found, 0.5) for edges in ("smooth", "clean")
    )
    assert np.array_equal(smooth, clean), why


def test_a_class_map_finer_than_the_display_is_shrunk() -> None:
    """A map of 1025x2049 is painted on a small canvas without a canvas of its own size."""
    classes = np.zeros((1025, 2049), np.uint8)
    classes[:, 1024:] = SKY
    canvas = MaskPainter(PALETTE).paint(
        np.zeros((480, 640, 3), np.uint8), Segmentation(classes), 1.0
    )
    assert canvas.shape == (480, 640, 3)
    assert tuple(canvas[10, 10]) == tuple(PALETTE[ROAD, 0])
    assert tuple(canvas[10, 630]) == tuple(PALETTE[SKY, 0])


@pytest.mark.parametrize("shape_hw", [(64, 128), (1024, 2048)])
def test_shares_add_up_to_one(shape_hw: tuple[int, int]) -> None:
    """Three quarters road and a quarter car give these shares at any size."""
    classes = np.full(shape_hw, ROAD, np.uint8)
    classes[:, : shape_hw[1] // 4] = CAR
    share = class_shares(classes, 19)
    assert share[ROAD] == pytest.approx(0.75)
    assert share[CAR] == pytest.approx(0.25)
    assert share.sum() == pytest.approx(1)
