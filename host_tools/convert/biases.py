"""Keep the biases of dead filters, which int8 has no scale for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Kinds, and the axis of their weights that counts the filters.
_FILTERS = {"CONV_2D": 0, "FULLY_CONNECTED": 0, "DEPTHWISE_CONV_2D": -1}
# A bias is an int32 of scale input * weights; half of what that holds is left as headroom.
_MOST_STEPS = 2.0**30


def preserve_dead_filter_biases(model: bytes, ranges: Mapping[str, tuple[float, float]]) -> bytes:
    """Give filters whose weights are all next to zero one weight that their bias needs.

    Training leaves such filters: only their bias is alive. Its scale in int8 is that of the
    weights times that of the input, so with weights of zero the bias is lost. In ESPNet two of
    the first 16 filters are so, and their layer fell from 49 dB to 4. The added weight changes
    what the filter gives by less than 0.0001 of its bias.

    ranges: of the tensors. Returns the model itself where no filter is so.
    """
    from ai_edge_litert.tools import flatbuffer_utils as tools

    held = tools.read_model_from_bytearray(bytearray(model))
    (graph,) = held.subgraphs
    changed = False
    for operator in graph.operators:
        kind = tools.opcode_to_name(held, operator.opcodeIndex)
        if kind not in _FILTERS or len(operator.inputs) < 3 or operator.inputs[2] < 0:
            continue
        given, weights, biases = (graph.tensors[index] for index in operator.inputs[:3])
        span = ranges.get(bytes(given.name).decode("utf-8", "replace"))
        held_weights, held_biases = (_values(held, tensor) for tensor in (weights, biases))
        if span is None or held_weights is None or held_biases is None:
            continue
        step = (max(span[1], 0.0) - min(span[0], 0.0)) / 255
        lifted = lift(held_weights.reshape(weights.shape), held_biases, step, _FILTERS[kind])
        if lifted is not None:
            held.buffers[weights.buffer].data = np.frombuffer(lifted.tobytes(), np.uint8)
            changed = True
    return bytes(tools.convert_object_to_bytearray(held)) if changed else model


def lift(
    weights: NDArray[np.float32], biases: NDArray[np.float32], step: float, axis: int
) -> NDArray[np.float32] | None:
    """Return the weights with one raised in each filter that needs it, None where none does.

    weights: float32, filters along `axis`. biases: float32 (filters,). step: the input's scale.
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


def _values(held: Any, tensor: Any) -> NDArray[np.float32] | None:
    data = held.buffers[tensor.buffer].data
    if data is None or tensor.type != 0:  # 0 is FLOAT32 in TFLite's schema
        return None
    return np.frombuffer(bytes(data), np.float32)
