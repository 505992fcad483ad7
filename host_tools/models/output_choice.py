"""The choice among several outputs of a source network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge_app.errors import UsageError
from edge_app.model.card import TensorInfo

# Outputs that help training, by the names that they usually have.
_HELPERS = ("aux", "boundary", "edge", "deep_sup", "deepsup")


def choose_output(
    names: Sequence[str], shapes: Sequence[Sequence[int | None]], named: str | None
) -> tuple[int, str]:
    """Return the position of an output, and a line for the card if there were several.

    names, shapes: of all outputs; an open side is None. named: a name or a position as text.
    Without it a helper of training is left out, then the finest map counts, then the first.
    Raises UsageError with all outputs if there is none of this name.
    """
    sizes = [
        TensorInfo(name, tuple(side or 0 for side in shape), np.dtype(np.float32)).size_text
        for name, shape in zip(names, shapes, strict=True)
    ]
    listed = ", ".join(
        f"{at} {name} ({size})" for at, (name, size) in enumerate(zip(names, sizes, strict=True))
    )
    if named is not None:
        found = [at for at, name in enumerate(names) if name == named]
        if not found and named.isascii() and named.isdigit() and int(named) < len(names):
            found = [int(named)]
        if len(found) != 1:
            raise UsageError(
                f"the model has {'several outputs' if found else 'no output'} '{named}'; "
                f"it has: {listed}; name one with --output"
            )
        return found[0], f"{names[found[0]]}, chosen among {listed}" if len(names) > 1 else ""
    if len(names) == 1:
        return 0, ""

    def rank(position: int) -> tuple[float, ...]:
        shape = shapes[position]
        pixels = (shape[1] or 0) * (shape[2] or 0) if len(shape) == 4 else 0
        helps = any(part in names[position].lower() for part in _HELPERS)
        return (helps, -len(shape), -pixels, position)

    best = min(range(len(names)), key=rank)
    return best, f"{names[best]}, as the finest or first of {listed}; --output chooses another"
