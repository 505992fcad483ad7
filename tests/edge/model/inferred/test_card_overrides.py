"""What a user says about a file without a card is checked."""

import pytest

from edge_app.errors import UsageError
from edge_app.model.inferred.card_overrides import CardOverrides


@pytest.mark.parametrize(
    ("layout", "given", "output"),
    [
        (None, None, None),
        ("nchw", "nchw", "nchw"),
        ("nhwc,nchw", "nhwc", "nchw"),
        ("nchw,flat", "nchw", "flat"),
        ("flat", None, "flat"),
    ],
)
def test_a_layout_is_of_both_or_of_each(
    layout: str | None, given: str | None, output: str | None
) -> None:
    """One alone is of input and output; an image is never flat."""
    overrides = CardOverrides(layout=layout)
    assert (overrides.input_layout, overrides.output_layout) == (given, output)


@pytest.mark.parametrize("layout", ["", "hwc", "nchw,", "flat,nhwc", "nhwc,nchw,flat", ",nchw"])
def test_what_is_no_layout_is_refused(layout: str) -> None:
    """The message shows the forms."""
    with pytest.raises(UsageError, match=r"--layout .* is no layout; give nhwc or nchw for both"):
        CardOverrides(layout=layout)
