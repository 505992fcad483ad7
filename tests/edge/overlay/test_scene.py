"""What is drawn for a view and a comparison."""

import pytest

from edge_app.controls import Controls
from edge_app.overlay.scene import view_mode


@pytest.mark.parametrize(
    ("view", "compare", "compared", "mode"),
    [
        ("map", "split", False, "map"),
        ("map", "off", True, "map"),
        ("map", "split", True, "split"),
        ("side by side", "split", True, "side by side"),
        ("side by side", "difference", True, "difference"),
        ("image", "difference", True, "difference"),
    ],
)
def test_a_comparison_takes_precedence_over_the_view(
    view: str, compare: str, compared: bool, mode: str
) -> None:
    """The view stays until the second variant has answered."""
    assert view_mode(Controls(view=view, compare=compare), compared) == mode
