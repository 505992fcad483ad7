"""Describe a model: the card beside its files, its variants, its tensors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError, UsageError
from edge_app.json_fields import as_numbers, as_object, as_text, one_of, read_field
from edge_app.labels import LABEL_SETS, LabelSet, label_set, numbered_labels

CARD_NAME = "model.json"
CARD_VERSION = 1
VARIANTS = ("float32", "float16", "dynamic_range", "int8")
TASKS = ("segmentation", "classification")
CHANNELS = ("rgb", "bgr", "gray")
FITS = ("stretch", "letterbox")


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """Describe an input or output as the file states it: the only place values are scaled.

    scale: 0 where the tensor is not quantized. real = scale * (q - zero_point).
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scale: float = 0.0
    zero_point: int = 0

    @property
    def quantized(self) -> bool:
        """Whether integers in this tensor stand for real numbers."""
        return self.scale > 0 and self.dtype.kind in "iu"

    def quantize(self, real: NDArray[Any]) -> NDArray[Any]:
        """Return real values in the tensor's own type, rounded to nearest even and clipped."""
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
        steps = values.astype(np.float32) - np.float32(self.zero_point)
        return np.asarray(steps * np.float32(self.scale), np.float32)


@dataclass(frozen=True, slots=True)
class InputSpec:
    """Say how a picture becomes the network's real-valued input: (pixel - mean) / std.

    mean, std: one value, or one per channel in the order `channels` names.
    Raises ValueError naming the field that cannot be.
    """

    size_wh: tuple[int, int]
    channels: str = "rgb"
    mean: tuple[float, ...] = (127.5,)
    std: tuple[float, ...] = (127.5,)
    fit: str = "stretch"

    def __post_init__(self) -> None:
        """Check the fields against each other."""
        if len(self.size_wh) != 2 or min(self.size_wh) < 1:
            raise ValueError(f"size_wh: {list(self.size_wh)} is no width and height")
        depth = 1 if self.channels == "gray" else 3
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in {1, depth}:
                raise ValueError(f"{name}: {len(values)} values for {depth} channels")
            if not np.isfinite(values).all():
                raise ValueError(f"{name}: {list(values)} is not finite")
        if not all(self.std):
            raise ValueError("std: it is zero")

    def placement(self, frame_wh: tuple[int, int]) -> tuple[int, int, int, int]:
        """Return where a picture lies in the input, as x, y, width and height in pixels."""
        width, height = self.size_wh
        if self.fit == "stretch":
            return 0, 0, width, height
        scale = min(width / frame_wh[0], height / frame_wh[1])
        w = max(1, min(width, round(frame_wh[0] * scale)))
        h = max(1, min(height, round(frame_wh[1] * scale)))
        return (width - w) // 2, (height - h) // 2, w, h


@dataclass(frozen=True, slots=True)
class Variant:
    """Name one file of a model and what was measured of it.

    quality: as measured at conversion, for example {"top1": 0.98, "frames": 10000}.
    """

    name: str
    path: Path
    bytes: int
    sha256: str = ""
    quality: Mapping[str, Any] = field(default_factory=dict)
    measured: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Hold what a .tflite cannot say of itself.

    golden: {"pattern": name, "expected": {variant: class ids}}; see `golden`.
    guessed: what was read off a bare file instead of a card, in words.
    """

    name: str
    title: str
    task: str
    labels: LabelSet
    input: InputSpec
    variants: Mapping[str, Variant]
    golden: Mapping[str, Any] = field(default_factory=dict)
    calibration: Mapping[str, Any] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)
    licence: str = ""
    guessed: tuple[str, ...] = ()

    def variant(self, name: str) -> Variant:
        """Return a variant by name; raise UsageError with the names there are otherwise."""
        try:
            return self.variants[name]
        except KeyError:
            have = ", ".join(self.variants)
            raise UsageError(f"{self.name} has no variant '{name}'; it has: {have}") from None


def read_card(folder: Path) -> ModelSpec:
    """Read DIR/model.json; raise ModelError naming the field that is wrong."""
    path = folder / CARD_NAME
    try:
        card = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"{folder} has no {CARD_NAME}; name a model folder, "
            "or a .tflite file with --task and --labels"
        ) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as fault:
        raise ModelError(
            f"{path} cannot be read ({fault}); write the card anew with host-tools convert"
        ) from None
    try:
        return _parse(card, folder)
    except (TypeError, ValueError) as fault:
        raise ModelError(
            f"{path} is not a valid model card: {fault}; write it anew with host-tools convert"
        ) from None


def _parse(card: Any, folder: Path) -> ModelSpec:
    """Make the card's values; raise ValueError naming the field that is wrong."""
    schema = read_field(card, "schema", int)
    if schema != CARD_VERSION:
        raise ValueError(f"schema: it is {schema}, this program reads {CARD_VERSION}")
    return ModelSpec(
        name=read_field(card, "name", as_text),
        title=read_field(card, "title", as_text, card["name"]),
        task=read_field(card, "task", one_of(TASKS)),
        labels=read_field(card, "labels", _labels),
        input=read_field(card, "input", _input),
        variants=read_field(card, "variants", lambda value: _variants(value, folder)),
        golden=read_field(card, "golden", _golden, {}),
        calibration=read_field(card, "calibration", as_object, {}),
        source=read_field(card, "source", as_object, {}),
        licence=read_field(card, "licence", as_text, ""),
    )


