"""Graphs that take images of integers and turn them into real numbers themselves.

The converters quantize the input of a network of real numbers, and a type conversion inside would
stand between. So the input becomes real, and the conversion a copy.
"""

from __future__ import annotations

from typing import Any

from edge_app.errors import ModelError
from host_tools.framework import load_tensorflow
from host_tools.models.graph_nodes import copied, input_names, node_name

# Operators whose output has the type of their first input, and those with an output of another.
_PASSING = {"Identity", "Squeeze", "ExpandDims", "Slice", "StridedSlice", "Reshape", "Transpose"}
_PASSING |= {"Pad", "MirrorPad", "Unpack", "Pack", "ReverseV2", "ResizeNearestNeighbor", "Split"}
_ENDING = {"Shape", "Size", "Rank", "ResizeBilinear", "ResizeBicubic", "ResizeArea"}


def with_float_input(nodes: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the nodes of a graph with a float32 placeholder in place of one of integers.

    name: of the placeholder. Only the nodes that change are copies.
    Raises ModelError if the integers are computed with before they become real.
    """
    real = load_tensorflow().float32.as_datatype_enum
    changed = dict(nodes)
    waiting, seen = [name], {name}
    changed[name] = copied(nodes[name])
    changed[name].attr["dtype"].type = real
    while waiting:
        source = waiting.pop()
        users = [node for node in nodes.values() if source in input_names(node)]
        for user in users:
            if user.name in seen:
                continue
            seen.add(user.name)
            node = changed[user.name] = copied(user)
            if node.op == "Cast" and node.attr["DstT"].type == real:
                node.op = "Identity"
                for key in list(node.attr):
                    del node.attr[key]
                node.attr["T"].type = real
            elif node.op == "Cast":
                node.attr["SrcT"].type = real
            elif node.op in _PASSING | _ENDING and node_name(node.input[0]) == source:
                node.attr["T"].type = real
                if node.op in _PASSING:
                    waiting.append(node.name)
            else:
                raise ModelError(
                    f"the graph computes with whole numbers before it turns its image into real "
                    f"ones ({node.name} is {node.op}); choose a node after that with --input-tensor"
                )
    return changed
