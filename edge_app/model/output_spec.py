"""Which output of a network has the answer, and how its values are to be read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import get_args

from edge_app.results.model_card import Activation, OutputLayout

LAYOUTS: tuple[str, ...] = get_args(OutputLayout)
ACTIVATIONS: tuple[str, ...] = get_args(Activation)


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """How the network's output becomes classes.

    tensor: name of the output, or its position from 0 as text; None for the first.
    layout: axes of a class map: nhwc, nchw, or flat for 1xN with one entry per pixel, or per
        pixel and class.
    activation: logits, probabilities, sigmoid or ids; None for what the tensor's type says:
        ids for integers that are not quantized, else scores that are logits or probabilities.
        A single channel has two classes: of `sigmoid` it is the probability of the second one,
        of `logits` that before the sigmoid.
    threshold: the probability above which a single channel is the second class.
    Raises ValueError naming the field that is wrong.
    """

    tensor: str | None = None
    layout: str = "nhwc"
    activation: str | None = None
    threshold: float = 0.5

    def __post_init__(self) -> None:
        """Check the fields."""
        if self.layout not in LAYOUTS:
            raise ValueError(f"layout: '{self.layout}' is not one of {', '.join(LAYOUTS)}")
        if self.activation is not None and self.activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise ValueError(f"activation: '{self.activation}' is not one of {known}")
        if not (math.isfinite(self.threshold) and 0 < self.threshold < 1):
            raise ValueError(f"threshold: {self.threshold:g} is not between 0 and 1")


USUAL_OUTPUT = OutputSpec()
