"""Facts of a .tflite file's graph, read before any runtime loads it: tensors, operators, metadata.

Schema: tensorflow/lite/schema/schema.fbs, version 3.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.model.flatbuffer_table import DAMAGE, FlatTable, root_table

_DTYPES = (
    "float32", "float16", "int32", "uint8", "int64", "text", "bool", "int16", "complex64", "int8",
    "float64",
)  # fmt: skip
_CUSTOM = 32
# The operators that say something of a network's input or answer, or of what it is.
_OPERATORS = {
    0: "ADD", 1: "AVERAGE_POOL_2D", 2: "CONCATENATION", 3: "CONV_2D", 6: "DEQUANTIZE",
    7: "EMBEDDING_LOOKUP", 9: "FULLY_CONNECTED", 11: "L2_NORMALIZATION", 14: "LOGISTIC",
    18: "MUL", 19: "RELU", 21: "RELU6", 22: "RESHAPE", 23: "RESIZE_BILINEAR", 25: "SOFTMAX",
    28: "TANH", 34: "PAD", 36: "GATHER", 39: "TRANSPOSE", 40: "MEAN", 41: "SUB", 42: "DIV",
    43: "SQUEEZE", 45: "STRIDED_SLICE", 48: "TOPK_V2", 50: "LOG_SOFTMAX", 53: "CAST",
    56: "ARG_MAX", 60: "PADV2", 65: "SLICE", 70: "EXPAND_DIMS", 97: "RESIZE_NEAREST_NEIGHBOR",
    114: "QUANTIZE", 120: "NON_MAX_SUPPRESSION_V4", 121: "NON_MAX_SUPPRESSION_V5",
    126: "BATCH_MATMUL", 131: "RFFT2D",
}  # fmt: skip
# Those that pass values on as they are, or as another type.
_PASSING = {
    "RESHAPE", "SQUEEZE", "EXPAND_DIMS", "TRANSPOSE", "CAST", "QUANTIZE", "DEQUANTIZE",
    "STRIDED_SLICE", "SLICE", "PAD", "PADV2",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TensorFacts:
    """One tensor: its shape with -1 for what is open, its type by its numpy name or "text".

    scale: 0 if it is not quantized. real = scale * (quantized - zero_point).
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float = 0.0
    zero_point: int = 0

    @property
    def size_text(self) -> str:
        """The shape to show: 1x28x28, with ? for what is open; an open batch is one image."""
        sides = [1 if self.shape[0] < 0 else self.shape[0], *self.shape[1:]] if self.shape else []
        return "x".join("?" if side < 0 else str(side) for side in sides) or "a single number"


@dataclass(frozen=True, slots=True)
class OperatorFacts:
    """One operator: its name, and the numbers of the tensors that it reads and makes."""

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class GraphFacts:
    """The main graph of a file. Methods may raise one of `DAMAGE` on a damaged file.

    inputs, outputs: numbers of tensors. metadata: the buffers of the file by their names.
    """

    root: FlatTable
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operators: tuple[OperatorFacts, ...]
    metadata: dict[str, bytes] = field(default_factory=dict)

    @cached_property
    def _tensors(self) -> list[FlatTable]:
        return self.root.tables(2)[0].tables(0)

    @cached_property
    def _buffers(self) -> list[FlatTable]:
        return self.root.tables(4)

    @cached_property
    def _producers(self) -> dict[int, OperatorFacts]:
        return {tensor: one for one in self.operators for tensor in one.outputs}

    def tensor(self, number: int) -> TensorFacts:
        """Return what the file says of one tensor."""
        table = self._tensors[number]
        shape, signature = table.numbers(0, "i"), table.numbers(7, "i")
        kind = table.number(1, "b")
        quantization = table.table(4)
        scales = quantization.numbers(2, "f") if quantization else ()
        zeros = quantization.numbers(3, "q") if quantization else ()
        return TensorFacts(
            name=table.text(3),
            shape=signature if len(signature) == len(shape) else shape,
            dtype=_DTYPES[kind] if 0 <= kind < len(_DTYPES) else f"type {kind}",
            scale=float(scales[0]) if len(scales) == 1 else 0.0,
            zero_point=int(zeros[0]) if len(zeros) == 1 else 0,
        )

    def constant(self, number: int) -> NDArray[np.float64] | None:
        """Return the float values of a tensor that the file holds, flat; None for any other."""
        if number < 0 or self.tensor(number).dtype not in {"float32", "float16"}:
            return None
        content = self._buffers[self._tensors[number].number(2, "I")].content(0)
        dtype = self.tensor(number).dtype
        if not content or len(content) % np.dtype(dtype).itemsize:
            return None
        return np.frombuffer(content, dtype).astype(np.float64)

    @property
    def names(self) -> set[str]:
        """The names of the operators that it has."""
        return {one.name for one in self.operators}

    def readers(self, number: int) -> list[OperatorFacts]:
        """Return the operators that read a tensor."""
        return [one for one in self.operators if number in one.inputs]

    def last_operators(self, number: int) -> list[str]:
        """Return the names of the operators that make a tensor, the last one first.

        Up to the first that does more than pass its values on.
        """
        names: list[str] = []
        while len(names) < len(self.operators) and (one := self._producers.get(number)):
            names.append(one.name)
            if one.name not in _PASSING or not one.inputs:
                break
            number = one.inputs[0]
        return names

    def width_before(self, number: int, name: str) -> int | None:
        """Return the last side of what an operator reads that makes a tensor.

        Other operators after it may pass its values on. None if there is no such operator.
        """
        for _ in range(len(self.operators)):
            one = self._producers.get(number)
            if one is None or not one.inputs:
                return None
            if one.name == name:
                width = self.tensor(one.inputs[0]).shape[-1:]
                return width[0] if width and width[0] > 0 else None
            if one.name not in _PASSING:
                return None
            number = one.inputs[0]
        return None


def is_passing(name: str) -> bool:
    """Return whether an operator passes values on as they are, or as another type."""
    return name in _PASSING


def read_graph_facts(path: Path) -> GraphFacts | None:
    """Return the facts of a file; None if it cannot be read or is none: loading it says why."""
    try:
        with path.open("rb") as file:  # mapped: the file may be large, and facts are few
            return _facts(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, *DAMAGE):
        return None


def _facts(content: mmap.mmap) -> GraphFacts:
    root = root_table(content, b"TFL3")
    graph = root.tables(2)[0]
    names = [_operator_name(code) for code in root.tables(1)]
    operators = tuple(
        OperatorFacts(names[one.number(0, "I")], one.numbers(1, "i"), one.numbers(2, "i"))
        for one in graph.tables(3)
    )
    buffers = root.tables(4)
    metadata = {one.text(0): buffers[one.number(1, "I")].content(0) for one in root.tables(6)}
    return GraphFacts(root, graph.numbers(1, "i"), graph.numbers(2, "i"), operators, metadata)


def _operator_name(code: FlatTable) -> str:
    """Return the name of an operator: old files have its number in another field than new ones."""
    number = max(code.number(0, "b"), code.number(3, "i"))
    if number == _CUSTOM:
        return code.text(1) or "CUSTOM"
    return _OPERATORS.get(number, f"operator {number}")


def tensors_of(facts: GraphFacts, numbers: Iterable[int]) -> Iterator[TensorFacts]:
    """Yield what the file says of several tensors."""
    return (facts.tensor(number) for number in numbers)
