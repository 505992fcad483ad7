"""Biases of dead filters, which int8 would lose."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from host_tools.tflite.parsed_model import (
    float32_values,
    model_bytes,
    operator_kind,
    parse_model,
    tensor_name,
)

# Operator kinds, and the axis of the filters in their weights.
_FILTERS = {"CONV_2D": 0, "FULLY_CONNECTED": 0, "DEPTHWISE_CONV_2D": -1}
# A bias is an int32 with the scale of input * weights; half of its range is left as headroom.
_MOST_STEPS = 2.0**30
# The scale of ai-edge-quantizer's 8-bit weights of least error, over their root mean square.
_ENERGY_SCALE = 0.05408
# A weight for filters of zeros, as a share of the layer's largest.
_NEXT_TO_NOTHING = 1e-6


def preserve_dead_filter_biases(
    model: bytes, ranges: Mapping[str, tuple[float, float]], *, by_energy: bool = False
) -> bytes:
    """Raise one weight of near-zero filters so that the int8 bias scale can represent their bias.

    Training leaves filters whose weights are nearly zero and whose bias is not. The bias scale in
    int8 is the product of the weight and the input scale, so with zero weights the bias is lost.
    In ESPNet this holds for two of the first 16 filters, and their layer fell from 49 dB to 4. The
    raised weight changes the filter's output by less than 0.0001 of its bias.

    model: bytes of a float32 .tflite. ranges: minimum and maximum of each tensor.
    by_energy: the scale of a filter is that of its root mean square, not of its largest weight.
    Returns the model itself if it has no such filter.
    """
    parsed = parse_model(model)
    (graph,) = parsed.subgraphs
    changed = False
    for operator in graph.operators:
        kind = operator_kind(parsed, operator)
        if kind not in _FILTERS or len(operator.inputs) < 3 or operator.inputs[2] < 0:
            continue
        given, weights, biases = (graph.tensors[index] for index in operator.inputs[:3])
        span = ranges.get(tensor_name(given))
        kernel, bias = (float32_values(parsed, tensor) for tensor in (weights, biases))
        if span is None or kernel is None or bias is None:
            continue
        step = (max(span[1], 0.0) - min(span[0], 0.0)) / 255
        if by_energy:
            step *= 127 * _ENERGY_SCALE / np.sqrt(kernel.size / len(bias))
        raised = raise_dead_weights(kernel.reshape(weights.shape), bias, step, _FILTERS[kind])
        if raised is not None:
            parsed.buffers[weights.buffer].data = np.frombuffer(raised.tobytes(), np.uint8)
            changed = True
    return model_bytes(parsed) if changed else model


def raise_dead_weights(
    weights: NDArray[np.float32], biases: NDArray[np.float32], step: float, axis: int
) -> NDArray[np.float32] | None:
    """Return the weights with the first one raised in each dead filter; None if none is dead.

    weights: float32 with the filters along `axis`. biases: float32 (filters,).
    step: the scale of the int8 input.
    """
    filters = np.moveaxis(weights, axis, 0).reshape(len(biases), -1).copy()
    if step <= 0:
        return None
    needed = 127 * np.abs(biases.astype(np.float64)) / (step * _MOST_STEPS)
    low = np.flatnonzero(np.abs(filters).max(axis=1) < needed)
    if not low.size:
        return None
    filters[low, 0] = needed[low]
    moved = filters.reshape(np.moveaxis(weights, axis, 0).shape)
    return np.ascontiguousarray(np.moveaxis(moved, 0, axis), np.float32)


def with_live_filters(model: bytes) -> bytes:
    """Give filters of zeros one tiny weight, since ranges of least error would have the scale 0.

    It is a millionth of the layer's largest. Returns the model itself if it has no such filter.
    """
    parsed = parse_model(model)
    (graph,) = parsed.subgraphs
    changed = False
    for operator in graph.operators:
        kind = operator_kind(parsed, operator)
        axis = 0 if kind == "TRANSPOSE_CONV" else _FILTERS.get(kind)
        if axis is None:
            continue
        tensor = graph.tensors[operator.inputs[1]]
        values = float32_values(parsed, tensor)
        if values is None:
            continue
        weights = values.reshape(tensor.shape).copy()
        filters = np.moveaxis(weights, axis, 0)
        silent = ~filters.reshape(len(filters), -1).any(1)
        if silent.any():
            tiny = _NEXT_TO_NOTHING * (np.abs(weights).max() or 1)
            filters[(silent, *[0] * (filters.ndim - 1))] = tiny
            parsed.buffers[tensor.buffer].data = np.frombuffer(weights.tobytes(), np.uint8)
            changed = True
    return model_bytes(parsed) if changed else model
