"""The typeface, and texts fitted to a width."""

from pathlib import Path

import pytest

from edge_app.errors import EdgeError
from edge_app.fonts import BOLD, ELLIPSIS, REGULAR, face, fit, shorten, text_px
from edge_app.style import NOTHING


@pytest.mark.parametrize("file", [REGULAR, BOLD])
@pytest.mark.parametrize("size_px", [11, 14, 21, 42])
def test_digits_have_equal_widths(file: str, size_px: int) -> None:
    """Changing numbers do not move their neighbours."""
    font = face(file, size_px)
    assert len({font.getlength(figure) for figure in "0123456789"}) == 1


def test_the_typeface_has_every_character_in_use() -> None:
    """No character of the HUD falls back to the box for missing ones."""
    font = face(REGULAR, 40)
    missing = bytes(font.getmask("\uffff"))
    for sign in f"{NOTHING}{ELLIPSIS}·%.,+-":
        assert bytes(font.getmask(sign)) != missing, sign


def test_texts_that_do_not_fit_end_with_an_ellipsis() -> None:
    """A text is made smaller first, and shortened only then."""
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


def test_a_missing_typeface_is_a_clear_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Assets without fonts end with advice, not with Pillow's error."""
    monkeypatch.setenv("EDGE_ASSETS", str(tmp_path))
    with pytest.raises(EdgeError, match="install the package again"):
        face(REGULAR, 999)
