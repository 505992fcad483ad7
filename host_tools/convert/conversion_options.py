"""Options of a conversion, and what the model card says without them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from edge_app.errors import UsageError
from edge_app.label_files import read_labels
from edge_app.model.card import VARIANTS
from edge_app.model.recipe import Recipe
from edge_app.palette_files import read_palette
from edge_app.variant_names import check_variant_names
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
    recipes: of further variants, by their names.
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
    recipes: Mapping[str, Recipe] = field(default_factory=dict)

    @property
    def made(self) -> tuple[str, ...]:
        """The names of all variants that the model folder is to hold."""
        return (*self.variants, *self.recipes)

    @property
    def quantized(self) -> list[str]:
        """The canonical variants to make beside float32, in the usual order."""
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
    check_recipe_names(options.recipes)
    if not options.calibration.source:
        for name in needing_images(options.variants, options.recipes):
            raise UsageError(f"{name} needs real images for calibration; give --calibration")
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


def check_recipe_names(names: Iterable[str]) -> None:
    """Raise UsageError for names that variants made by recipes cannot have."""
    try:
        check_variant_names(names)
    except ValueError as fault:
        raise UsageError(f"--recipe {fault}; name it otherwise with NAME=FILE") from None
    for name in names:
        if name in VARIANTS:
            raise UsageError(
                f"--recipe {name}: the variant of this name is made without a recipe; "
                "name it otherwise with NAME=FILE"
            )


def needing_images(variants: Collection[str], recipes: Mapping[str, Recipe]) -> list[str]:
    """Return the names of the variants whose bytes depend on calibration images."""
    canonical = ["int8"] if "int8" in variants else []
    return [*canonical, *(name for name, recipe in recipes.items() if recipe.needs_images)]


def with_images_of_recipes(
    options: CalibrationOptions, recipes: Mapping[str, Recipe]
) -> tuple[CalibrationOptions, dict[str, Recipe]]:
    """Return the choice of calibration images that recipes name, and recipes that all name it.

    A conversion has one set of images. Raises UsageError if recipes and options name several.
    """
    needing = [recipe for recipe in recipes.values() if recipe.needs_images]
    counts = {recipe.samples for recipe in needing} | {options.samples}
    seeds = {recipe.seed for recipe in needing} | {options.seed}
    for name, found in (("samples", counts - {None}), ("seed", seeds - {0})):
        if len(found) > 1:
            given = " and ".join(map(str, sorted(found, key=str)))
            raise UsageError(
                f"{name} {given}: recipes and --{name} name different images, and a conversion "
                "has one set; convert them one by one, or leave the option out"
            )
    samples, seed = next(iter(counts - {None}), None), next(iter(seeds - {0}), 0)
    named = {
        name: replace(one, samples=samples, seed=seed) if one.needs_images else one
        for name, one in recipes.items()
    }
    return replace(options, samples=samples, seed=seed), named
