"""Read the graph inside a .tflite file: its operators, by kind and name."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from edge_app.errors import ModelError

_MARK = b"TFL3"


@dataclass(frozen=True, slots=True)
class Operator:
    """Describe one operator of a graph.

    name: its outputs' tensor names joined by ";", as ai-edge-quantizer's scopes are.
    inputs, outputs: names of the tensors it reads and writes, constants left out.
    weights: the shape of its second input where that is a constant of two axes or more.
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    weights: tuple[int, ...] = ()

    def matches(self, pattern: str) -> bool:
        """Tell whether a pattern names this operator: its kind, a tensor, or a part of its name.

        TFLite joins the names of operators it has fused by ";"; each of them is a name too.
        """
        names = {
            self.kind,
            *self.outputs,
            *(part for name in self.outputs for part in fused_names(name)),
        }
        return any(fnmatchcase(name, pattern) for name in names)


@dataclass(frozen=True, slots=True)
class FlatbufferGraph:
    """Describe the first graph of a .tflite file.

    inputs, outputs: names of its tensors. float32: whether its inputs and weights all are.
    """

    operators: tuple[Operator, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    float32: bool

    def matching(self, patterns: Sequence[str]) -> tuple[Operator, ...]:
        """Return the operators that any pattern names; raise ModelError for one that names none."""
        for pattern in patterns:
            if not any(operator.matches(pattern) for operator in self.operators):
                raise ModelError(
                    f"no operator matches '{pattern}'; host-tools diagnose lists their names, "
                    "and * stands for any part of one"
                )
        return tuple(
            operator
            for operator in self.operators
            if any(operator.matches(pattern) for pattern in patterns)
        )


def fused_names(name: str) -> tuple[str, ...]:
    """Split a tensor's name into those of the operators that were fused into it."""
    return tuple(part for part in name.split(";") if part)


def short_name(name: str, most: int = 40) -> str:
    """Shorten a tensor's name to its first part's end, which tells more than the beginning."""
    part = (fused_names(name) or (name,))[0]
    return part if len(part) <= most else "\N{HORIZONTAL ELLIPSIS}" + part[1 - most :]


def read_graph(model: bytes) -> FlatbufferGraph:
    """Read the graph of a .tflite file's bytes.

    Raises ModelError where they are none or hold more than one graph.
    """
    from ai_edge_litert.tools import flatbuffer_utils

    if model[4:8] != _MARK:
        raise ModelError("it is not a .tflite file; name one that a converter wrote")
    try:
        held = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
        names = flatbuffer_utils.TensorType
        (graph,) = held.subgraphs
        return FlatbufferGraph(
            operators=tuple(
                _operator(operator, graph, held, flatbuffer_utils) for operator in graph.operators
            ),
            inputs=tuple(_name(graph.tensors[index]) for index in graph.inputs),
            outputs=tuple(_name(graph.tensors[index]) for index in graph.outputs),
            float32=not any(
                tensor.type in {names.INT8, names.UINT8, names.INT16, names.FLOAT16, names.INT4}
                for tensor in graph.tensors
            ),
        )
    except (ValueError, TypeError, IndexError, AttributeError, struct.error) as fault:
        raise ModelError(
            f"the .tflite file is damaged or holds several graphs ({str(fault)[:80]}); "
            "convert it again, with one signature"
        ) from fault


def with_all_outputs(model: bytes) -> bytes:
    """Return the same graph with everything its operators write as an output, its own first."""
    from ai_edge_litert.tools import flatbuffer_utils

    held = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    (graph,) = held.subgraphs
    written = [int(index) for operator in graph.operators for index in operator.outputs]
    own = [int(index) for index in graph.outputs]
    graph.outputs = list(dict.fromkeys([*own, *written]))
    held.signatureDefs = None  # they name the old outputs
    return bytes(flatbuffer_utils.convert_object_to_bytearray(held))


def _operator(operator: Any, graph: Any, held: Any, tools: Any) -> Operator:
    given = [graph.tensors[index] for index in operator.inputs if index >= 0]
    made = tuple(_name(graph.tensors[index]) for index in operator.outputs if index >= 0)
    constant = [held.buffers[tensor.buffer].data is not None for tensor in given]
    weights: tuple[int, ...] = ()
    if len(given) > 1 and constant[1] and len(given[1].shape) > 1:
        weights = tuple(int(side) for side in given[1].shape)
    return Operator(
        kind=str(tools.opcode_to_name(held, operator.opcodeIndex)),
        name=";".join(made),
        inputs=tuple(
            _name(tensor) for tensor, fixed in zip(given, constant, strict=True) if not fixed
        ),
        outputs=made,
        weights=weights,
    )


def _name(tensor: Any) -> str:
    return bytes(tensor.name).decode("utf-8", "replace")
