"""A model: its card, its variants, its tensors."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from edge_app.atomic import write_atomic
from edge_app.errors import ModelError, UsageError
from edge_app.input_file import check_is_file
from edge_app.label_sets import LABEL_SETS, label_set
from edge_app.labels import LabelSet, numbered_labels
from edge_app.model.guess import Guess
from edge_app.model.output_spec import OutputSpec
from edge_app.model.variant import Variant as Variant
from edge_app.results.model_card import (
    CARD_SCHEMA,
    MAX_CARD_BYTES,
    ModelCard,
    OwnLabels,
    ProofLink,
    parse_model_card,
)
from edge_app.variant_names import ALL, in_shown_order, nearest_name
from edge_app.variant_names import VARIANTS as VARIANTS

CARD_NAME = "model.json"
_Spec = TypeVar("_Spec")
# Own sets may not be called so. Sets that ship since have names that older cards may use.
_RESERVED = ("camvid", "cityscapes", "digits", "driveseg", "pascal-voc")
_LONGEST_STEM = 100  # bytes; file systems take 255 with what follows


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """An input or output as the .tflite file describes it, with its quantization.

    scale: 0 if the tensor is not quantized. real = scale * (quantized - zero_point).
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scale: float = 0.0
    zero_point: int = 0

    @property
    def size_text(self) -> str:
        """The shape to show: 1x28x28."""
        return "x".join(map(str, self.shape)) or "a single number"

    @property
    def quantized(self) -> bool:
        """Whether integers in this tensor represent real numbers."""
        return self.scale > 0 and self.dtype.kind in "iu"

    def quantize(self, real: NDArray[Any]) -> NDArray[Any]:
        """Return real values in the tensor's dtype, rounded half to even and clipped."""
        if self.dtype.kind not in "iu":
            return np.asarray(real, self.dtype)
        limits = np.iinfo(self.dtype)
        scale, zero_point = (self.scale, self.zero_point) if self.quantized else (1.0, 0)
        steps = np.rint(np.asarray(real, np.float64) / scale) + zero_point
        return np.asarray(np.clip(steps, limits.min, limits.max), self.dtype)

    def dequantize(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Return the tensor's values as real numbers: float32, same shape."""
        if not self.quantized:
            return np.asarray(values, np.float32)
        real: NDArray[np.float32] = values.astype(np.float32)
        real -= self.zero_point  # in place: a quarter less time for the scores of a digit
        real *= self.scale
        return real


@dataclass(frozen=True, slots=True)
class InputSpec:
    """How an image becomes the network's real-valued input: (pixel - mean) / std.

    size_wh: in pixels. channels: rgb, bgr or gray. fit: stretch or letterbox.
    layout: axes of the tensor, nhwc or nchw.
    mean, std: in pixel values, one for all channels or one per channel in their order.
    Raises ValueError naming the field that is wrong.
    """

    size_wh: tuple[int, int]
    channels: str = "rgb"
    mean: tuple[float, ...] = (127.5,)
    std: tuple[float, ...] = (127.5,)
    fit: str = "stretch"
    layout: str = "nhwc"

    def __post_init__(self) -> None:
        """Check the fields against each other."""
        if len(self.size_wh) != 2 or min(self.size_wh) < 1:
            raise ValueError(f"size_wh: {list(self.size_wh)} is not a width and a height")
        depth = 1 if self.channels == "gray" else 3
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in {1, depth}:
                raise ValueError(f"{name}: {len(values)} values for {depth} channels")
            if not np.isfinite(values).all():
                raise ValueError(f"{name}: {list(values)} is not finite")
        if not all(self.std):
            raise ValueError("std: it is zero")
        with np.errstate(over="ignore"):
            ends = (np.array([[0.0], [255.0]]) - self.mean) / self.std
        if np.abs(ends).max() > np.finfo(np.float32).max:
            raise ValueError(f"std: {list(self.std)} makes pixels infinite")

    def placement(self, frame_wh: tuple[int, int]) -> tuple[int, int, int, int]:
        """Return where an image of some size lies in the input: x, y, width, height in pixels."""
        width, height = self.size_wh
        if self.fit == "stretch":
            return 0, 0, width, height
        scale = min(width / frame_wh[0], height / frame_wh[1])
        w = max(1, min(width, round(frame_wh[0] * scale)))
        h = max(1, min(height, round(frame_wh[1] * scale)))
        return (width - w) // 2, (height - h) // 2, w, h


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What a .tflite file does not say about its model.

    golden: {"pattern": name, "expected": {variant: class ids}}; see `golden`.
    proof: what was compared at conversion.
    guessed: what `infer_card` guessed for a file without a card.
    """

    name: str
    title: str
    task: str
    labels: LabelSet
    input: InputSpec
    variants: Mapping[str, Variant]
    output: OutputSpec = field(default_factory=OutputSpec)
    golden: Mapping[str, Any] = field(default_factory=dict)
    calibration: Mapping[str, Any] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)
    licence: str = ""
    proof: tuple[ProofLink, ...] = ()
    guessed: tuple[Guess, ...] = ()

    @property
    def file_stem(self) -> str:
        """The name as the start of a file's name: it leads to no other folder, and is no option."""
        kept = re.sub(r"[^\w.-]", "-", self.name)
        return kept.encode()[:_LONGEST_STEM].decode(errors="ignore").strip("-.") or "model"

    def variant(self, name: str) -> Variant:
        """Return a variant by name; raise UsageError listing the names if there is none."""
        if name not in self.variants:
            near = nearest_name(name, self.variants)
            way = f"did you mean {near}?" if near else f"it has: {', '.join(self.variants)}"
            raise UsageError(f"{self.name} has no variant '{name}'; {way}")
        return self.variants[name]

    def chosen(self, text: str) -> list[str]:
        """Return the names of variants of --variants: with commas between them, or "all"."""
        if text == ALL:
            return list(self.variants)
        return [self.variant(name.strip()).name for name in text.split(",")]


def read_card(folder: Path) -> ModelSpec:
    """Read DIR/model.json; raise ModelError naming the field that is wrong."""
    path = folder / CARD_NAME
    check_is_file(path, ModelError)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_CARD_BYTES + 1)
        return _spec_of(parse_model_card(content), folder)
    except FileNotFoundError:
        raise ModelError(f"{folder} has no {CARD_NAME}; name a model folder") from None
    except OSError as fault:
        raise ModelError(
            f"{path} cannot be read ({fault}); write the card again with host-tools convert"
        ) from None
    except (ValueError, UsageError) as fault:
        raise ModelError(
            f"{path} is not a valid model card: {fault}; correct it, or convert the model again"
        ) from None


