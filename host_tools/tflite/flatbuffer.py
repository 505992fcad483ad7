"""The graph inside a .tflite file: its operators, by kind and name."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from edge_app.errors import ModelError
from host_tools.tflite.parsed_model import (
    FLOAT32,
    model_bytes,
    operator_kind,
    parse_model,
    tensor_name,
    use_current_codes,
)

_MARK = b"TFL3"
_SHOWN = 8  # names in an error
_LONGEST = 40  # letters of one of them


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
        fused = (part for name in self.outputs for part in fused_names(name))
        names = {self.kind, *self.outputs, *fused}
        return any(fnmatchcase(name, pattern) for name in names)

    def is_below(self, start: str) -> bool:
        """Return whether an output's name, or a part of it behind a slash, begins with a text."""
        return any(f"/{start}" in f"/{part}" for name in self.outputs for part in fused_names(name))


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
        """Return the operators that match any pattern, in their order.

        A pattern is a kind, a name, or has * in it; a text that is none of these is the beginning
        of names, as `decoder` of `net/decoder_1/Conv2D`.
        Raises ModelError for a pattern that matches none.
        """
        found: set[Operator] = set()
        for pattern in patterns:
            matching = [each for each in self.operators if each.matches(pattern)]
            matching = matching or [each for each in self.operators if each.is_below(pattern)]
            if not matching:
                raise ModelError(self._no_match(pattern))
            found.update(matching)
        return tuple(each for each in self.operators if each in found)

    def _no_match(self, pattern: str) -> str:
        kinds = sorted({operator.kind for operator in self.operators})
        names = list(dict.fromkeys(_short_name(operator.name) for operator in self.operators))
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        return (
            f"no operator matches '{pattern}'; there are the kinds {', '.join(kinds)} and the "
            f"names {', '.join(names[:_SHOWN])}{more}; * stands for any text, and host-tools "
            "diagnose lists all"
        )


def fused_names(name: str) -> tuple[str, ...]:
    """Return the names of the operators that were fused into a tensor's operator."""
    return tuple(part for part in name.split(";") if part)


def first_name(name: str) -> str:
    """Return the first of the names that were fused into a tensor's, or the only one."""
    return (fused_names(name) or (name,))[0]


def _short_name(name: str) -> str:
    """Return the end of a tensor's first name, which says more than its beginning."""
    part = first_name(name)
    return part if len(part) <= _LONGEST else "\N{HORIZONTAL ELLIPSIS}" + part[1 - _LONGEST :]


def read_graph(model: bytes) -> FlatbufferGraph:
    """Return the graph of a .tflite file.

    model: the file's bytes. Raises ModelError if they are no .tflite or have several graphs.
    """
    from ai_edge_litert.tools import flatbuffer_utils

    if model[4:8] != _MARK:
        raise ModelError("it is not a .tflite file; choose the output of a converter")
    try:
        parsed = parse_model(model)
        types = flatbuffer_utils.TensorType
        smaller = {types.INT8, types.UINT8, types.INT16, types.FLOAT16, types.INT4}
        (graph,) = parsed.subgraphs
        return FlatbufferGraph(
            tuple(_operator(each, graph, parsed) for each in graph.operators),
            inputs=tuple(tensor_name(graph.tensors[index]) for index in graph.inputs),
            outputs=tuple(tensor_name(graph.tensors[index]) for index in graph.outputs),
            float32=not any(tensor.type in smaller for tensor in graph.tensors),
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
    parsed = parse_model(model)
    (graph,) = parsed.subgraphs
    written = [int(index) for operator in graph.operators for index in operator.outputs]
    own = [int(index) for index in graph.outputs]
    graph.outputs = list(dict.fromkeys([*own, *written]))
    parsed.signatureDefs = None  # they list the old outputs
    return model_bytes(parsed)


def with_current_schema(model: bytes) -> bytes:
    """Return a float32 .tflite file as converters write it today; the same bytes if it is one.

    ai-edge-quantizer reads operators' kinds only where they stand today, and expects a list of
    signatures. Scales that a real tensor has kept from an earlier life are removed: weights that
    have some count as quantized there, and stay in float.
    """
    parsed = parse_model(model)
    moved = use_current_codes(parsed)
    scaled = [
        tensor
        for graph in parsed.subgraphs
        for tensor in graph.tensors
        if tensor.type == FLOAT32
        and tensor.quantization is not None
        and tensor.quantization.scale is not None
    ]
    if not moved and not scaled and parsed.signatureDefs is not None:
        return model
    for tensor in scaled:
        tensor.quantization = None
    parsed.signatureDefs = parsed.signatureDefs or []
    return model_bytes(parsed)


def _operator(operator: Any, graph: Any, parsed: Any) -> Operator:
    given = [graph.tensors[index] for index in operator.inputs if index >= 0]
    made = tuple(tensor_name(graph.tensors[index]) for index in operator.outputs if index >= 0)
    variable = [tensor for tensor in given if parsed.buffers[tensor.buffer].data is None]
    weights: tuple[int, ...] = ()
    if len(given) > 1 and given[1] not in variable and len(given[1].shape) > 1:
        weights = tuple(int(side) for side in given[1].shape)
    kind = operator_kind(parsed, operator)
    return Operator(kind, ";".join(made), tuple(map(tensor_name, variable)), made, weights)
