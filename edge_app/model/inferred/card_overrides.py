"""What a user says about a file without a card."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge_app.errors import UsageError

INPUT_LAYOUTS = ("nhwc", "nchw")
OUTPUT_LAYOUTS = ("nhwc", "nchw", "flat")


@dataclass(frozen=True, slots=True)
class CardOverrides:
    """What the user says about a file without a card, as in `InputSpec` and `OutputSpec`.

    None is inferred. layout: of the input, and after a comma that of a map; one alone is of both.
    labels: name of a label set, or a file with the names. palette: file with the colours.
    output: name of the output, or its position. Raises UsageError for a layout that is none.
    """

    task: str | None = None
    labels: str | None = None
    size_wh: tuple[int, int] | None = None
    channels: str | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    fit: str | None = None
    layout: str | None = None
    output: str | None = None
    activation: str | None = None
    threshold: float | None = None
    palette: Path | None = None

    def __post_init__(self) -> None:
        """Check the layouts."""
        if self.layout is None:
            return
        one, comma, other = self.layout.partition(",")
        known_input = one in INPUT_LAYOUTS or (one == "flat" and not comma)
        if not known_input or (comma and other not in OUTPUT_LAYOUTS):
            raise UsageError(
                f"--layout {self.layout} is no layout; give nhwc or nchw for both, flat for the "
                "output, or INPUT,OUTPUT, as nhwc,nchw"
            )

    @property
    def input_layout(self) -> str | None:
        """The layout of the input."""
        one = (self.layout or "").partition(",")[0]
        return one if one in INPUT_LAYOUTS else None

    @property
    def output_layout(self) -> str | None:
        """The layout of a map."""
        one, comma, other = (self.layout or "").partition(",")
        return (other if comma else one) or None
