"""The choice among several outputs of a source network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge_app.errors import UsageError
from edge_app.model.card import TensorInfo
from edge_app.model.inferred.output_readings import output_rank, output_readings
from edge_app.model.output_names import is_auxiliary, listed_outputs, named_output


def choose_source_output(
    names: Sequence[str],
    shapes: Sequence[Sequence[int | None]],
    named: str | None,
    image: Sequence[int],
) -> tuple[int, str]:
    """Return the position of an output, and a line for the card if there were several.

    names, shapes: of all outputs; an open side is None. named: a name or a position as text.
    image: the input's shape, (1, H, W) or (1, H, W, C).
    Without it the output is chosen as `edge-app` chooses it: of maps, one of a known number of
    classes, then the finest, then the first, and helpers of training last.
    Raises UsageError with all outputs if there is none of this name.
    """
    outputs = [
        TensorInfo(name, _with_batch_of_one(shape), np.dtype(np.float32))
        for name, shape in zip(names, shapes, strict=True)
    ]
    listed = listed_outputs(outputs).replace("x-1", "x?")
    if named is not None:
        try:
            found = named_output(outputs, named)
        except LookupError as fault:
            raise UsageError(f"the model has {fault}") from None
        return found, f"{names[found]}, chosen among {listed}" if len(names) > 1 else ""
    if len(names) == 1:
        return 0, ""

    def rank(position: int) -> tuple[float, ...]:
        is_helper = is_auxiliary(names[position])
        forms = output_readings(outputs[position].shape, (image[1], image[2]))
        if forms:
            return output_rank(forms[0], is_helper=is_helper)
        return (len(shapes[position]) < 4, is_helper, True)  # of an open size

    best = min(range(len(names)), key=rank)
    return best, f"{names[best]}, as the finest or first of {listed}; --output chooses another"


def _with_batch_of_one(shape: Sequence[int | None]) -> tuple[int, ...]:
    """Return a shape with 1 for an open batch axis, and -1 for other open sides."""
    return tuple((1 if at == 0 else -1) if side is None else side for at, side in enumerate(shape))
