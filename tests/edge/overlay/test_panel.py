"""Panels and their letters are drawn exactly, at any size and place."""

from pathlib import Path

import numpy as np
import pytest

from edge_app.errors import EdgeError
from edge_app.fonts import BOLD, ELLIPSIS, REGULAR, face, fit, shorten, text_px
from edge_app.overlay.panel import Panel, Sheet, blit
from edge_app.style import NOTHING


@pytest.mark.parametrize("file", [REGULAR, BOLD])
@pytest.mark.parametrize("size_px", [11, 14, 21, 42])
def test_figures_are_of_equal_width(file: str, size_px: int) -> None:
    """Numbers that change do not make their neighbours dance."""
    font = face(file, size_px)
    assert len({font.getlength(figure) for figure in "0123456789"}) == 1


def test_the_typeface_has_every_sign_that_is_written() -> None:
    """No sign of the HUD falls back to the box for missing ones."""
    font = face(REGULAR, 40)
    missing = bytes(font.getmask("\uffff"))
    for sign in f"{NOTHING}{ELLIPSIS}·%.,+-":
        assert bytes(font.getmask(sign)) != missing, sign


def test_words_that_do_not_fit_end_in_an_ellipsis() -> None:
    """A text is made smaller first, and cut only then."""
    font = face(REGULAR, 14)
    assert shorten("road", font, 100) == "road"
    cut = shorten("a long title", font, 50)
    assert cut.endswith(ELLIPSIS)
    assert text_px(cut, font) <= 50
    assert shorten("a long title", font, 2) == ""
    text, smaller = fit("a long title", REGULAR, (30, 10), 90)
    assert text == "a long title"
    assert 10 <= smaller.size < 30
    assert text_px(text, smaller) <= 90


def test_a_missing_typeface_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Assets without fonts end in advice, not in Pillow's error."""
    monkeypatch.setenv("EDGE_ASSETS", str(tmp_path))
    with pytest.raises(EdgeError, match="install the package again"):
        face(REGULAR, 999)


def test_a_panel_is_laid_over_the_picture_by_its_opacity() -> None:
    """Colour comes on top of what the panel lets through, and corners stay clear."""
    canvas = np.full((40, 60, 3), 200, np.uint8)
    sheet = Sheet((20, 20), 6, opacity=0.5)
    sheet.box((8, 8), (4, 4), "#FF8000", 0)
    blit(canvas, sheet.finish(), (10, 10))
    assert canvas[20, 20].tolist() == [0, 128, 255]
    assert canvas[14, 20].tolist() == pytest.approx([100 + 13, 100 + 10, 100 + 8], abs=2)
    assert canvas[10, 10].tolist() == pytest.approx([200] * 3, abs=6)
    assert (canvas[:, :10] == 200).all()


@pytest.mark.parametrize("xy", [(-5, -5), (55, 35), (100, 100), (-50, 0)])
def test_a_panel_beyond_the_canvas_is_clipped(xy: tuple[int, int]) -> None:
    """A panel larger than the room for it is no error."""
    canvas = np.full((40, 60, 3), 200, np.uint8)
    panel = Panel(np.zeros((20, 20, 3), np.uint8), np.zeros((20, 20, 3), np.uint8))
    blit(canvas, panel, xy)
    rows = max(0, min(40, xy[1] + 20) - max(0, xy[1]))
    columns = max(0, min(60, xy[0] + 20) - max(0, xy[0]))
    assert (canvas == 0).all(axis=2).sum() == rows * columns
