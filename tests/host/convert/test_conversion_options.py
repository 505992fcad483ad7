"""What the card of a conversion says of the classes: given names, usual ones, or numbers."""

from pathlib import Path

import pytest

from edge_app.errors import UsageError
from host_tools.convert.conversion_options import (
    CardOptions,
    ConversionOptions,
    check_options,
)


def test_files_are_checked_before_anything_is_converted(tmp_path: Path) -> None:
    """A missing file or a wrong line is found at once."""
    model, out = tmp_path / "a.tflite", tmp_path / "out"
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("0 road\nsky\n", "utf-8")
    for card, problem in (
        (CardOptions(labels="nothing.txt"), "neither a file nor a label set"),
        (CardOptions(labels=str(wrong)), "line 2 is 'sky'"),
        (CardOptions(palette=wrong), "line 2 is 'sky'"),
    ):
        with pytest.raises(UsageError, match=problem):
            check_options(ConversionOptions(model, out, card=card))
