"""Which of the four variants a file is, from the types of its weights and activations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

# They only change the type of what passes, whatever the network itself computes in.
_CONVERSIONS = {"QUANTIZE", "DEQUANTIZE", "CAST"}
_EIGHT_BITS = {np.dtype(np.int8), np.dtype(np.uint8)}
_INTEGERS = _EIGHT_BITS | {np.dtype(np.int16)}  # activations of 16 bits stand beside 8-bit weights


def variant_kind(
    ops: Iterable[Mapping[str, Any]],
    tensors: Iterable[Mapping[str, Any]],
    inputs: Iterable[int],
) -> str:
    """Return the name of a variant: float32, float16, dynamic_range or int8.

    The types of input and output do not decide: float networks may take bytes or return class ids.
    int8 weights with float activations are dynamic_range, with quantized ones int8.

    ops, tensors: the results of `_get_ops_details` and `get_tensor_details` of an interpreter.
    inputs: indices of the graph's input tensors.
    """
    known = {int(tensor["index"]): tensor for tensor in tensors}
    nodes = [op for op in ops if op["op_name"] != "DELEGATE"]
    computed = {int(index) for op in nodes for index in op["outputs"]} | set(inputs)
    weights: set[np.dtype[Any]] = set()
    activations: set[np.dtype[Any]] = set()
    for op in nodes:
        for index in map(int, op["inputs"]):
            if index not in known:  # an optional input that is left out
                continue
            dtype = np.dtype(known[index]["dtype"])
            if index not in computed:
                weights.add(dtype)
            elif op["op_name"] not in _CONVERSIONS and known[index]["quantization"][0] > 0:
                activations.add(dtype)
    quantized = bool(activations & _INTEGERS)
    if weights & _EIGHT_BITS:
        return "int8" if quantized else "dynamic_range"
    if np.dtype(np.float16) in weights:
        return "float16"
    return "int8" if quantized and np.dtype(np.float32) not in weights else "float32"
