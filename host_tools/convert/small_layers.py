"""8-bit weights of the layers that TensorFlow's converter finds too small for them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from host_tools.tflite.parsed_model import (
    INT8,
    float32_values,
    model_bytes,
    operator_kind,
    parse_model,
)
from host_tools.tflite.variant_types import DYNAMIC

_MOST = 127


def quantize_small_layers(model: bytes) -> bytes:
    """Return a dynamic_range .tflite whose convolutions and dense layers all have 8-bit weights.

    TensorFlow's converter leaves weights of fewer than 1,024 numbers in float32, and has no option
    for it. As elsewhere they become symmetric, per channel in CONV_2D and per tensor in
    FULLY_CONNECTED. Weights that another kind of operator reads too are unchanged.

    model: bytes of the file; they are returned themselves if nothing is left to do.
    """
    parsed = parse_model(model)
    (graph,) = parsed.subgraphs
    readers: dict[int, set[str]] = {}
    for operator in graph.operators:
        kind = operator_kind(parsed, operator)
        for place, index in enumerate(operator.inputs):
            readers.setdefault(index, set()).add(kind if place == 1 else "another place")
    changed = False
    for index, kinds in readers.items():
        if len(kinds) > 1 or not kinds <= DYNAMIC:
            continue
        tensor = graph.tensors[index]
        values = float32_values(parsed, tensor)
        if values is not None:
            _quantize(parsed, tensor, values, per_channel="CONV_2D" in kinds)
            changed = True
    return model_bytes(parsed) if changed else model


def _quantize(parsed: Any, tensor: Any, values: NDArray[np.float32], *, per_channel: bool) -> None:
    """Replace a float32 constant of these values by 8 bits and their scales."""
    from ai_edge_litert import schema_py_generated as schema

    shared = sum(1 for each in parsed.subgraphs[0].tensors if each.buffer == tensor.buffer) > 1
    weights, scales = symmetric_int8(values.reshape(tensor.shape), per_channel=per_channel)
    if shared:
        parsed.buffers.append(schema.BufferT())
        tensor.buffer = len(parsed.buffers) - 1
    parsed.buffers[tensor.buffer].data = np.frombuffer(weights.tobytes(), np.uint8)
    tensor.type = INT8
    found = schema.QuantizationParametersT()
    found.scale, found.zeroPoint = scales, np.zeros(len(scales), np.int64)
    found.quantizedDimension = 0
    tensor.quantization = found


def symmetric_int8(
    weights: NDArray[np.float32], *, per_channel: bool
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return weights in 8 bits, and the scale of each filter, or of all together.

    weights: float32 with the filters along the first axis. A filter of zeros has the scale 1.
    """
    axes = tuple(range(1, weights.ndim)) if per_channel else None
    most = np.abs(weights).max(axis=axes, keepdims=True)
    scales = np.where(most > 0, most / _MOST, 1).astype(np.float32)
    steps = np.clip(np.rint(weights / scales), -_MOST, _MOST)
    return steps.astype(np.int8), scales.ravel()
