"""int8 files of which only the delegate cannot prepare an operator."""

from __future__ import annotations

from typing import Any

import pytest


def refused_by_delegate(int8: bytes, kind: str, part: str = "output") -> bytes:
    """Return an int8 .tflite of which XNNPACK cannot prepare the first operator of a kind.

    XNNPACK takes products of the scales up to 256 times the output's; the runtime's own kernels
    take any. part: which scale is changed, "output" or "weights".
    """
    tools: Any = pytest.importorskip("ai_edge_litert.tools.flatbuffer_utils")
    model = tools.read_model_from_bytearray(bytearray(int8))
    (graph,) = model.subgraphs
    for operator in graph.operators:
        if tools.opcode_to_name(model, operator.opcodeIndex) == kind:
            if part == "output":
                graph.tensors[operator.outputs[0]].quantization.scale = [1e-7]
            else:
                scales = graph.tensors[operator.inputs[1]].quantization
                scales.scale = [1e5] * len(scales.scale)
            return bytes(tools.convert_object_to_bytearray(model))
    raise ValueError(kind)
