"""float32 networks that are wrong by their weights alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

_WITH_WEIGHTS = ("CONV_2D", "FULLY_CONNECTED")


def with_head_bias(float32: bytes, value: float) -> bytes:
    """Return a .tflite in which the last layer adds a number to the score of the first class.

    NaN makes that score NaN, a large number the same class of everything.
    """

    def change(layers: list[list[NDArray[np.float32]]]) -> None:
        layers[-1][1][0] = value

    return _changed(float32, change)


def past_half(float32: bytes) -> bytes:
    """Return a .tflite of two layers, with values between them that half precision cannot hold.

    In single precision it answers as before: the layers between are ReLU and pooling.
    """

    def change(layers: list[list[NDArray[np.float32]]]) -> None:
        (weights, bias), (head, _) = layers
        weights *= 1e7
        bias *= 1e7
        head *= 1e-7

    return _changed(float32, change)


def _changed(float32: bytes, change: Callable[[list[list[NDArray[np.float32]]]], None]) -> bytes:
    """Change weights and bias of each layer in place, and return the file."""
    tools: Any = pytest.importorskip("ai_edge_litert.tools.flatbuffer_utils")
    model = tools.read_model_from_bytearray(bytearray(float32))
    (graph,) = model.subgraphs
    buffers: list[list[Any]] = [
        [model.buffers[graph.tensors[index].buffer] for index in operator.inputs[1:3]]
        for operator in graph.operators
        if tools.opcode_to_name(model, operator.opcodeIndex) in _WITH_WEIGHTS
    ]
    layers = [
        [np.frombuffer(bytes(buffer.data), np.float32).copy() for buffer in layer]
        for layer in buffers
    ]
    change(layers)
    for layer, values in zip(buffers, layers, strict=True):
        for buffer, array in zip(layer, values, strict=True):
            buffer.data = np.frombuffer(array.tobytes(), np.uint8)
    return bytes(tools.convert_object_to_bytearray(model))
