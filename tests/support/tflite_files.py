"""Small .tflite files written operator by operator, without TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

_TYPES = {
    "float32": 0, "float16": 1, "int32": 2, "uint8": 3, "int64": 4, "bool": 6, "int16": 7,
    "int8": 9, "resource": 13,
}  # fmt: skip


class TfliteFile:
    """A graph under construction; tensors are numbers, as in the file.

    LiteRT has the schema; without it the test that makes a file is skipped.
    """

    def __init__(self) -> None:
        schema: Any = pytest.importorskip("ai_edge_litert.schema_py_generated")
        self._schema = schema
        self._graph = schema.SubGraphT()
        self._graph.tensors, self._graph.operators = [], []
        self._codes: list[int | str] = []
        self._buffers = [schema.BufferT()]
        self._graphs = [self._graph]

    def subgraph(self) -> TfliteFile:
        """Return a further graph of the same file, which operators name by its number from 1."""
        other = TfliteFile()
        other._buffers, other._codes = self._buffers, self._codes
        other._graph.inputs, other._graph.outputs = [], []
        self._graphs.append(other._graph)
        return other

    def tensor(
        self,
        shape: Sequence[int],
        dtype: str = "float32",
        name: str = "",
        scale: float = 0.0,
        zero_point: int = 0,
        data: NDArray[Any] | None = None,
        signature: Sequence[int] | None = None,
    ) -> int:
        """Add a tensor and return its number; data: a constant's values."""
        one = self._schema.TensorT()
        one.shape, one.type = list(shape), _TYPES[dtype]
        one.name = name or f"t{len(self._graph.tensors)}"
        one.shapeSignature = None if signature is None else list(signature)
        if scale:
            one.quantization = self._schema.QuantizationParametersT()
            one.quantization.scale, one.quantization.zeroPoint = [scale], [zero_point]
        if data is not None:
            buffer = self._schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            self._buffers.append(buffer)
            one.buffer = len(self._buffers) - 1
        self._graph.tensors.append(one)
        return len(self._graph.tensors) - 1

    def constant(self, values: NDArray[Any], **named: Any) -> int:
        """Add a constant and return its number."""
        return self.tensor(values.shape, str(values.dtype), data=values, **named)

    def operator(
        self, name: str, inputs: Sequence[int], output: int, options: Any = None, **fields: Any
    ) -> int:
        """Add an operator by its name in the schema, else a custom one, and return its output.

        output: -1 if it has none. options: the name of its table of options, as "Conv2DOptions",
            with its fields.
        """
        code = getattr(self._schema.BuiltinOperator, name, name)
        if code not in self._codes:
            self._codes.append(code)
        one = self._schema.OperatorT()
        one.opcodeIndex = self._codes.index(code)
        one.inputs, one.outputs = list(inputs), [output] if output >= 0 else []
        if options:
            one.builtinOptionsType = getattr(self._schema.BuiltinOptions, options)
            one.builtinOptions = getattr(self._schema, f"{options}T")()
            vars(one.builtinOptions).update(fields)
        self._graph.operators.append(one)
        return output

    def conv(self, given: int, kernel: NDArray[Any], shape: Sequence[int], stride: int = 1) -> int:
        """Add a float convolution (out, h, w, in) without a bias, and return its output."""
        weights = self.constant(kernel.astype(np.float32))
        bias = self.constant(np.zeros(kernel.shape[0], np.float32))
        return self.operator(
            "CONV_2D", [given, weights, bias], self.tensor(shape), "Conv2DOptions",
            strideW=stride, strideH=stride,
        )  # fmt: skip

    def transpose(self, given: int, axes: Sequence[int], shape: Sequence[int], **named: Any) -> int:
        """Add a transposition, and return its output."""
        order = self.constant(np.array(axes, np.int32))
        output = self.tensor(shape, **named)
        return self.operator("TRANSPOSE", [given, order], output, "TransposeOptions")

    def reshape(self, given: int, shape: Sequence[int], **named: Any) -> int:
        """Add a reshape, and return its output."""
        wanted = self.constant(np.array(shape, np.int32))
        output = self.tensor(shape, **named)
        options = {"newShape": list(shape)}
        return self.operator("RESHAPE", [given, wanted], output, "ReshapeOptions", **options)

    def argmax(self, given: int, dtype: str = "int32", **named: Any) -> int:
        """Add the position of the largest value along the last axis, and return it."""
        *shape, _ = self._graph.tensors[given].shape
        axis = self.constant(np.array(len(shape), np.int32))
        ids = self.tensor(shape, dtype, **named)
        options = {"outputType": _TYPES[dtype]}
        return self.operator("ARG_MAX", [given, axis], ids, "ArgMaxOptions", **options)

    def fake_quantize(self, given: int, limit: float, **named: Any) -> int:
        """Add a rounding to 8 bits between -limit and limit, and return its output."""
        rounded = self.tensor(self._graph.tensors[given].shape, **named)
        options = {"min": -limit, "max": limit, "numBits": 8}
        return self.operator("FAKE_QUANT", [given], rounded, "FakeQuantOptions", **options)

    def write(
        self,
        path: Path,
        inputs: Sequence[int],
        outputs: Sequence[int],
        metadata: Mapping[str, bytes] | None = None,
    ) -> Path:
        """Write the file and return its path."""
        self._graph.inputs, self._graph.outputs = list(inputs), list(outputs)
        model = self._schema.ModelT()
        model.version, model.subgraphs, model.buffers = 3, self._graphs, self._buffers
        model.operatorCodes = []
        for code in self._codes:
            one = self._schema.OperatorCodeT()
            is_own = isinstance(code, str)
            number = self._schema.BuiltinOperator.CUSTOM if is_own else code
            one.builtinCode, one.deprecatedBuiltinCode, one.version = number, min(number, 127), 1
            one.customCode = code if is_own else None
            model.operatorCodes.append(one)
        model.metadata = []
        for name, content in (metadata or {}).items():
            buffer = self._schema.BufferT()
            buffer.data = np.frombuffer(content, np.uint8)
            self._buffers.append(buffer)
            entry = self._schema.MetadataT()
            entry.name, entry.buffer = name, len(self._buffers) - 1
            model.metadata.append(entry)
        builder = pytest.importorskip("flatbuffers").Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        path.write_bytes(builder.Output())
        return path
