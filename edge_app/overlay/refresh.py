"""Decide when panels are drawn anew."""

from __future__ import annotations

REFRESH_S = 0.2  # figures that change more often cannot be read


class Refresh:
    """Tell when panels are due; holds when they were drawn last, and for what."""

    def __init__(self) -> None:
        self._drawn_s = 0.0
        self._drawn_for: tuple[object, ...] | None = None

    def is_due(self, now_s: float, *drawn_for: object) -> bool:
        """Tell whether 0.2 s have passed or something else is to be shown; take note if so.

        now_s: a moment that only grows.
        drawn_for: what a person expects to see at once: sizes, settings, states.
        """
        if self._drawn_for == drawn_for and 0 <= now_s - self._drawn_s < REFRESH_S:
            return False
        self._drawn_s, self._drawn_for = now_s, drawn_for
        return True
