"""Readings of digits as the reader would give them."""

import numpy as np

from edge_app.frame import Reading


def reading(digit: int, box: tuple[int, int, int, int], confidence: float = 0.97) -> Reading:
    """Return a reading with a confidence."""
    scores = np.full(10, (1 - confidence) / 9, np.float32)
    scores[digit] = confidence
    return Reading(box, digit, confidence, scores)
