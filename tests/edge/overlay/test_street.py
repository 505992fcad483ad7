"""Every view shows what its name says, at every size, and no panel covers another."""

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest

from edge_app.controls import COMPARISONS, VIEWS, Controls
from edge_app.frame import Frame, Status
from edge_app.labels import CITYSCAPES
from edge_app.overlay import Overlay
from edge_app.overlay.board_layout import margin_px
from edge_app.overlay.compose import overlap
from edge_app.overlay.scene import divider_px, line_px
from edge_app.overlay.street import StreetView
from tests.support.comparisons import comparison, noisy_frame, segmentation
from tests.support.steps import LOADING, PAUSED, RECORDING, status
from tests.support.steps import LOST as CAMERA_LOST

BARE = Controls(legend=False, hud=0)
SIZES = [(320, 240), (321, 241), (640, 360), (853, 481), (1280, 720), (1920, 1080), (3840, 2160)]
LOUD = status(
    variant="float32",
    states=(PAUSED, LOADING, RECORDING),
    switch="switched to float32 (loaded in 31 ms)",
)
LOST = replace(LOUD, states=(CAMERA_LOST, RECORDING))


def overlays(edges: str = "auto") -> Overlay:
    """Return an overlay of Cityscapes with hints."""
    return Overlay(CITYSCAPES, edges=edges, hints=True)


@pytest.mark.parametrize("edges", ["smooth", "clean"])
@pytest.mark.parametrize("divider", [0.0, 0.05, 0.37, 0.5, 1.0])
@pytest.mark.parametrize("view", ["overlay", "map"])
def test_left_of_the_divider_is_the_first_variant_and_right_the_second(
    edges: str, divider: float, view: str
) -> None:
    """Both sides equal the canvas of their variant, except at the line and its handle."""
    frame, first, second = (
        noisy_frame(1280, 720), segmentation(1, logits=True), segmentation(2, logits=True)
    )  # fmt: skip
    controls = replace(BARE, view=view, compare="split", divider=divider)
    street = StreetView(CITYSCAPES, edges, None, hints=False)
    canvas = street.draw(frame, first, status(), controls, 0.0, comparison(second))
    alone = replace(controls, compare="off")
    left = Overlay(CITYSCAPES, edges=edges).draw(frame, first, status(), alone, 0.0)
    right = Overlay(CITYSCAPES, edges=edges).draw(frame, second, status(), alone, 0.0)
    at, line = divider_px(divider, 1280), line_px(720) + 1
    rows = np.r_[200:320, 400:720]  # clear of the chips and the handle
    assert np.array_equal(canvas[rows, : max(0, at - line)], left[rows, : max(0, at - line)])
    assert np.array_equal(canvas[rows, at + line :], right[rows, at + line :])
    assert not np.array_equal(left, right)


def test_a_map_shows_only_class_colours() -> None:
    """Nothing of the image is left."""
    found = segmentation(1, logits=False)
    canvas = Overlay(CITYSCAPES).draw(
        noisy_frame(1280, 640), found, status(), replace(BARE, view="map"), 0.0
    )
    assert np.array_equal(canvas[20::40, 20::40], CITYSCAPES.palette_bgr()[found.class_map, 0])


def test_void_is_black_on_a_map() -> None:
    """Pixels without a class have no colour, whatever the image is."""
    found = segmentation(1, logits=False)
    found.class_map[:] = 255
    canvas = Overlay(CITYSCAPES).draw(
        noisy_frame(640, 480), found, status(), replace(BARE, view="map"), 0.0
    )
    assert not canvas.any()


def test_the_picture_view_is_a_copy_of_the_frame() -> None:
    """Sinks may draw on their canvas."""
    frame = noisy_frame(1280, 720)
    canvas = Overlay(CITYSCAPES).draw(
        frame, segmentation(1, logits=True), status(), replace(BARE, view="image"), 0.0
    )
    assert np.array_equal(canvas, frame.image)
    assert not np.shares_memory(canvas, frame.image)


@pytest.mark.parametrize("size_wh", SIZES)
@pytest.mark.parametrize("compare", COMPARISONS)
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("shown", [status(), LOUD, LOST], ids=["calm", "loud", "lost"])
def test_panels_are_on_the_canvas_and_apart(
    size_wh: tuple[int, int], compare: str, view: str, shown: Status
) -> None:
    """Every panel keeps the margin and covers no other, whatever the states are."""
    frame = Frame(np.zeros((size_wh[1], size_wh[0], 3), np.uint8), 0, 0.0, 1.0, "0")
    first, second = segmentation(1, logits=False), segmentation(2, logits=False)
    for controls in (
        Controls(view=view, compare=compare),
        Controls(view=view, compare=compare, divider=0.15),
        Controls(view=view, compare=compare, help=True),
    ):
        street = StreetView(CITYSCAPES, "auto", None, hints=True)
        canvas = street.draw(frame, first, shown, controls, 0.0, comparison(second))
        width, height = canvas.shape[1], canvas.shape[0]
        margin = margin_px((width, height))
        assert street.layout.placed
        for placed in street.layout.placed:
            left, top, right, bottom = placed.box
            assert min(left, top) >= margin
            assert right <= width - margin
            assert bottom <= height - margin
        for one, other in combinations(street.layout.placed, 2):
            assert not overlap(one.box, other.box)


@pytest.mark.parametrize("size_wh", SIZES)
@pytest.mark.parametrize("shown", [LOUD, LOST], ids=["loud", "lost"])
@pytest.mark.parametrize("compare", COMPARISONS)
def test_states_always_find_a_place(size_wh: tuple[int, int], shown: Status, compare: str) -> None:
    """The HUD gives way to them if there is no space for both."""
    frame = Frame(np.zeros((size_wh[1], size_wh[0], 3), np.uint8), 0, 0.0, 1.0, "0")
    first, second = segmentation(1, logits=False), comparison(segmentation(2, logits=False))

    def panels(status: Status) -> int:
        street = StreetView(CITYSCAPES, "auto", None, hints=True)
        street.draw(frame, first, status, Controls(hud=0, compare=compare), 0.0, second)
        return len(street.layout.placed)

    calm = replace(shown, states=(), switch="")
    # One for the chips and one for the banner; the legend may give way to them.
    assert panels(shown) >= panels(calm) - 1 + (2 if shown is LOST else 1)


@pytest.mark.parametrize("compare", COMPARISONS)
@pytest.mark.parametrize("view", VIEWS)
def test_no_view_changes_the_frame(view: str, compare: str) -> None:
    """The image that is scored and recorded raw stays the same."""
    frame = noisy_frame(640, 480)
    before = frame.image.copy()
    first, second = segmentation(1, logits=True), segmentation(2, logits=True)
    for controls in (
        Controls(view=view, compare=compare), Controls(view=view, compare=compare, help=True)
    ):  # fmt: skip
        overlays().draw(frame, first, LOST, controls, 0.0, comparison(second))
    assert np.array_equal(frame.image, before)


def test_levels_of_detail_shrink_the_hud() -> None:
    """All, names and rates, nothing."""
    heights = []
    for hud in (2, 1, 0):
        street = StreetView(CITYSCAPES, "auto", None, hints=False)
        controls = Controls(legend=False, hud=hud)
        frame = noisy_frame(1280, 720)
        street.draw(frame, segmentation(1, logits=False), status(), controls, 0.0, None)
        heights.append(sum(placed.panel.size_wh[1] for placed in street.layout.placed))
    assert all(one > other for one, other in pairwise(heights))
    assert heights[-1] == 0
