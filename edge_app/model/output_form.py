"""The form of an output, and rearranging one that is unusual before it is decoded."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.labels import VOID
from edge_app.model.card import InputSpec, TensorInfo
from edge_app.model.output_spec import OutputSpec

Arrange = Callable[[NDArray[Any]], NDArray[Any]]
_MOST_STRIDE = 64  # of a flattened map: how many pixels of the input one entry may stand for


@dataclass(frozen=True, slots=True)
class OutputForm:
    """What an output is, and how it gets the axes of its kind.

    kind: by its axes after `arrange`, with N outputs in front:
        scores (N, C), binary (N, 1), class_id (N, 1) of a classifier;
        logits (N, h, w, C), mask (N, h, w), ids (N, h, w) of a segmenter.
    classes: how many it tells apart; None for ids, which do not say.
    arrange: None if it has these axes.
    """

    kind: str
    classes: int | None
    arrange: Arrange | None = None


def output_form(
    task: str, classes: int, given: InputSpec, tensor: TensorInfo, output: OutputSpec
) -> OutputForm:
    """Return the form of an output; raise ModelError if it is none of this task.

    classes: size of the label set, which a flattened map does not say.
    """
    if task == "classification":
        return _classifier(tensor, output)
    return _segmenter(classes, given, tensor, output)


def threshold_in(tensor: TensorInfo, output: OutputSpec) -> float:
    """Return the threshold in the unit of a tensor: above it, a single channel is the second class.

    Of a quantized tensor in its own steps, whole where it is so near that only the scale's last
    digits differ: a value at the threshold is not above it.
    """
    real = output.threshold
    if output.activation == "logits":
        real = math.log(real / (1 - real))
    if not tensor.quantized:
        return real
    steps = real / tensor.scale + tensor.zero_point
    return float(round(steps)) if abs(steps - round(steps)) < 1e-3 else steps


def _classifier(tensor: TensorInfo, output: OutputSpec) -> OutputForm:
    shape, numbers = tensor.shape, math.prod(tensor.shape)
    if shape[:1] != (1,) or numbers != max(shape):
        raise ModelError(
            f"its output is {tensor.size_text}, a classifier gives 1xC; try --task segmentation"
        )
    arrange = None if len(shape) == 2 else partial(_reshaped, shape=(-1, numbers))
    if numbers > 1:
        if output.activation == "ids":
            raise ModelError(
                f"its output {tensor.size_text} has {numbers} numbers, not one class id; "
                "name another --activation"
            )
        return OutputForm("scores", numbers, arrange)
    if _has_ids(tensor, output):
        return OutputForm("class_id", None, arrange)
    _check_single(tensor, output)
    return OutputForm("binary", 2, arrange)


def _segmenter(
    classes: int, given: InputSpec, tensor: TensorInfo, output: OutputSpec
) -> OutputForm:
    channels, rows, columns = _grid(classes, given, tensor, output)
    in_front = output.layout == "nchw" and len(tensor.shape) == 4
    if channels != 1:
        if output.activation == "ids":
            raise ModelError(
                f"its output {tensor.size_text} has {channels} numbers per pixel, not one class "
                "id; name another --activation"
            )
        arrange: Arrange | None = None
        if in_front or (output.layout == "flat" and tensor.shape[1:2] == (channels,)):
            arrange = partial(_channels_last, shape=(1, rows, columns, channels))
        elif output.layout == "flat":
            arrange = partial(_reshaped, shape=(1, rows, columns, channels))
        return OutputForm("logits", channels, arrange)
    flat = None if tensor.shape == (1, rows, columns) else (1, rows, columns)
    if not _has_ids(tensor, output):
        _check_single(tensor, output)
        return OutputForm("mask", 2, flat and partial(_reshaped, shape=flat))
    if tensor.dtype.kind in "iub" and not tensor.quantized:
        return OutputForm("ids", None, flat and partial(_reshaped, shape=flat))
    return OutputForm(
        "ids", None, partial(_whole_ids, tensor=tensor, classes=classes, shape=(1, rows, columns))
    )


def _grid(
    classes: int, given: InputSpec, tensor: TensorInfo, output: OutputSpec
) -> tuple[int, int, int]:
    """Return channels, rows and columns of a class map."""
    shape = tensor.shape
    if shape[:1] == (1,):
        if len(shape) == 4 and output.layout == "nchw":
            return shape[1], shape[2], shape[3]
        if len(shape) == 4 and output.layout == "nhwc":
            return shape[3], shape[1], shape[2]
        if len(shape) == 3 and output.layout != "flat":
            return 1, shape[1], shape[2]
        if len(shape) in {2, 3} and output.layout == "flat":
            return _flat_grid(classes, given, tensor, output)
    usual = {"nchw": "1xCxHxW logits", "flat": "1xN"}.get(output.layout, "1xHxWxC logits")
    raise ModelError(
        f"its output is {tensor.size_text} {tensor.dtype}, a segmenter gives {usual} or 1xHxW "
        "class ids; try --task classification"
    )


def _flat_grid(
    classes: int, given: InputSpec, tensor: TensorInfo, output: OutputSpec
) -> tuple[int, int, int]:
    """Return channels, rows and columns of a flattened map of the input or of every s-th pixel."""
    width, height = given.size_wh
    shape = tensor.shape
    single = _has_ids(tensor, output) or output.activation == "sigmoid"
    depths = [1] if single else [classes, 1]
    if len(shape) == 3:
        depths = [depth for depth in depths if depth in shape[1:]]
    for channels in depths:
        for stride in range(1, _MOST_STRIDE + 1):
            rows, columns = -(-height // stride), -(-width // stride)
            if rows * columns * channels == math.prod(shape):
                return channels, rows, columns
    raise ModelError(
        f"its output is {tensor.size_text}, which is no flattened map of {width}x{height} pixels "
        f"or of a smaller grid with {' or '.join(map(str, depths)) or classes} numbers each; "
        "name another --layout or --labels"
    )


def _has_ids(tensor: TensorInfo, output: OutputSpec) -> bool:
    """Return whether a tensor with one number per pixel or image has class ids."""
    if output.activation is not None:
        return output.activation == "ids"
    return tensor.dtype.kind in "iub" and not tensor.quantized


def _check_single(tensor: TensorInfo, output: OutputSpec) -> None:
    """Raise ModelError unless the values of a single channel are known to be probabilities."""
    if output.activation is None:
        raise ModelError(
            f"its output {tensor.size_text} {tensor.dtype} has one channel, and nothing says what "
            "that is; name it with --activation: sigmoid (a probability), logits (before the "
            "sigmoid) or ids (numbers of classes)"
        )
    if tensor.dtype.kind in "iub" and not tensor.quantized:
        raise ModelError(
            f"its output {tensor.size_text} {tensor.dtype} has whole numbers without a scale, "
            "which are no probabilities; name --activation ids"
        )


def _reshaped(outputs: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    return outputs.reshape(shape)


def _channels_last(outputs: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return an output (1, C, h, w) or (1, C, h * w) as (1, h, w, C), each in its own memory."""
    # A quarter of the time that NumPy takes.
    return np.asarray(cv2.transpose(outputs.reshape(shape[3], -1))).reshape(shape)


def _whole_ids(
    outputs: NDArray[Any], tensor: TensorInfo, classes: int, shape: tuple[int, ...]
) -> NDArray[np.uint8]:
    """Return class ids in a float or quantized tensor as whole numbers; void for all others."""
    steps = np.rint(tensor.dequantize(outputs))
    known = (steps >= 0) & (steps < classes)  # false for NaN
    return np.where(known, steps, VOID).astype(np.uint8).reshape(shape)
