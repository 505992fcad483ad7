"""The graph inside a .tflite file: its operators, by kind and name."""

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
    """One operator of a graph.

    name: the names of its output tensors joined by ";", like the scopes of ai-edge-quantizer.
    inputs, outputs: names of the tensors that it reads and writes, without constants.
    weights: the shape of its second input if that is a constant of two axes or more.
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    weights: tuple[int, ...] = ()

    def matches(self, pattern: str) -> bool:
        """Return whether a pattern, with * for any text, matches the kind or an output tensor.

        TFLite joins the names of fused operators by ";"; a pattern may match each of them.
        """
        names = {
            self.kind,
            *self.outputs,
            *(part for name in self.outputs for part in fused_names(name)),
        }
        return any(fnmatchcase(name, pattern) for name in names)


@dataclass(frozen=True, slots=True)
class FlatbufferGraph:
    """The only graph of a .tflite file.

    inputs, outputs: names of its tensors. float32: whether no tensor is quantized or float16.
    """

    operators: tuple[Operator, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    float32: bool

    def matching(self, patterns: Sequence[str]) -> tuple[Operator, ...]:
        """Return the operators that match any pattern.

        Raises ModelError for a pattern that matches none.
        """
        for pattern in patterns:
            if not any(operator.matches(pattern) for operator in self.operators):
                raise ModelError(
                    f"no operator matches '{pattern}'; host-tools diagnose lists their names, "
                    "and * stands for any text"
                )
        return tuple(
            operator
            for operator in self.operators
            if any(operator.matches(pattern) for pattern in patterns)
        )


def fused_names(name: str) -> tuple[str, ...]:
    """Return the names of the operators that were fused into a tensor's operator."""
    return tuple(part for part in name.split(";") if part)


def short_name(name: str, most: int = 40) -> str:
    """Return the end of a tensor's first name, which says more than its beginning."""
    part = (fused_names(name) or (name,))[0]
    return part if len(part) <= most else "\N{HORIZONTAL ELLIPSIS}" + part[1 - most :]


def read_graph(model: bytes) -> FlatbufferGraph:
    """Return the graph of a .tflite file.

    model: the file's bytes. Raises ModelError if they are no .tflite or have several graphs.
    """
    from ai_edge_litert.tools import flatbuffer_utils

    if model[4:8] != _MARK:
        raise ModelError("it is not a .tflite file; choose the output of a converter")
    try:
        parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
        names = flatbuffer_utils.TensorType
        (graph,) = parsed.subgraphs
        return FlatbufferGraph(
            operators=tuple(
                _operator(operator, graph, parsed, flatbuffer_utils) for operator in graph.operators
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
    """Return a .tflite file with every operator's output as an output of the graph.

    The graph's own outputs come first.
    """
    from ai_edge_litert.tools import flatbuffer_utils

    parsed = flatbuffer_utils.read_model_from_bytearray(bytearray(model))
    (graph,) = parsed.subgraphs
    written = [int(index) for operator in graph.operators for index in operator.outputs]
    own = [int(index) for index in graph.outputs]
    graph.outputs = list(dict.fromkeys([*own, *written]))
    parsed.signatureDefs = None  # they list the old outputs
    return bytes(flatbuffer_utils.convert_object_to_bytearray(parsed))


def _operator(operator: Any, graph: Any, parsed: Any, tools: Any) -> Operator:
    given = [graph.tensors[index] for index in operator.inputs if index >= 0]
    made = tuple(_name(graph.tensors[index]) for index in operator.outputs if index >= 0)
    constant = [parsed.buffers[tensor.buffer].data is not None for tensor in given]
    weights: tuple[int, ...] = ()
    if len(given) > 1 and constant[1] and len(given[1].shape) > 1:
        weights = tuple(int(side) for side in given[1].shape)
    return Operator(
        kind=str(tools.opcode_to_name(parsed, operator.opcodeIndex)),
        name=";".join(made),
        inputs=tuple(
            _name(tensor) for tensor, fixed in zip(given, constant, strict=True) if not fixed
        ),
        outputs=made,
        weights=weights,
    )


def _name(tensor: Any) -> str:
    return bytes(tensor.name).decode("utf-8", "replace")
