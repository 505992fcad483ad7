"""Describe a model: the card beside its files, its variants, its tensors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError, UsageError
from edge_app.labels import LabelSet, label_set, numbered_labels

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
        if not self.quantized:
            return np.asarray(real, self.dtype)
        limits = np.iinfo(self.dtype)
        steps = np.rint(np.asarray(real, np.float64) / self.scale) + self.zero_point
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
    """

    size_wh: tuple[int, int]
    channels: str = "rgb"
    mean: tuple[float, ...] = (127.5,)
    std: tuple[float, ...] = (127.5,)
    fit: str = "stretch"

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
    except (KeyError, TypeError, ValueError, AttributeError, UsageError) as fault:
        reason = f"no field {fault}" if isinstance(fault, KeyError) else str(fault)
        raise ModelError(
            f"{path} is not a valid model card: {reason}; write it anew with host-tools convert"
        ) from None


def _parse(card: Mapping[str, Any], folder: Path) -> ModelSpec:
    if card["schema"] != CARD_VERSION:
        raise ValueError(f"its schema is {card['schema']}, this program reads {CARD_VERSION}")
    given = card["input"]
    width, height = (int(side) for side in given["size_wh"])
    if min(width, height) < 1:
        raise ValueError(f"its input size is {width}x{height}")
    fields = InputSpec(
        size_wh=(width, height),
        channels=_one_of("channels", given["channels"], CHANNELS),
        mean=tuple(float(value) for value in given["mean"]),
        std=tuple(float(value) for value in given["std"]),
        fit=_one_of("fit", given.get("fit", "stretch"), FITS),
    )
    depth = 1 if fields.channels == "gray" else 3
    for name, values in (("mean", fields.mean), ("std", fields.std)):
        if len(values) not in {1, depth}:
            raise ValueError(f"its {name} has {len(values)} values for {depth} channels")
    if not all(fields.std):
        raise ValueError("its std is zero")
    variants = {
        name: Variant(
            name=name,
            path=_inside(folder, entry["file"]),
            bytes=int(entry["bytes"]),
            sha256=str(entry["sha256"]),
            quality=dict(entry.get("quality", {})),
            measured=dict(entry.get("measured", {})),
        )
        for name, entry in card["variants"].items()
        if _one_of("variant", name, VARIANTS)
    }
    if not variants:
        raise ValueError("it names no variants")
    return ModelSpec(
        name=str(card["name"]),
        title=str(card.get("title", card["name"])),
        task=_one_of("task", card["task"], TASKS),
        labels=_labels(card["labels"]),
        input=fields,
        variants={name: variants[name] for name in VARIANTS if name in variants},
        golden=dict(card.get("golden", {})),
        calibration=dict(card.get("calibration", {})),
        source=dict(card.get("source", {})),
        licence=str(card.get("licence", "")),
    )


def _inside(folder: Path, file: str) -> Path:
    """Refuse a card that points out of its own folder."""
    if Path(file).name != file:
        raise ValueError(f"the file '{file}' is not a plain name beside the card")
    return folder / file


def _one_of(what: str, value: Any, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"{what} '{value}' is not one of {', '.join(known)}")
    return str(value)


def _labels(value: Any) -> LabelSet:
    if isinstance(value, str):
        return label_set(value)
    return numbered_labels(str(value["name"]), tuple(str(name) for name in value["names"]))


def write_card(spec: ModelSpec, folder: Path) -> Path:
    """Write DIR/model.json in one step, so that a reader sees the old or the new card."""
    known = label_set(spec.labels.name) if _is_known(spec.labels) else None
    card = {
        "schema": CARD_VERSION,
        "name": spec.name,
        "title": spec.title,
        "task": spec.task,
        "labels": spec.labels.name
        if known
        else {"name": spec.labels.name, "names": list(spec.labels.names)},
        "input": {
            "size_wh": list(spec.input.size_wh),
            "channels": spec.input.channels,
            "mean": list(spec.input.mean),
            "std": list(spec.input.std),
            "fit": spec.input.fit,
        },
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


def _is_known(labels: LabelSet) -> bool:
    try:
        return label_set(labels.name) == labels
    except UsageError:
        return False


def file_sha256(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal; raise ModelError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as fault:
        raise ModelError(f"{path} cannot be read ({fault.strerror}); check the path") from None
