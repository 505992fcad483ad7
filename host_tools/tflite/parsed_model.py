"""A .tflite file as objects of TFLite's schema, which can be read and changed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Types of tensors in TFLite's schema.
FLOAT32, INT8, INT4 = 0, 9, 17


def parse_model(model: bytes) -> Any:
    """Return the objects of a .tflite file; what is raised for a damaged one is of many kinds."""
    from ai_edge_litert.tools import flatbuffer_utils

    return flatbuffer_utils.read_model_from_bytearray(bytearray(model))


def model_bytes(parsed: Any) -> bytes:
    """Return a parsed file as bytes again."""
    from ai_edge_litert.tools import flatbuffer_utils

    return bytes(flatbuffer_utils.convert_object_to_bytearray(parsed))


def operator_kind(parsed: Any, operator: Any) -> str:
    """Return the kind of an operator of a parsed file, as CONV_2D."""
    from ai_edge_litert.tools import flatbuffer_utils

    return str(flatbuffer_utils.opcode_to_name(parsed, operator.opcodeIndex))


def tensor_name(tensor: Any) -> str:
    """Return the name of a tensor of a parsed file."""
    return bytes(tensor.name).decode("utf-8", "replace")


def float32_values(parsed: Any, tensor: Any) -> NDArray[np.float32] | None:
    """Return the numbers of a float32 constant, in one row; None for any other tensor."""
    data = parsed.buffers[tensor.buffer].data
    if data is None or tensor.type != FLOAT32:
        return None
    return np.frombuffer(bytes(data), np.float32)


def use_current_codes(parsed: Any) -> bool:
    """Write operators' kinds where they stand since TensorFlow 2.4; return whether any moved.

    Before, a kind stood in a field of one byte, which is deprecated, and the tools that read only
    its successor took a convolution for an addition.
    """
    old = [code for code in parsed.operatorCodes if code.builtinCode < code.deprecatedBuiltinCode]
    for code in old:
        code.builtinCode = code.deprecatedBuiltinCode
    return bool(old)
