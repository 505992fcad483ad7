"""The places of all texts that a test draws, to check that they are readable."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge_app.fonts import Face
from edge_app.overlay.panel import Sheet

UNITS = [0.45, 0.8, 1.0, 1.5, 3.0]
Box = tuple[int, int, int, int]


class Written:
    """The texts drawn on sheets, with their boxes: left, top, right, bottom."""

    def __init__(self) -> None:
        self.boxes: list[tuple[str, Box, Sheet]] = []
        self.sizes_px: list[tuple[float, str]] = []

    def check(self, margin_px: int = 0) -> None:
        """Assert that all texts are within their sheets, and that no two on a sheet overlap."""
        for text, (left, top, right, bottom), sheet in self.boxes:
            width, height = sheet.size_wh
            assert left >= margin_px, text
            assert top >= margin_px, text
            assert right <= width - margin_px, text
            assert bottom <= height - margin_px, text
        for i, (text, one, sheet) in enumerate(self.boxes):
            for other_text, other, other_sheet in self.boxes[:i]:
                apart = (
                    sheet is not other_sheet
                    or one[2] <= other[0]
                    or other[2] <= one[0]
                    or one[3] <= other[1]
                    or other[3] <= one[1]
                )
                assert apart, f"'{text}' over '{other_text}'"


def note_texts(monkeypatch: pytest.MonkeyPatch) -> Written:
    """Record every text that is drawn in a test."""
    notes = Written()
    write: Callable[..., None] = Sheet.text

    def note(
        sheet: Sheet,
        xy: tuple[int, int],
        text: str,
        font: Face,
        colour: str = "#FFFFFF",
        anchor: str = "ls",
    ) -> None:
        sides = font.getbbox(text, anchor=anchor)
        box = tuple(int(side) + xy[i % 2] for i, side in enumerate(sides))
        notes.boxes.append((text, box, sheet))  # type: ignore[arg-type]
        notes.sizes_px.append((font.size, text))
        write(sheet, xy, text, font, colour, anchor)

    monkeypatch.setattr(Sheet, "text", note)
    return notes