def card_beside(path: Path) -> ModelSpec | None:
    """Return the card in a file's folder, if there is one that lists the file."""
    with suppress(ModelError):
        spec = read_card(path.parent)
        if any(one.path.name == path.name for one in spec.variants.values()):
            return spec
    return None


def _spec_of(card: ModelCard, folder: Path) -> ModelSpec:
    """Return a card's values; raise ValueError or UsageError naming the field that is wrong."""
    input_spec = _checked("input", InputSpec, card.input)
    output = _checked("output", OutputSpec, card.output)
    return ModelSpec(
        name=card.name,
        title=card.name if card.title is None else card.title,
        task=card.task,
        labels=_labels_of(card.labels),
        input=input_spec,
        output=output,
        variants={
            name: Variant.of_record(name, card.variants[name], folder)
            for name in in_shown_order(card.variants)
        },
        golden=card.golden,
        calibration=card.calibration,
        source=card.source,
        licence=card.licence,
        proof=card.proof,
    )


def _checked(name: str, kind: Callable[..., _Spec], record: msgspec.Struct) -> _Spec:
    """Return a record of a card as a value; raise ValueError with the field's whole name."""
    try:
        return kind(**msgspec.structs.asdict(record))
    except ValueError as fault:
        raise ValueError(f"{name}.{fault}") from None


def _labels_of(labels: str | OwnLabels) -> LabelSet:
    if isinstance(labels, str):
        return label_set(labels)
    if labels.name in _RESERVED:
        raise ValueError(f"labels: '{labels.name}' is a set that ships; choose another name")
    return numbered_labels(labels.name, labels.names, labels.colours)


def _record_of(labels: LabelSet) -> str | OwnLabels:
    """Return a card's entry of a label set: its name if it ships, else all of it."""
    if LABEL_SETS.get(labels.name) == labels:
        return labels.name
    usual = numbered_labels(labels.name, labels.names)
    colours = () if labels == usual else tuple(label.colour_rgb for label in labels.classes)
    return OwnLabels(labels.name, labels.names, colours)


def write_card(spec: ModelSpec, folder: Path) -> Path:
    """Write DIR/model.json; a reader finds either the old or the new card."""
    variants = {name: variant.to_record() for name, variant in spec.variants.items()}
    fields = {
        **asdict(spec),
        "schema": CARD_SCHEMA,
        "labels": _record_of(spec.labels),
        "variants": variants,
        "proof": msgspec.to_builtins(spec.proof),
    }
    path = folder / CARD_NAME
    write_atomic(path, msgspec.convert(fields, ModelCard).to_json(), error=ModelError)
    return path


def file_sha256(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal; raise ModelError if it cannot be read."""
    check_is_file(path, ModelError)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as fault:
        raise ModelError(f"{path} cannot be read ({fault.strerror}); check the path") from None
