"""Options of a conversion, and what the model card says without them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from edge_app.errors import UsageError
from edge_app.label_files import read_labels
from edge_app.model.card import VARIANTS
from edge_app.palette_files import read_palette
from host_tools.convert.calibration import CalibrationOptions
from host_tools.convert.evaluation import Evaluation
from host_tools.convert.select import check_quantizer
from host_tools.models.loaded_model import SourceOptions


@dataclass(frozen=True, slots=True)
class CardOptions:
    """The user's entries of the model card.

    name, title, source: replaced by the folder's name, the name and the model's file if empty.
    task, labels, mean, std, channels, fit, activation, threshold: None is read from the model, its
        card, or inferred; see `card_values`.
    labels: name of a label set, or a file of names. palette: file of colours, else the set's own.
    """

    name: str = ""
    title: str = ""
    source: str = ""
    licence: str = ""
    task: str | None = None
    labels: str | None = None
    palette: Path | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    channels: str | None = None
    fit: str | None = None
    activation: str | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class ConversionOptions:
    """What to convert, into which variants, and on which images.

    out: the model folder. evaluation: None leaves the variants unscored.
    io: type of int8's input: uint8, int8 or float32. keep_float: patterns of operators.
    quantizer: auto, tensorflow or ai-edge-quantizer. max_drop: None is the usual limit.
    """

    model: Path
    out: Path
    source: SourceOptions = field(default_factory=SourceOptions)
    card: CardOptions = field(default_factory=CardOptions)
    calibration: CalibrationOptions = field(default_factory=CalibrationOptions)
    evaluation: Evaluation | None = None
    variants: tuple[str, ...] = VARIANTS
    io: str = "uint8"
    keep_float: tuple[str, ...] = ()
    quantizer: str = "auto"
    max_drop: float | None = None

    @property
    def quantized(self) -> list[str]:
        """The variants to make beside float32, in the usual order."""
        return [name for name in VARIANTS if name in self.variants and name != "float32"]


def check_options(options: ConversionOptions) -> None:
    """Raise UsageError for options that are wrong whatever the model is."""
    if options.card.labels:
        read_labels(options.card.labels)
    if options.card.palette:
        read_palette(options.card.palette)
    if options.card.std and not all(options.card.std):
        raise UsageError("--std is zero, and pixels are divided by it; give another number")
    check_variants(options.variants)
    if not options.calibration.source and "int8" in options.variants:
        raise UsageError("int8 needs real images for calibration; give --calibration")
    if options.max_drop is not None and not 0 <= options.max_drop <= 1:
        raise UsageError(f"--max-drop {options.max_drop:g}: give a share from 0 to 1, as 0.02")
    check_quantizer(options.quantizer)
    if options.keep_float and options.quantizer == "tensorflow":
        raise UsageError(
            "TensorFlow's converter cannot keep operators in float; "
            "leave out --keep-float or --quantizer tensorflow"
        )


def check_variants(names: tuple[str, ...]) -> None:
    """Raise UsageError for names of variants that cannot be made."""
    if not names or not set(names) <= set(VARIANTS):
        raise UsageError(f"--variants {','.join(names)}: choose from {','.join(VARIANTS)}")
