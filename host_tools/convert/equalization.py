"""Scaling of neighbouring layers so that their weights use like ranges.

Source: Nagel, van Baalen, Blankevoort and Welling, "Data-Free Quantization Through Weight
Equalization and Bias Correction", ICCV 2019 (arXiv:1906.04721), section 4.1. Batch normalization
is already folded into the convolutions of a .tflite.

The paper's weights have one scale per layer. Ours have one per filter, which already evens out the
first layer of a pair; what is left are the channels that the second one reads, and the range of
the activations between the two. The paper makes ReLU6 a ReLU first, as a scaled channel would be
cut elsewhere. In our street network that alone took the output from 22 dB to 4. So ReLU6 stays: a
channel that reaches 6 on calibration images is not scaled, and any other only as far as it stays
below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from host_tools.tflite.layer_weights import LayerEditor, WeightedLayer
from host_tools.tflite.parsed_model import (
    float32_values,
    model_bytes,
    operator_kind,
    parse_model,
    tensor_name,
)

# Fused activations of TFLite's schema.
_NONE, _RELU, _RELU6 = 0, 1, 3
# What scaling a channel by a positive number passes through.
_HOMOGENEOUS = frozenset({"RELU", "PRELU", "LEAKY_RELU", "PAD", "MAX_POOL_2D", "AVERAGE_POOL_2D"})
_HOMOGENEOUS |= {"RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "MIRROR_PAD", "MEAN", "RESHAPE"}
_HOMOGENEOUS |= {"SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND"}
_ROUNDS = 40
_SETTLED = 1e-4  # largest change of a scale, as a logarithm, that ends the rounds
# A channel of ReLU6 stays below this, so that other images have some room too.
_CAP = 5.5
# Limits of one scale, so that a nearly dead channel does not ruin the range of the others.
_LEAST, _MOST = 1e-2, 1e2
# A filter whose weights add up to less than this share of its bias gives nearly a constant, which
# a scale for the weights would make enormous. The paper absorbs such biases.
_CONSTANT = 0.1


@dataclass(frozen=True, slots=True)
class EqualizedModel:
    """A float32 .tflite with equalized pairs.

    scaled: names of the tensors whose values have changed. pairs: how many there are.
    """

    model: bytes
    scaled: frozenset[str]
    pairs: int


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two layers with nothing but scalable operators between them.

    between: indices of the tensors from the first one's output to the second one's input.
    tops: the greatest value of each channel behind ReLU6, float32 (C,); else None.
    """

    first: WeightedLayer
    second: WeightedLayer
    between: tuple[int, ...]
    tops: NDArray[np.float32] | None


def equalize(model: bytes, tops: Mapping[str, NDArray[np.float32]]) -> EqualizedModel:
    """Scale all pairs of layers of a float32 .tflite until their weights have like ranges.

    The function of the network stays. Without a pair the model itself is returned.
    tops: the greatest value of each channel on calibration images, float32 (C,), by tensor. A pair
    with ReLU6 whose tensor is not among them is left out.
    """
    parsed = parse_model(model)
    editor = LayerEditor(parsed)
    pairs = list(_pairs(parsed, editor, tops))
    if not pairs:
        return EqualizedModel(model, frozenset(), 0)
    for _ in range(_ROUNDS):
        if max([_scale_pair(pair) for pair in pairs]) < _SETTLED:
            break
    for pair in pairs:
        for layer in (pair.first, pair.second):
            editor.set_weights(layer, layer.weights)
        if pair.first.bias is not None:
            editor.set_bias(pair.first, pair.first.bias)
    scaled = {tensor_name(editor.graph.tensors[index]) for pair in pairs for index in pair.between}
    return EqualizedModel(model_bytes(parsed), frozenset(scaled), len(pairs))


def _scale_pair(pair: _Pair) -> float:
    """Scale the channels between two layers; return the largest change as a logarithm."""
    first = pair.first.filters
    second = pair.second.filters if pair.second.is_depthwise else _by_channel(pair.second)
    ranges = _extremes(first)
    if pair.first.bias is not None:
        total = np.abs(first).reshape(len(first), -1).sum(1)
        ranges[total < _CONSTANT * np.abs(pair.first.bias)] = 0
    scales = channel_scales(ranges, _extremes(second))
    if pair.tops is not None:
        scales = np.where(pair.tops < _CAP, np.maximum(scales, pair.tops / _CAP), np.float32(1))
        pair.tops[:] /= scales
    shape = (-1, *[1] * (first.ndim - 1))
    first /= scales.reshape(shape)
    second *= scales.reshape((-1, *[1] * (second.ndim - 1)))
    if pair.first.bias is not None:
        pair.first.bias[:] /= scales
    return float(np.abs(np.log(scales)).max())


def channel_scales(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what the first layer's channels are divided by, and the second's multiplied by.

    Equation 11 of the paper: both then have the range sqrt(first * second). A channel that one of
    them does not use stays as it is.
    first, second: the largest weight of each channel, float32 (C,).
    """
    used = (first > 0) & (second > 0)
    scales = np.sqrt(np.divide(first, second, out=np.ones_like(first), where=used))
    return np.clip(np.where(used, scales, 1), _LEAST, _MOST).astype(np.float32)


def _extremes(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    largest: NDArray[np.float32] = np.abs(weights).reshape(len(weights), -1).max(1)
    return largest


def _by_channel(layer: WeightedLayer) -> NDArray[np.float32]:
    """Return the weights by channel of the input, as a view: float32 (C, ...)."""
    return np.moveaxis(layer.weights, -1, 0)


def _pairs(
    parsed: Any, editor: LayerEditor, tops: Mapping[str, NDArray[np.float32]]
) -> Iterator[_Pair]:
    layers = {layer.made: layer for layer in editor.layers()}
    readers = {id(layer.operator): layer for layer in layers.values()}
    for first in layers.values():
        activation = first.operator.builtinOptions.fusedActivationFunction
        reached = tops.get(tensor_name(editor.graph.tensors[first.made]))
        if activation not in {_NONE, _RELU, _RELU6} or (activation == _RELU6 and reached is None):
            continue
        between = [first.made]
        while True:
            users = [one for one in editor.graph.operators if between[-1] in one.inputs]
            if len(users) != 1 or between[-1] in editor.graph.outputs:
                break
            [user] = users
            second = readers.get(id(user))
            if second is not None:
                if second.given == between[-1] and _has_channels(second, len(first.filters)):
                    limit = reached.copy() if activation == _RELU6 and reached is not None else None
                    yield _Pair(first, second, tuple(between), limit)
                break
            if not _passes(parsed, editor.graph, user, between[-1]):
                break
            between.append(int(user.outputs[0]))


def _has_channels(layer: WeightedLayer, channels: int) -> bool:
    """Return whether a layer reads so many channels, a depthwise one with one filter for each."""
    return bool(layer.weights.shape[-1] == channels)


def _passes(parsed: Any, graph: Any, operator: Any, given: int) -> bool:
    """Return whether an operator scales with each channel of its input, which it keeps apart."""
    kind = operator_kind(parsed, operator)
    if kind not in _HOMOGENEOUS or int(operator.inputs[0]) != given:
        return False
    options = operator.builtinOptions
    if getattr(options, "fusedActivationFunction", _NONE) not in {_NONE, _RELU}:
        return False
    before, after = graph.tensors[given].shape, graph.tensors[operator.outputs[0]].shape
    if len(before) == 0 or len(after) == 0 or before[-1] != after[-1]:
        return False
    if kind == "PRELU":
        return float32_values(parsed, graph.tensors[operator.inputs[1]]) is not None
    return True
