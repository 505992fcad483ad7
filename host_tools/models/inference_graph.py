"""Preparation of a TF1 graph for inference: what only training or TensorFlow's placer needs goes.

Graphs that were frozen from a training session hold dropout, switches between training and
inference, assertions, and the places of variables that are no longer there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from operator import add, mul, sub, truediv
from typing import Any

from edge_app.errors import ModelError
from host_tools.framework import load_tensorflow
from host_tools.models.graph_nodes import copied, node_name

_TRAINING = re.compile(r"Assign.*|Apply.*|SparseApply.*|ResourceApply.*|ScatterUpdate|.*Grad(V\d)?")
_QUANTIZED = re.compile(r"Quantize(d.+|V\d|Down.+)|Requantiz.+|Dequantize")
_RANDOM = {"RandomUniform", "RandomStandardNormal", "TruncatedNormal", "StatelessRandomUniform"}
# What a mask of dropout is computed of, beside constants and random numbers.
_OF_MASKS = {"Shape", "Const", "Identity", "Add", "AddV2", "Sub", "Mul", "Floor", "GreaterEqual"}
_OF_MASKS |= {"Cast", "Pack", "StridedSlice", "RealDiv", "PlaceholderWithDefault", "Less"}
_STEPS = {"Floor", "GreaterEqual", "Less"}
_ARITHMETIC = {"Add": add, "AddV2": add, "Sub": sub, "Mul": mul, "RealDiv": truediv}
_PRODUCTS = {"Mul", "Select", "SelectV2"}


def prepare_nodes(nodes: dict[str, Any]) -> tuple[str, ...]:
    """Make nodes, in place, what they compute in inference, on no device and in no order.

    The branches and assertions that are left without use are removed.

    Defaults of placeholders, flags of training, switches that depend on them, and dropout are
    replaced. Freezing turns variables into constants and leaves the colocation with them
    (`_class`), which TensorFlow refuses to import. Control inputs order assertions and updates.
    Returns a line for the card for each thing that was decided.
    """
    for node in nodes.values():
        node.attr.pop("_class", None)
        node.device = ""
    taken = {node_name(name) for node in nodes.values() for name in node.input}
    ends = [name for name in nodes if name not in taken]
    decided = _fix_placeholders(nodes)
    _resolve_switches(nodes)  # before control inputs go: constants in a branch have no others
    for node in nodes.values():
        kept = [name for name in node.input if not name.startswith("^")]
        if len(kept) != len(node.input):
            del node.input[:]
            node.input.extend(kept)
    dropped = _remove_dropout(nodes)
    _remove_unused(nodes, ends)
    return (*decided, *([f"dropout was removed: {', '.join(dropped)}"] if dropped else []))


def check_inference(nodes: dict[str, Any], used: Iterable[str]) -> None:
    """Raise ModelError for a graph that is quantized or trains.

    used: names of the nodes that lead to the output.
    """
    for node in (nodes[name] for name in used):
        if _QUANTIZED.fullmatch(node.op):
            raise ModelError(
                f"the graph is quantized already ({node.name} is {node.op}), and its losses cannot "
                "be undone; start from the graph of floats"
            )
        if node.op in _RANDOM:
            raise ModelError(
                f"the graph draws random numbers ({node.name} is {node.op}); freeze the graph of "
                "inference, or choose an output before it with --output"
            )
        if _TRAINING.fullmatch(node.op):
            raise ModelError(
                f"the graph still trains{_with_quantization(nodes)} ({node.name} is {node.op}); "
                "freeze the graph of inference, or choose an output before it with --output"
            )


def _with_quantization(nodes: dict[str, Any]) -> str:
    """Return what to add about a graph that learns the ranges of its quantization."""
    learns = any(node.op.startswith("FakeQuant") for node in nodes.values())
    return ", with quantization" if learns else ""


def _fix_placeholders(nodes: dict[str, Any]) -> list[str]:
    """Give placeholders that are no images the value they have in inference."""
    decided = []
    for node in nodes.values():
        if node.op == "PlaceholderWithDefault" and len(node.attr["shape"].shape.dim) == 4:
            _become(node, "Placeholder", [], {key: node.attr[key] for key in ("dtype", "shape")})
        elif node.op == "PlaceholderWithDefault":
            _become(node, "Identity", [node.input[0]], {"T": node.attr["dtype"]})
            decided.append(f"{node.name} has its default value")
        elif node.op == "Placeholder" and _is_flag(node):
            _become_constant(node, value=False)
            decided.append(f"{node.name} is false")
        elif node.op == "Placeholder" and _is_share_kept(node):
            _become_constant(node, value=1.0)
            decided.append(f"{node.name} is 1")
    return decided


def _remove_unused(nodes: dict[str, Any], ends: list[str]) -> None:
    """Remove the nodes that no end depends on any more; ends: those that nothing took before."""
    used: set[str] = set()
    waiting = list(ends)
    while waiting:
        name = waiting.pop()
        if name not in used:
            used.add(name)
            waiting.extend(map(node_name, nodes[name].input))
    for name in [name for name in nodes if name not in used]:
        del nodes[name]


def _is_flag(node: Any) -> bool:
    """Return whether a placeholder is a single truth value, as `is_training`."""
    shape = node.attr["shape"].shape
    return bool(
        node.attr["dtype"].type == load_tensorflow().bool.as_datatype_enum and not len(shape.dim)
    )


def _is_share_kept(node: Any) -> bool:
    """Return whether a placeholder is the share of values that dropout keeps."""
    is_real = node.attr["dtype"].type == load_tensorflow().float32.as_datatype_enum
    return bool(is_real and "keep" in node.name.lower() and not len(node.attr["shape"].shape.dim))


def _resolve_switches(nodes: dict[str, Any]) -> None:
    """Replace Merge by the branch that a constant condition chooses, and its Switch by its input.

    A Switch has the output 0 for false and 1 for true; a Merge passes on the one that is alive.
    """
    merges = [node for node in nodes.values() if node.op == "Merge"]
    for node in merges:
        alive = [name for name in node.input if _is_alive(nodes, name)]
        if len(alive) == 1:
            _become(node, "Identity", alive, {"T": node.attr["T"]})
    for node in nodes.values():
        if node.op == "Switch" and _value(nodes, node.input[1]) is not None:
            _become(node, "Identity", [node.input[0]], {"T": node.attr["T"]})
    for node in nodes.values():
        for place, name in enumerate(node.input):
            source, _, port = name.partition(":")
            if port == "1" and source in nodes and nodes[source].op == "Identity":
                node.input[place] = source


def _is_alive(nodes: dict[str, Any], name: str) -> bool:
    """Return whether no Switch above an input has chosen its other output."""
    waiting, seen = [name], set()
    while waiting:
        source, _, port = waiting.pop().lstrip("^").partition(":")
        node = nodes.get(source)
        if node is None:
            continue
        if node.op == "Switch":
            value = _value(nodes, node.input[1])
            if value is not None and bool(value) != (port == "1"):
                return False
        if source not in seen and node.op != "Merge":
            seen.add(source)
            waiting.extend(node.input)
    return True


def _remove_dropout(nodes: dict[str, Any]) -> list[str]:
    """Replace products of values and a random mask by the values; return their scopes."""
    found = []
    for node in nodes.values():
        if node.op not in _PRODUCTS:
            continue
        masks = [name for name in node.input if _is_mask(nodes, name)]
        values = [name for name in node.input if name not in masks]
        if node.op != "Mul":  # select(mask, values, zeros)
            values = values[:1]
        if len(masks) != 1 or len(values) != 1:
            continue
        # Dropout scales what it keeps, in its own scope; with all kept there is nothing to scale.
        scope = node.name.rpartition("/")[0]
        scaled = nodes[node_name(values[0])]
        in_scope = scope and scaled.name.rpartition("/")[0] == scope
        if in_scope and scaled.op in {"Mul", "RealDiv"}:
            factor = next((i for i in scaled.input if _value(nodes, i) is not None), None)
            values = [i for i in scaled.input if i != factor] if factor else values
        _become(node, "Identity", values[:1], {"T": node.attr["T"]})
        found.append(scope or node.name)
    return found


def _is_mask(nodes: dict[str, Any], name: str) -> bool:
    """Return whether an input is a comparison of random numbers, constants and shapes alone."""
    waiting, seen = [node_name(name)], set()
    kinds: set[str] = set()
    while waiting:
        node = nodes[waiting.pop()]
        if node.name in seen or node.op == "Shape":
            continue
        seen.add(node.name)
        kinds.add(node.op)
        if node.op not in _RANDOM | _OF_MASKS:
            return False
        waiting.extend(map(node_name, node.input))
    return bool(kinds & _RANDOM and kinds & _STEPS)


def _value(nodes: dict[str, Any], name: str) -> Any:
    """Return a single number or truth value that is constant; None for anything else."""
    node = nodes[node_name(name)]
    while node.op == "Identity" or (node.op == "Switch" and node.input[0] == node.input[1]):
        node = nodes[node_name(node.input[0])]
    if node.op == "LogicalNot":
        value = _value(nodes, node.input[0])
        return None if value is None else not value
    if node.op in _ARITHMETIC:
        both = [_value(nodes, name) for name in node.input]
        return (
            None
            if None in both or (node.op == "RealDiv" and not both[1])
            else _ARITHMETIC[node.op](*both)
        )
    if node.op != "Const":
        return None
    values = load_tensorflow().make_ndarray(node.attr["value"].tensor)
    return values.item() if values.size == 1 else None


def _become(node: Any, kind: str, inputs: list[str], attributes: dict[str, Any]) -> None:
    """Turn a node into another kind, in place."""
    kept = {name: copied(value) for name, value in attributes.items()}
    node.op = kind
    del node.input[:]
    node.input.extend(inputs)
    node.attr.clear()
    for name, value in kept.items():
        node.attr[name].CopyFrom(value)


def _become_constant(node: Any, *, value: float | bool) -> None:
    tensorflow = load_tensorflow()
    dtype = node.attr["dtype"]
    _become(node, "Const", [], {"dtype": dtype})
    kind = tensorflow.dtypes.as_dtype(node.attr["dtype"].type)
    node.attr["value"].tensor.CopyFrom(tensorflow.make_tensor_proto(value, kind))
