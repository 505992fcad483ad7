"""A card inferred from a .tflite file that has none, with a list of what was guessed."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edge_app.errors import ModelError, UsageError
from edge_app.label_sets import label_set
from edge_app.labels import LabelSet, numbered_classes, numbered_labels
from edge_app.model.card import VARIANTS, InputSpec, ModelSpec, TensorInfo, Variant, file_sha256
from edge_app.model.interpreter.loading import load_network

# ImageNet's 21,841 names have 0.5 MB.
_MAX_LABEL_BYTES, _LONGEST_LABEL = 4_000_000, 200
Scaling = tuple[tuple[float, ...], tuple[float, ...]]

# Digits are trained as 0..1 (the Keras examples, the reference), photographs as -1..1 (MobileNets).
_SCALING_BY_DEPTH: dict[int, Scaling] = {1: ((0.0,), (255.0,)), 3: ((127.5,), (127.5,))}
_LABELS_BY_CLASSES = {
    ("classification", 10): "digits",
    ("segmentation", 11): "camvid",
    ("segmentation", 19): "cityscapes",
    ("segmentation", 21): "pascal-voc",
}


@dataclass(frozen=True, slots=True)
class CardOverrides:
    """What the user says about a file without a card, as in `InputSpec`; None is inferred."""

    task: str | None = None
    labels: str | None = None
    size_wh: tuple[int, int] | None = None
    channels: str | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    fit: str | None = None


def infer_card(path: Path, overrides: CardOverrides, *, runtime: str = "auto") -> ModelSpec:
    """Return a card for a .tflite file from the file itself and the user's overrides.

    Raises ModelError if the file does not load or its output has no known form, and UsageError
    if the overrides contradict each other.
    """
    network = load_network(path, runtime=runtime, threads=1, size_wh=overrides.size_wh)
    guessed: list[str] = []
    task = overrides.task or _infer_task(network.output, guessed)
    input_spec = _infer_input(network.input, overrides, guessed)
    labels = _infer_labels(path, task, network.output, overrides, guessed)
    # A model's files are often named by variant; its name is then that of the folder.
    name = path.resolve().parent.name if path.stem in VARIANTS else path.stem
    variant = Variant(network.variant_name(), path, path.stat().st_size, file_sha256(path))
    guessed.append(f"variant {variant.name}")
    return ModelSpec(
        name=name,
        title=name,
        task=task,
        labels=labels,
        input=input_spec,
        variants={variant.name: variant},
        guessed=tuple(guessed),
    )


def usual_channels(depth: int) -> str:
    """Return the channel order of images with 1 or 3 channels: gray or rgb."""
    return "gray" if depth == 1 else "rgb"


def usual_scaling(depth: int) -> Scaling:
    """Return mean and std of a float input with 1 or 3 channels, in pixel values."""
    return _SCALING_BY_DEPTH[depth]


def usual_labels(task: str, output: TensorInfo) -> str | None:
    """Return the name of the label set with as many classes as an output; None if none is usual.

    A map of class ids does not say how many classes there are; street models end this way.
    """
    if task == "segmentation" and output.dtype.kind in "iu" and not output.quantized:
        return "cityscapes"
    return _LABELS_BY_CLASSES.get((task, output.shape[-1] if output.shape else 0))


def _infer_task(output: TensorInfo, guessed: list[str]) -> str:
    by_dimensions = {2: "classification", 3: "segmentation", 4: "segmentation"}
    task = by_dimensions.get(len(output.shape))
    if task is None:
        raise ModelError(
            f"its output {output.shape} is neither a classifier's nor a segmenter's; "
            "this app cannot show it"
        )
    guessed.append(f"task {task}")
    return task


def _infer_input(tensor: TensorInfo, overrides: CardOverrides, guessed: list[str]) -> InputSpec:
    depth = 1 if len(tensor.shape) == 3 else tensor.shape[3]
    channels = overrides.channels or usual_channels(depth)
    if overrides.channels is None and depth == 3:
        guessed.append(f"channels {channels}")
    mean, std = overrides.mean, overrides.std
    if mean is None or std is None:
        usual = _integer_scaling(tensor) if tensor.dtype.kind in "iu" else usual_scaling(depth)
        mean, std = mean or usual[0], std or usual[1]
        guessed.append(f"input (pixel - {mean[0]:g}) / {std[0]:g}")
    size_wh = (tensor.shape[2], tensor.shape[1])
    try:
        return InputSpec(size_wh, channels, mean, std, overrides.fit or "stretch")
    except ValueError as fault:
        raise UsageError(f"{fault}; correct --mean, --std or --channels") from None


def _integer_scaling(tensor: TensorInfo) -> Scaling:
    """Return the mean and std with which an integer tensor takes pixels unchanged."""
    offset = 128 if tensor.dtype.kind == "i" else 0
    return (float(tensor.zero_point + offset),), (1 / tensor.scale if tensor.scale else 1.0,)


def _infer_labels(
    path: Path, task: str, output: TensorInfo, overrides: CardOverrides, guessed: list[str]
) -> LabelSet:
    if overrides.labels:
        return label_set(overrides.labels)
    classes = output.shape[-1] if output.shape else 1
    usual = usual_labels(task, output)
    packed = _packed_labels(path)
    # Names in the file are better evidence than a count, unless they are the usual names.
    if len(packed) == classes and not (usual and set(packed) & set(label_set(usual).names)):
        guessed.append(f"the {classes} labels packed in the file")
        return numbered_labels("packed", packed)
    if usual:
        guessed.append(f"labels {usual}")
        return label_set(usual)
    guessed.append(f"labels: {classes} numbered classes")
    return numbered_classes(classes)


def _packed_labels(path: Path) -> tuple[str, ...]:
    """Return the label file that TFLite metadata appends to a model as a zip archive.

    Raises ModelError if it unpacks to more than any label file has.
    """
    # Damage in what is appended is no reason to refuse the model.
    damage = (
        zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError, ValueError,
        struct.error, NotImplementedError,
    )  # fmt: skip
    with suppress(*damage), zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".txt"):
                with archive.open(name) as file:  # what its header states may be wrong
                    content = file.read(_MAX_LABEL_BYTES + 1)
                if len(content) > _MAX_LABEL_BYTES:
                    raise ModelError(
                        f"the labels packed in {path} have more than {_MAX_LABEL_BYTES // 10**6} "
                        "MB, the limit; name a label set with --labels"
                    )
                lines = content.decode("utf-8", "replace").splitlines()
                return tuple(line.strip()[:_LONGEST_LABEL] for line in lines if line.strip())
    return ()
