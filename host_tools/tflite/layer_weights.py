"""Layers with weights in a parsed .tflite file: their filters, inputs and biases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from host_tools.tflite.parsed_model import FLOAT32, float32_values, operator_kind, tensor_name

# Operator kinds whose weights are their second input, with filters in the first axis and channels
# of the input in the last one; a depthwise convolution has its filters in the last axis.
_KINDS = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"})


@dataclass(frozen=True, slots=True, eq=False)
class WeightedLayer:
    """One operator with float32 weights.

    operator: of the parsed file. given, made: indices of the tensors that it reads and writes.
    weights: float32, (filters, height, width, channels) of a convolution, (1, height, width,
    filters) of a depthwise one, (filters, channels) of a dense one. bias: float32 (filters,), or
    None.
    """

    kind: str
    operator: Any
    given: int
    made: int
    weights: NDArray[np.float32]
    bias: NDArray[np.float32] | None

    @property
    def is_depthwise(self) -> bool:
        """Whether each channel has filters of its own."""
        return self.kind == "DEPTHWISE_CONV_2D"

    @property
    def filters(self) -> NDArray[np.float32]:
        """The weights by filter, as a view: float32 (filters, ...)."""
        return np.moveaxis(self.weights, -1, 0) if self.is_depthwise else self.weights


class LayerEditor:
    """The layers with weights of the only graph of a parsed file, to be changed.

    Layers that share their weights with others are left out: a change would be one of all.
    """

    def __init__(self, parsed: Any) -> None:
        self._parsed = parsed
        (self.graph,) = parsed.subgraphs
        self._uses = _uses(self.graph)

    def layers(self) -> Iterator[WeightedLayer]:
        """Yield the layers in the graph's order."""
        for operator in self.graph.operators:
            layer = self._layer(operator)
            if layer is not None:
                yield layer

    def _layer(self, operator: Any) -> WeightedLayer | None:
        kind = operator_kind(self._parsed, operator)
        if kind not in _KINDS or not self._is_own(int(operator.inputs[1])):
            return None
        tensor = self.graph.tensors[operator.inputs[1]]
        values = float32_values(self._parsed, tensor)
        if values is None:
            return None
        bias = None
        if len(operator.inputs) > 2 and operator.inputs[2] >= 0:
            bias = float32_values(self._parsed, self.graph.tensors[operator.inputs[2]])
            if bias is None:
                return None
        return WeightedLayer(
            kind,
            operator,
            given=int(operator.inputs[0]),
            made=int(operator.outputs[0]),
            weights=values.reshape(tensor.shape).copy(),
            bias=None if bias is None else bias.copy(),
        )

    def set_weights(self, layer: WeightedLayer, weights: NDArray[np.floating[Any]]) -> None:
        """Store weights of the same shape."""
        self._fill(int(layer.operator.inputs[1]), weights)

    def set_bias(self, layer: WeightedLayer, bias: NDArray[np.floating[Any]]) -> None:
        """Store a bias, in a tensor of its own if it had none or shared one: float (filters,)."""
        operator = layer.operator
        if layer.bias is None or not self._is_own(int(operator.inputs[2])):
            index = self._add_bias(layer, len(bias))
            operator.inputs = [*operator.inputs[:2], index]
        self._fill(int(operator.inputs[2]), bias)

    def _is_own(self, index: int) -> bool:
        """Return whether one operator alone reads a constant and its bytes."""
        buffer = self.graph.tensors[index].buffer
        shared = sum(1 for tensor in self.graph.tensors if tensor.buffer == buffer) > 1
        return self._uses.get(index, 0) == 1 and not shared and index not in self.graph.outputs

    def _add_bias(self, layer: WeightedLayer, filters: int) -> int:
        from ai_edge_litert import schema_py_generated as schema

        tensor, buffer = schema.TensorT(), schema.BufferT()
        tensor.name = f"{tensor_name(self.graph.tensors[layer.made])}/own_bias".encode()
        tensor.type, tensor.shape = FLOAT32, [filters]
        tensor.buffer = len(self._parsed.buffers)
        self._parsed.buffers.append(buffer)
        self.graph.tensors.append(tensor)
        self._uses[len(self.graph.tensors) - 1] = 1
        return len(self.graph.tensors) - 1

    def _fill(self, index: int, values: NDArray[np.floating[Any]]) -> None:
        content = np.ascontiguousarray(values, np.float32).tobytes()
        buffer = self._parsed.buffers[self.graph.tensors[index].buffer]
        buffer.data = np.frombuffer(content, np.uint8)


def _uses(graph: Any) -> dict[int, int]:
    """Return how many inputs of operators read each tensor."""
    uses: dict[int, int] = {}
    for operator in graph.operators:
        for index in operator.inputs:
            uses[int(index)] = uses.get(int(index), 0) + 1
    return uses
