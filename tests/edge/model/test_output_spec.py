"""An output's description is whole, or its wrong field is named."""

from typing import Any

import pytest

from edge_app.model.output_spec import ACTIVATIONS, LAYOUTS, OutputSpec


def test_every_layout_and_activation_is_taken() -> None:
    """Those that a card knows are those that a description takes."""
    for layout in LAYOUTS:
        for activation in (None, *ACTIVATIONS):
            assert OutputSpec("scores", layout, activation, 0.4).activation == activation


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"layout": "chwn"}, "layout: 'chwn' is not one of nhwc, nchw, flat"),
        ({"activation": "relu"}, "activation: 'relu' is not one of logits, probabilities"),
        ({"threshold": 0.0}, "threshold: 0 is not between 0 and 1"),
        ({"threshold": 128.0}, "threshold: 128 is not between 0 and 1"),
        ({"threshold": float("nan")}, "threshold: nan is not between 0 and 1"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, Any], problem: str) -> None:
    """The message begins with the field, as messages on cards do."""
    with pytest.raises(ValueError, match=f"^{problem}"):
        OutputSpec(**fields)
