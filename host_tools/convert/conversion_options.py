"""Hold what is to be converted, and work out what the card says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from edge_app.errors import UsageError
from edge_app.labels import LABEL_SETS, LabelSet, label_set
from edge_app.model.card import VARIANTS, InputSpec, TensorInfo
from edge_app.model.conventions import usual_labels, usual_scaling
from host_tools.convert.evaluation import Evaluation
from host_tools.convert.select import check_quantizer
from host_tools.models.loaded_model import LoadedModel, SourceOptions


@dataclass(frozen=True, slots=True)
class ConversionOptions:
    """Say what to convert, with which pictures, and what the card tells of it.

    calibration: a source of real pictures, as `edge-app run` takes it; "" where no variant
        needs one. samples, seed: how many of them are taken, and which. weak: take bad ones too.
    evaluation: None leaves the variants unscored. max_drop: None takes the usual limit.
    mean, std, channels, task, labels: None is read from the model, or guessed.
    io: the type of int8's input: uint8, int8 or float32. keep_float: patterns of operators.
    quantizer: auto, tensorflow or ai-edge-quantizer.
    """

    model: Path
    out: Path
    calibration: str
    evaluation: Evaluation | None = None
    samples: int = 100
    seed: int = 0
    weak: bool = False
    name: str = ""
    title: str = ""
    task: str | None = None
    labels: str | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    channels: str | None = None
    fit: str = "stretch"
    wishes: SourceOptions = field(default_factory=SourceOptions)
    variants: tuple[str, ...] = VARIANTS
    io: str = "uint8"
    keep_float: tuple[str, ...] = ()
    quantizer: str = "auto"
    max_drop: float | None = None
    source: str = ""
    licence: str = ""


def check_options(recipe: ConversionOptions) -> None:
    """Raise UsageError for what can be told to be wrong before anything is loaded."""
    if recipe.labels:
        label_set(recipe.labels)
    if recipe.std and not all(recipe.std):
        raise UsageError("--std is zero; the pixels are divided by it")
    unknown = [name for name in recipe.variants if name not in VARIANTS]
    if unknown or not recipe.variants:
        raise UsageError(f"--variants {','.join(recipe.variants)}: choose of {','.join(VARIANTS)}")
    if not recipe.calibration and "int8" in recipe.variants:
        raise UsageError("int8 is calibrated on real pictures; name some with --calibration")
    if recipe.max_drop is not None and not 0 <= recipe.max_drop <= 1:
        raise UsageError(f"--max-drop {recipe.max_drop:g}: give a share from 0 to 1, as 0.02")
    check_quantizer(recipe.quantizer)
    if recipe.keep_float and recipe.quantizer == "tensorflow":
        raise UsageError(
            "TensorFlow's converter cannot keep operators in float; "
            "leave out --keep-float or --quantizer tensorflow"
        )


def input_spec(recipe: ConversionOptions, loaded: LoadedModel) -> tuple[InputSpec, str]:
    """Return how pictures become the model's input, and where that was learnt, in words.

    What the user says goes before what was found in the model, and that before what is usual:
    0..1 for one channel, as digits are trained, and -1..1 for three, as MobileNets are.
    """
    depth = loaded.shape[3] if len(loaded.shape) == 4 else 1
    usual = usual_scaling(depth)
    if recipe.mean is not None or recipe.std is not None:
        told = "as told"
    else:
        told = "found in the model" if loaded.mean is not None else "assumed, as it is usual"
    try:
        given = InputSpec(
            size_wh=(loaded.shape[2], loaded.shape[1]),
            channels="gray" if depth == 1 else recipe.channels or loaded.channels or "rgb",
            mean=recipe.mean or loaded.mean or usual[0],
            std=recipe.std or loaded.std or usual[1],
            fit=recipe.fit,
        )
    except ValueError as fault:
        raise UsageError(f"{fault}; mend --mean, --std or --channels") from None
    return given, told


def infer_task(recipe: ConversionOptions, output: TensorInfo) -> str:
    """Return the task: as told, else by the output's shape."""
    return recipe.task or ("classification" if len(output.shape) == 2 else "segmentation")


def infer_labels(recipe: ConversionOptions, task: str, output: TensorInfo) -> LabelSet:
    """Return the label set: as told, else the usual one for so many classes."""
    if recipe.labels:
        return label_set(recipe.labels)
    usual = usual_labels(task, output)
    if usual is None:
        count = output.shape[-1] if output.shape else 0
        raise UsageError(
            f"no label set has {count} classes by convention; name one with --labels: "
            f"{', '.join(sorted(LABEL_SETS))}"
        )
    return label_set(usual)
