"""Biases without the mean error that rounded weights cause.

Source: Nagel et al. 2019 (see `equalization`), section 4.2, with the expected input from images, as
in Nagel et al., "A White Paper on Neural Network Quantization" (arXiv:2106.08295), section 3.5.
Rounding makes the weights W' = W + E, and the output of a filter wrong by the mean of E times the
mean of what it reads. That product is taken from the bias, which costs nothing at run time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from host_tools.tflite.layer_weights import LayerEditor, WeightedLayer
from host_tools.tflite.parsed_model import INT4, INT8, model_bytes, parse_model, tensor_name

_SAME = 0  # padding of TFLite's schema


def correct_biases(
    model: bytes, quantized: bytes, means: Mapping[str, NDArray[np.float64]]
) -> bytes:
    """Return a float32 .tflite whose biases make up for the weights of its quantized file.

    quantized: made of this model; its weights are found by name. means: of each channel of each
    tensor that a layer reads, float64 (C,), by its name. Without a rounded layer the model itself
    is returned.
    """
    parsed, rounded = parse_model(model), rounded_weights(quantized)
    editor = LayerEditor(parsed)
    changed = False
    for layer in list(editor.layers()):
        tensors = editor.graph.tensors
        found = rounded.get(tensor_name(tensors[layer.operator.inputs[1]]))
        mean = means.get(tensor_name(tensors[layer.given]))
        if found is None or mean is None or found.shape != layer.weights.shape:
            continue
        errors = found - layer.weights.astype(np.float64)
        shift = output_shift(layer, errors, mean, tuple(map(int, tensors[layer.given].shape)))
        if shift is None or not shift.any():
            continue
        before = np.zeros(len(shift)) if layer.bias is None else layer.bias
        editor.set_bias(layer, before - shift)
        changed = True
    return model_bytes(parsed) if changed else model


def output_shift(
    layer: WeightedLayer,
    errors: NDArray[np.float64],
    mean: NDArray[np.float64],
    shape: tuple[int, ...],
) -> NDArray[np.float64] | None:
    """Return the mean error of each filter's output: float64 (filters,).

    errors: of the weights, in their shape. mean: of the channels of what the layer reads, float64
    (C,), which is of `shape`. None if its channels are not those of the weights.
    """
    if layer.kind == "FULLY_CONNECTED":
        return np.asarray(errors @ mean) if errors.shape[-1] == len(mean) else None
    inside = np.outer(_shares_inside(layer, shape, 0), _shares_inside(layer, shape, 1))
    if layer.is_depthwise:
        filters = errors.shape[-1]
        if filters % len(mean):
            return None
        read = np.repeat(mean, filters // len(mean))
        return np.asarray(np.einsum("hwf,hw->f", errors[0], inside) * read)
    if errors.shape[-1] != len(mean):
        return None
    shift: NDArray[np.float64] = np.einsum("fhwc,hw,c->f", errors, inside, mean)
    return shift


def _shares_inside(layer: WeightedLayer, shape: tuple[int, ...], axis: int) -> NDArray[np.float64]:
    """Return at what share of the places each row or column of a filter reads no padding.

    axis: 0 for rows, 1 for columns.
    """
    options = layer.operator.builtinOptions
    taps, size = layer.weights.shape[1 + axis], shape[1 + axis]
    if options.padding != _SAME:
        return np.ones(taps)
    stride = options.strideH if axis == 0 else options.strideW
    dilation = options.dilationHFactor if axis == 0 else options.dilationWFactor
    made = -(-size // stride)
    padding = max(0, (made - 1) * stride + (taps - 1) * dilation + 1 - size) // 2
    places = np.arange(made)[:, None] * stride - padding + np.arange(taps) * dilation
    return np.asarray(((places >= 0) & (places < size)).mean(0))


def rounded_weights(quantized: bytes) -> dict[str, NDArray[np.float64]]:
    """Return the real numbers of every rounded constant with two axes or more, by its name."""
    parsed = parse_model(quantized)
    (graph,) = parsed.subgraphs
    found = {}
    for tensor in graph.tensors:
        data = parsed.buffers[tensor.buffer].data
        if data is None or tensor.shape is None or len(tensor.shape) < 2:
            continue
        values = _real(tensor, bytes(data))
        if values is not None:
            found[tensor_name(tensor)] = values
    return found


def _real(tensor: Any, data: bytes) -> NDArray[np.float64] | None:
    """Return a symmetric INT8 or INT4 constant as real numbers; None for another type."""
    if tensor.type == INT8:
        steps = np.frombuffer(data, np.int8)
    elif tensor.type == INT4:  # two in a byte, the first one in its low half
        pairs = np.frombuffer(data, np.int8)
        both = np.stack([np.left_shift(pairs, 4) >> 4, pairs >> 4], axis=-1)
        steps = both.reshape(-1)[: int(np.prod(tensor.shape))]
    else:
        return None
    scale = np.asarray(tensor.quantization.scale, np.float64)
    if scale.size > 1:
        shape = [1] * len(tensor.shape)
        shape[tensor.quantization.quantizedDimension] = scale.size
        scale = scale.reshape(shape)
    values: NDArray[np.float64] = steps.reshape(tensor.shape).astype(np.float64) * scale
    return values
