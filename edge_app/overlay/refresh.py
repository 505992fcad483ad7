"""How often panels are redrawn."""

from __future__ import annotations

REFRESH_S = 0.2  # figures that change more often are unreadable


class Refresh:
    """When panels were drawn last, and for what."""

    def __init__(self) -> None:
        self._drawn_s = 0.0
        self._drawn_for: tuple[object, ...] | None = None

    def is_due(self, now_s: float, *drawn_for: object) -> bool:
        """Return whether to redraw now: 0.2 s have passed, or another argument has changed.

        If so, the caller draws at once. now_s: a monotonic time.
        drawn_for: what viewers expect to see at once: sizes, controls, states.
        """
        if self._drawn_for == drawn_for and 0 <= now_s - self._drawn_s < REFRESH_S:
            return False
        self._drawn_s, self._drawn_for = now_s, drawn_for
        return True
