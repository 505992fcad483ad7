"""Check that a .tflite file is the variant that its name says, by the types of its tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any

from edge_app.errors import ModelError
from host_tools.tflite.flatbuffer import first_name
from host_tools.tflite.parsed_model import operator_kind, parse_model, tensor_name

# Operators whose weights a quantizer stores in fewer bits. 8-bit filters of the others, with float
# activations, would leave the delegate (see `ai_edge`).
HALF = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"})
DYNAMIC = frozenset({"CONV_2D", "FULLY_CONNECTED"})
# They change the type of a tensor, or read its shape, and compute nothing.
_CONVERSIONS = frozenset({"QUANTIZE", "DEQUANTIZE", "CAST", "SHAPE", "RANK"})
_FLOATS = frozenset({"FLOAT32", "FLOAT16"})
_WEIGHT_TYPES = frozenset({"FLOAT32", "FLOAT16", "INT8", "UINT8", "INT4", "INT16"})
_SHOWN = 5  # operators in an error


@dataclass(frozen=True, slots=True)
class OperatorTypes:
    """The types of one operator's tensors.

    name: the names of its outputs, as `Operator.name`. read, written: types of the tensors that
    change with the image, "FLOAT32" or "quantized INT8". weights: types of its constants with two
    axes or more, as the file stores them.
    """

    kind: str
    name: str
    read: tuple[str, ...]
    written: tuple[str, ...]
    weights: tuple[str, ...]

    @property
    def quantized(self) -> bool:
        """Whether it computes with quantized tensors, or acts as if it did."""
        tensors = (*self.read, *self.written)
        return self.kind == "FAKE_QUANT" or any(each.startswith("quantized") for each in tensors)

    @property
    def in_float(self) -> bool:
        """Whether it computes with float tensors."""
        return self.kind not in _CONVERSIONS and not _FLOATS.isdisjoint(self.read)


def check_variant_types(model: bytes, name: str, kept: Set[str] = frozenset()) -> None:
    """Raise ModelError, with the operators, for a file that is not the variant of its name.

    float32: no other numbers. float16: half-precision weights, all else in float. dynamic_range:
    8-bit weights, all else in float. int8: nothing in float. A file passes for one name at most.

    model: bytes of the .tflite. kept: names of operators that were to stay in float, as
    `Operator.name`.
    """
    operators = [one for one in read_operator_types(model) if one.name not in kept]
    if name == "float32":
        small = [one for one in operators if one.quantized or set(one.weights) - {"FLOAT32"}]
        _refuse(small, "holds quantized or half-precision numbers in", "start from another file")
    elif name == "int8":
        in_float = [one for one in operators if one.in_float]
        kinds = " --keep-float ".join(sorted({one.kind for one in in_float}))
        _refuse(
            in_float,
            "computes in float in",
            f"say so with --keep-float {kinds}, or leave int8 out with --variants",
        )
        if not any(one.quantized for one in operators):
            raise ModelError("nothing in it is quantized; leave int8 out with --variants")
    else:
        _check_weights(operators, name, bool(kept))


def _check_weights(operators: Sequence[OperatorTypes], name: str, some_kept: bool) -> None:
    """Raise ModelError for a file without the weights of float16 or dynamic_range."""
    wanted, kinds = {"float16": ("FLOAT16", HALF), "dynamic_range": ("INT8", DYNAMIC)}[name]
    leave_out = f"leave {name} out with --variants"
    _refuse([one for one in operators if one.quantized], "has 8-bit activations in", leave_out)
    other = [one for one in operators if set(one.weights) - {wanted, "FLOAT32"}]
    _refuse(other, "has weights of another kind in", leave_out)
    left = [one for one in operators if one.kind in kinds and "FLOAT32" in one.weights]
    _refuse(left, "has float32 weights in", leave_out)
    if not some_kept and not any(wanted in one.weights for one in operators):
        text = "half-precision" if name == "float16" else "8-bit"
        raise ModelError(f"it has no {text} weights; {leave_out}")


def _refuse(operators: Sequence[OperatorTypes], problem: str, fix: str) -> None:
    if operators:
        shown = [f"{one.kind} {first_name(one.name)}" for one in operators[:_SHOWN]]
        more = len(operators) - len(shown)
        names = ", ".join(shown) + (f" and {more} more" if more else "")
        raise ModelError(f"it {problem} {names}; {fix}")


def read_operator_types(model: bytes) -> Iterator[OperatorTypes]:
    """Yield the operators of a .tflite file with one graph, in their order.

    A constant that is only unpacked, by DEQUANTIZE or DENSIFY, is one of the operator that reads
    the result.
    """
    from ai_edge_litert.tools import flatbuffer_utils as tools

    parsed = parse_model(model)
    (graph,) = parsed.subgraphs
    names = {number: text for text, number in vars(tools.TensorType).items() if text.isupper()}
    constants: dict[int, str] = {
        index: names[tensor.type]
        for index, tensor in enumerate(graph.tensors)
        if parsed.buffers[tensor.buffer].data is not None
    }
    for operator in graph.operators:
        kind = operator_kind(parsed, operator)
        given = [index for index in operator.inputs if index >= 0]
        if kind in {"DEQUANTIZE", "DENSIFY"} and given[0] in constants:
            constants[operator.outputs[0]] = constants[given[0]]
            continue
        made = [index for index in operator.outputs if index >= 0]
        yield OperatorTypes(
            kind,
            ";".join(tensor_name(graph.tensors[index]) for index in made),
            tuple(_type(graph.tensors[i], names) for i in given if i not in constants),
            tuple(_type(graph.tensors[i], names) for i in made),
            tuple(
                constants[i]
                for i in given
                if i in constants and constants[i] in _WEIGHT_TYPES and _is_matrix(graph.tensors[i])
            ),
        )


def _type(tensor: Any, names: dict[int, str]) -> str:
    text = names[tensor.type]
    scale = tensor.quantization.scale if tensor.quantization is not None else None
    return f"quantized {text}" if scale is not None and text not in _FLOATS else text


def _is_matrix(tensor: Any) -> bool:
    return tensor.shape is not None and len(tensor.shape) > 1
