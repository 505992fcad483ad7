"""The choice among several outputs of a source network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge_app.errors import UsageError
from edge_app.model.card import TensorInfo
from edge_app.model.output_names import is_auxiliary, listed_outputs, named_output


def choose_source_output(
    names: Sequence[str], shapes: Sequence[Sequence[int | None]], named: str | None
) -> tuple[int, str]:
    """Return the position of an output, and a line for the card if there were several.

    names, shapes: of all outputs; an open side is None. named: a name or a position as text.
    Without it a helper of training is left out, then the finest map counts, then the first.
    Raises UsageError with all outputs if there is none of this name.
    """
    outputs = [
        TensorInfo(name, tuple(side or 0 for side in shape), np.dtype(np.float32))
        for name, shape in zip(names, shapes, strict=True)
    ]
    listed = listed_outputs(outputs)
    if named is not None:
        try:
            found = named_output(outputs, named)
        except LookupError as fault:
            raise UsageError(f"the model has {fault}") from None
        return found, f"{names[found]}, chosen among {listed}" if len(names) > 1 else ""
    if len(names) == 1:
        return 0, ""

    def rank(position: int) -> tuple[float, ...]:
        shape = shapes[position]
        pixels = (shape[1] or 0) * (shape[2] or 0) if len(shape) == 4 else 0
        return (is_auxiliary(names[position]), -len(shape), -pixels, position)

    best = min(range(len(names)), key=rank)
    return best, f"{names[best]}, as the finest or first of {listed}; --output chooses another"
