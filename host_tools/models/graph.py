"""Parse a TF1 frozen graph and walk along its nodes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_app.errors import ModelError
from edge_app.model.interpreter.native_log import capture_native_stderr
from host_tools.framework import load_tensorflow
from host_tools.models.loaded_model import one_line


@dataclass(frozen=True, slots=True)
class GraphEnds:
    """Say between which nodes a graph is converted.

    shape: of the input in the graph as it came, (1, H, W, C).
    """

    input: str
    output: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TensorFlowGraph:
    """Hold a parsed graph and its nodes by name."""

    definition: Any
    nodes: dict[str, Any]

    def ancestors(self, name: str) -> list[str]:
        """Return the names of all nodes a node is made from, itself last, makers first."""
        done: dict[str, None] = {}
        waiting = [(name, False)]
        seen: set[str] = set()
        while waiting:
            current, ready = waiting.pop()
            if ready:
                done[current] = None
                continue
            if current in seen:
                continue
            seen.add(current)
            waiting.append((current, True))
            waiting.extend((makers, False) for makers in input_names(self.nodes[current]))
        return list(done)

    def constant(self, name: str) -> Any:
        """Return a constant's values, looking through Identity; None where it is none."""
        node = self.nodes.get(name)
        while node is not None and node.op == "Identity":
            node = self.nodes.get(node_name(node.input[0]))
        if node is None or node.op != "Const":
            return None
        return load_tensorflow().make_ndarray(node.attr["value"].tensor)


def node_name(name: str) -> str:
    """Return a node's name without its output number."""
    return name.lstrip("^").partition(":")[0]


def input_names(node: Any) -> list[str]:
    """Return the names of the nodes whose values a node takes."""
    return [node_name(name) for name in node.input if not name.startswith("^")]


def read_graph(path: Path) -> TensorFlowGraph:
    """Parse a .pb file; raise ModelError in one line where it is no frozen graph."""
    tensorflow = load_tensorflow()
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise ModelError(f"{path} cannot be read ({fault.strerror}); check the path") from None
    definition = tensorflow.compat.v1.GraphDef()
    try:
        definition.ParseFromString(content)
    except Exception as fault:  # noqa: BLE001 - the class depends on protobuf's version
        raise ModelError(
            f"{path} is truncated or no frozen graph ({one_line(fault)}); export or fetch it again"
        ) from None
    nodes = {node.name: node for node in definition.node}
    if not nodes or not all(node.op and node.name for node in definition.node):
        raise ModelError(
            f"{path} {'is empty' if not content else 'is no frozen graph'}; "
            "export or fetch it again"
        )
    lost = next((m for node in nodes.values() for m in input_names(node) if m not in nodes), None)
    if lost is not None:
        raise ModelError(f"{path} lacks its node '{lost}', so it is truncated; fetch it again")
    variables = [node.name for node in nodes.values() if node.op.startswith("Variable")]
    if variables:
        raise ModelError(
            f"{path} is a graph without weights ('{variables[0]}' is a variable); freeze it first"
        )
    return TensorFlowGraph(definition, nodes)


def shape_of(graph: TensorFlowGraph, name: str) -> tuple[int | None, ...] | None:
    """Return a node's shape as TensorFlow works it out, None where its rank is open."""
    tensorflow = load_tensorflow()
    part = tensorflow.compat.v1.graph_util.extract_sub_graph(graph.definition, [name])
    with capture_native_stderr(), tensorflow.Graph().as_default():
        [tensor] = tensorflow.import_graph_def(part, return_elements=[f"{name}:0"], name="")
    return None if tensor.shape.rank is None else tuple(tensor.shape.as_list())
