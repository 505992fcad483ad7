"""The float graph inside a .tflite file of a network that was trained with fake quantization."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from host_tools.tflite.graph_edit import GraphEditor
from host_tools.tflite.parsed_model import FLOAT32, tensor_name

# Types of quantized tensors in TFLite's schema, and the ends of their ranges.
_ENDS = {3: (0, 255), 7: (-(2**15), 2**15 - 1), 9: (-128, 127), 17: (-8, 7), 20: (0, 15)}
_NUMPY = {2: np.int32, 3: np.uint8, 7: np.int16, 9: np.int8}


@dataclass(frozen=True, slots=True)
class FloatGraph:
    """A .tflite file without fake quantization.

    ranges: the minimum and maximum of each tensor that training found, by the tensor's name.
    """

    model: bytes
    ranges: Mapping[str, tuple[float, float]]


def without_fake_quantization(model: bytes) -> FloatGraph:
    """Return a .tflite file with real numbers where it rounds them to 8 bits and back.

    Fake quantization is FAKE_QUANT, or QUANTIZE of real numbers whose result goes to DEQUANTIZE
    alone. Beside such pairs, constants that DEQUANTIZE unpacks become real numbers too. The
    operators of an int8 graph, which compute with the quantized numbers, are unchanged.

    model: bytes of a file with one graph; they are returned themselves if nothing is found.
    """
    graph = _TrainedGraph(model)
    ranges = graph.remove_fake_quantization()
    return FloatGraph(graph.to_bytes(), ranges)


class _TrainedGraph(GraphEditor):
    """A graph with fake quantizers."""

    def remove_fake_quantization(self) -> dict[str, tuple[float, float]]:
        """Take all fake quantizers out; return the ranges of the tensors that they limited."""
        ranges = {}
        for first, last, limits in self._fake_quantizers():
            name = self._bridge(int(first.inputs[0]), last)
            if name and limits:
                ranges[name] = limits
            self.changed = True
        if self.changed:
            self._unpack_constants()
            self._remove_unused()
            self._forget_unused_kinds()
        return ranges

    def _fake_quantizers(self) -> list[tuple[Any, Any, tuple[float, float] | None]]:
        """Return the first and last operator of each, and its range if all channels share it."""
        found: list[tuple[Any, Any, tuple[float, float] | None]] = []
        for operator in self.graph.operators:
            kind = self.kind(operator)
            if kind == "FAKE_QUANT":
                options = operator.builtinOptions
                found.append((operator, operator, (float(options.min), float(options.max))))
            elif kind == "QUANTIZE" and self.graph.tensors[operator.inputs[0]].type == FLOAT32:
                made = int(operator.outputs[0])
                users = self._users(made)
                if users and all(self.kind(user) == "DEQUANTIZE" for user in users):
                    limits = _limits(self.graph.tensors[made])
                    found += [(operator, user, limits) for user in users]
        return found

    def _bridge(self, source: int, last: Any) -> str:
        """Give what reads a fake quantizer's result its source; return the name of that tensor.

        The name is empty for a constant.
        """
        made, outputs = int(last.outputs[0]), {int(index) for index in self.graph.outputs}
        kept, gone = source, made
        own = source in outputs or source in self.graph.inputs or self._data(source) is not None
        if made in outputs and own:
            self.graph.outputs = [kept if index == gone else index for index in self.graph.outputs]
        elif made in outputs:
            kept, gone = made, source  # an output keeps its name
        self.graph.operators = [one for one in self.graph.operators if one is not last]
        for operator in self.graph.operators:
            operator.inputs = [kept if index == gone else index for index in operator.inputs]
            operator.outputs = [kept if index == gone else index for index in operator.outputs]
        return "" if self._data(kept) is not None else tensor_name(self.graph.tensors[kept])

    def _unpack_constants(self) -> None:
        """Store real numbers in place of quantized constants that DEQUANTIZE unpacks."""
        kept = []
        for operator in self.graph.operators:
            source = int(operator.inputs[0]) if self.kind(operator) == "DEQUANTIZE" else -1
            data = self._data(source) if source >= 0 else None
            tensor = self.graph.tensors[source]
            if data is None or tensor.type not in _NUMPY:
                kept.append(operator)
            else:
                self._set_constant(int(operator.outputs[0]), _real(tensor, data))
        self.graph.operators = kept

    def _forget_unused_kinds(self) -> None:
        """Take kinds of operators off the file's list; a runtime without FAKE_QUANT refuses it."""
        used = sorted({operator.opcodeIndex for operator in self.graph.operators})
        self._model.operatorCodes = [self._model.operatorCodes[index] for index in used]
        for operator in self.graph.operators:
            operator.opcodeIndex = used.index(operator.opcodeIndex)


def _limits(tensor: Any) -> tuple[float, float] | None:
    """Return the minimum and maximum of a quantized tensor; None if channels have their own."""
    found = tensor.quantization
    if found is None or found.scale is None or len(found.scale) != 1 or tensor.type not in _ENDS:
        return None
    scale, zero = float(found.scale[0]), int(found.zeroPoint[0])
    low, high = _ENDS[tensor.type]
    return scale * (low - zero), scale * (high - zero)


def _real(tensor: Any, data: Any) -> NDArray[np.float32]:
    """Return the real numbers of a quantized constant."""
    steps = np.frombuffer(bytes(data), _NUMPY[tensor.type]).reshape(tensor.shape)
    found = tensor.quantization
    scale, zero = np.asarray(found.scale, np.float64), np.asarray(found.zeroPoint, np.float64)
    if scale.size > 1:
        shape = [1] * steps.ndim
        shape[found.quantizedDimension] = scale.size
        scale, zero = scale.reshape(shape), zero.reshape(shape)
    return ((steps - zero) * scale).astype(np.float32)
