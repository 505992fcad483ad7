"""Stills of a comparison are finished canvases, whatever the shape of the frame."""

from collections.abc import Callable

import numpy as np
import pytest

from edge_app.controls import Controls
from edge_app.frame import Image
from edge_app.labels import CITYSCAPES
from edge_app.overlay import Overlay
from edge_app.overlay.scene import BACKGROUND_BGR
from edge_app.overlay.stills import SIZE_WH, ComparedFrame, difference_image, split_image
from tests.support.comparisons import comparison, noise, noisy_frame, segmentation
from tests.support.steps import status
from tests.support.text_boxes import note_texts

FIRST, SECOND = segmentation(1, logits=True), segmentation(2, logits=True)


def compared(image: Image) -> ComparedFrame:
    """Return float32 and int8 on an image."""
    return ComparedFrame(image, FIRST, comparison(SECOND), CITYSCAPES, "float32")


@pytest.mark.parametrize("make", [split_image, difference_image])
@pytest.mark.parametrize("frame_wh", [(1280, 720), (960, 720), (2048, 1024), (480, 853), (33, 21)])
def test_a_still_has_its_size_names_and_figures(
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[ComparedFrame], Image],
    frame_wh: tuple[int, int],
) -> None:
    """It shows both variants, both scores and the agreement; the frame is not changed."""
    written = note_texts(monkeypatch)
    image = noise(*frame_wh)
    before = image.copy()
    canvas = make(compared(image))
    assert canvas.shape == (SIZE_WH[1], SIZE_WH[0], 3)
    assert canvas.dtype == np.uint8
    assert np.array_equal(image, before)
    texts = {text for text, _, _ in written.boxes}
    assert {"float32", "int8", "mIoU .594", "mIoU .593", "97.3 %", "agreement"} <= texts
    written.check()


def test_an_image_of_another_shape_has_a_plain_background() -> None:
    """Its whole height is visible, with background left and right of it."""
    canvas = split_image(compared(noise(960, 720)))
    assert (canvas[:, :150].reshape(-1, 3) == BACKGROUND_BGR).all()
    assert not (canvas[:, 170:400] == BACKGROUND_BGR).all(axis=2).any()


def test_a_still_shows_the_same_as_the_live_view() -> None:
    """Its pixels beside the divider are those of the two overlays."""
    frame = noisy_frame(1280, 720)
    canvas = split_image(compared(frame.image), divider=0.3)
    overlay = Overlay(CITYSCAPES)
    for result, part in ((FIRST, np.s_[400:500, :380]), (SECOND, np.s_[400:500, 390:900])):
        alone = overlay.draw(frame, result, status(), Controls(hud=0, legend=False), 0.0)
        assert np.array_equal(canvas[part], alone[part])


def test_the_lowest_agreement_has_the_worst_class_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The heading says from which size on classes are among them."""
    written = note_texts(monkeypatch)
    split_image(compared(noise(1280, 720)))
    texts = [text for text, _, _ in written.boxes]
    at = texts.index("lowest agreement, of classes from 1 % of the image")
    shares = [float(text.removesuffix(" %")) for text in texts[at + 2 : at + 7 : 2]]
    assert len(shares) == 3
    assert shares == sorted(shares)
    assert len(set(shares)) == 3
