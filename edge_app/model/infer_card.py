"""Describe a .tflite file that has no card, and say what was guessed."""

from __future__ import annotations

import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edge_app.errors import ModelError, UsageError
from edge_app.labels import LabelSet, label_set, numbered_labels
from edge_app.model.card import VARIANTS, InputSpec, ModelSpec, TensorInfo, Variant, file_sha256
from edge_app.model.interpreter.loading import load_network


@dataclass(frozen=True, slots=True)
class CardOverrides:
    """Hold what the user said of a bare file; None is guessed."""

    task: str | None = None
    labels: str | None = None
    size_wh: tuple[int, int] | None = None
    channels: str | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    fit: str | None = None


def infer_card(path: Path, hints: CardOverrides, *, runtime: str = "auto") -> ModelSpec:
    """Make a card for a bare file from the file itself and the user's hints.

    Raises ModelError where the file does not load or nothing sensible can be guessed, and
    UsageError where the hints contradict each other.
    """
    network = load_network(path, runtime=runtime, threads=1, size_wh=hints.size_wh)
    guessed: list[str] = []
    task = hints.task or _guess_task(network.output, guessed)
    given = _input(network.input, hints, guessed)
    labels = _labels(path, task, network.output, hints, guessed)
    # Files of a model are often called by their variant; the folder then names the model.
    name = path.resolve().parent.name if path.stem in VARIANTS else path.stem
    kind = network.variant_name()
    guessed.append(f"variant {kind}")
    variant = Variant(kind, path, path.stat().st_size, file_sha256(path))
    return ModelSpec(
        name=name,
        title=name,
        task=task,
        labels=labels,
        input=given,
        variants={kind: variant},
        guessed=tuple(guessed),
    )


def _guess_task(output: TensorInfo, guessed: list[str]) -> str:
    if len(output.shape) == 2:
        task = "classification"
    elif len(output.shape) in {3, 4}:
        task = "segmentation"
    else:
        raise ModelError(
            f"its output {output.shape} is neither a classifier's nor a segmenter's; "
            "this app cannot show it"
        )
    guessed.append(f"task {task}")
    return task


def _input(tensor: TensorInfo, hints: CardOverrides, guessed: list[str]) -> InputSpec:
    depth = 1 if len(tensor.shape) == 3 else tensor.shape[3]
    channels = hints.channels or ("gray" if depth == 1 else "rgb")
    if hints.channels is None and depth == 3:
        guessed.append("channels rgb")
    mean, std = hints.mean, hints.std
    if mean is None or std is None:
        guess = _normalisation(tensor, depth)
        mean, std = mean or guess[0], std or guess[1]
        guessed.append(f"input (pixel - {mean[0]:g}) / {std[0]:g}")
    size_wh = (tensor.shape[2], tensor.shape[1])
    try:
        return InputSpec(size_wh, channels, mean, std, hints.fit or "stretch")
    except ValueError as fault:
        raise UsageError(f"{fault}; mend --mean, --std or --channels") from None


def _normalisation(tensor: TensorInfo, depth: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Guess mean and std: integers take pixels as they are; floats by what is usual."""
    if tensor.dtype.kind in "iu":
        offset = 128 if tensor.dtype.kind == "i" else 0
        return (float(tensor.zero_point + offset),), (1 / tensor.scale if tensor.scale else 1.0,)
    # Digits come as 0..1 (Keras examples, the reference); photographs as -1..1 (MobileNets).
    return ((0.0,), (255.0,)) if depth == 1 else ((127.5,), (127.5,))


def _labels(
    path: Path, task: str, output: TensorInfo, hints: CardOverrides, guessed: list[str]
) -> LabelSet:
    if hints.labels:
        return label_set(hints.labels)
    channels = output.shape[-1] if output.shape else 1
    usual = {("segmentation", 19): "cityscapes", ("segmentation", 21): "pascal-voc"}
    usual |= {("classification", 10): "digits"}
    if task == "segmentation" and output.dtype.kind in "iu" and not output.quantized:
        name = "cityscapes"
    elif (task, channels) in usual:
        name = usual[task, channels]
    else:
        packed = _packed_labels(path)
        if len(packed) == channels:
            guessed.append(f"the {channels} labels packed in the file")
            return numbered_labels("packed", packed)
        guessed.append(f"labels: {channels} numbered classes")
        return numbered_labels("numbered", tuple(f"class {i}" for i in range(channels)))
    guessed.append(f"labels {name}")
    return label_set(name)


def _packed_labels(path: Path) -> tuple[str, ...]:
    """Read the label file that TFLite metadata appends to a model as a zip archive."""
    # A model is not refused for damage in what is appended to it.
    damage = (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError)
    with suppress(*damage), zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".txt"):
                lines = archive.read(name).decode("utf-8", "replace").splitlines()
                return tuple(line.strip() for line in lines if line.strip())
    return ()