def _input(value: Any) -> InputSpec:
    return InputSpec(
        size_wh=read_field(value, "size_wh", _size),
        channels=read_field(value, "channels", one_of(CHANNELS)),
        mean=read_field(value, "mean", as_numbers),
        std=read_field(value, "std", as_numbers),
        fit=read_field(value, "fit", one_of(FITS), "stretch"),
    )


def _size(value: Any) -> tuple[int, int]:
    width, height = (int(side) for side in as_numbers(value))
    return width, height


def _variants(value: Any, folder: Path) -> Mapping[str, Variant]:
    """Read the variants, in the order that is used everywhere."""
    names = [one_of(VARIANTS)(name) for name in as_object(value)]
    if not names:
        raise ValueError("it names none")
    return {
        name: read_field(value, name, partial(_variant, folder, name))
        for name in sorted(names, key=VARIANTS.index)
    }


def _variant(folder: Path, name: str, entry: Any) -> Variant:
    return Variant(
        name=name,
        path=folder / read_field(entry, "file", _plain_name),
        bytes=read_field(entry, "bytes", int),
        sha256=read_field(entry, "sha256", as_text),
        quality=read_field(entry, "quality", as_object, {}),
        measured=read_field(entry, "measured", as_object, {}),
    )


def _golden(value: Any) -> Mapping[str, Any]:
    expected = read_field(value, "expected", as_object, {})
    for name in expected:
        read_field(expected, name, as_numbers)
    return as_object(value)


def _labels(value: Any) -> LabelSet:
    if isinstance(value, str):
        return label_set(value)
    names = read_field(value, "names", lambda given: tuple(as_text(name) for name in given))
    if not names:
        raise ValueError("it names none")
    name = read_field(value, "name", as_text)
    if name in LABEL_SETS:
        raise ValueError(f"'{name}' is a set that ships; give these names another one")
    return numbered_labels(name, names)


def _plain_name(file: str) -> str:
    """Refuse a file that is not beside the card."""
    if file in {"", ".."} or Path(file).name != file:
        raise ValueError(f"'{file}' is not a plain name beside the card")
    return file


def write_card(spec: ModelSpec, folder: Path) -> Path:
    """Write DIR/model.json in one step, so that a reader sees the old or the new card."""
    labels = spec.labels
    shipped = LABEL_SETS.get(labels.name) == labels
    card = {
        "schema": CARD_VERSION,
        "name": spec.name,
        "title": spec.title,
        "task": spec.task,
        "labels": labels.name if shipped else {"name": labels.name, "names": list(labels.names)},
        "input": asdict(spec.input),
        "variants": {
            name: {
                "file": variant.path.name,
                "bytes": variant.bytes,
                "sha256": variant.sha256,
                "quality": dict(variant.quality),
                "measured": dict(variant.measured),
            }
            for name, variant in spec.variants.items()
        },
        "golden": dict(spec.golden),
        "calibration": dict(spec.calibration),
        "source": dict(spec.source),
        "licence": spec.licence,
    }
    path = folder / CARD_NAME
    draft = path.with_suffix(".json.part")
    draft.write_text(json.dumps(card, indent=2) + "\n", "utf-8")
    draft.replace(path)
    return path


def file_sha256(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal; raise ModelError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as fault:
        raise ModelError(f"{path} cannot be read ({fault.strerror}); check the path") from None
