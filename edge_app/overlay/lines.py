"""Wrapping of texts into lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from edge_app.fonts import Face, shorten, text_px


def wrap(text: str, font: Face, max_px: int, most: int) -> list[str]:
    """Wrap a text into lines of about equal length; what does not fit ends in an ellipsis."""
    lines = _filled(text, font, max_px, most)
    even_px = max_px
    while len(lines) > 1 and even_px > max_px // 2:
        even_px -= max(1, max_px // 40)
        tried = _filled(text, font, even_px, most)
        if len(tried) > len(lines) or max(text_px(line, font) for line in tried) > even_px:
            break
        lines = tried
    return [shorten(line, font, max_px) for line in lines]


def _filled(text: str, font: Face, max_px: int, most: int) -> list[str]:
    """Wrap a text into full lines; the last of `most` takes the rest."""
    lines: list[str] = []
    for word in _pieces(text, font, max_px):
        longer = lines[-1] + word if lines else word
        if lines and (text_px(longer.rstrip(), font) <= max_px or len(lines) == most):
            lines[-1] = longer
        else:
            lines.append(word)
    return [line.rstrip() for line in lines]


def _pieces(text: str, font: Face, max_px: int) -> Iterator[str]:
    """Yield the parts between which a text may be wrapped, with the spaces after them.

    A word that is too wide, as paths are, is also wrapped after its slashes, dashes and dots.
    """
    for word in text.split():
        parts = re.findall(r".+?[/._-]+|.+", word) if text_px(word, font) > max_px else [word]
        yield from parts[:-1]
        yield parts[-1] + " "
