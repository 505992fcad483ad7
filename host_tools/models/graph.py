"""TF1 frozen graphs: their nodes, constants and shapes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_app.errors import ModelError
from edge_app.model.interpreter.native_log import capture_native_stderr
from host_tools.framework import load_tensorflow
from host_tools.models.loaded_model import one_line, read_model_file


@dataclass(frozen=True, slots=True)
class GraphEnds:
    """The input and output node between which a graph is converted.

    shape: of the input in the original graph, (1, H, W, C).
    """

    input: str
    output: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TensorFlowGraph:
    """A parsed GraphDef with its nodes by name."""

    definition: Any
    nodes: dict[str, Any]

    def ancestors(self, name: str, stop: str = "") -> list[str]:
        """Return all nodes that a node depends on, inputs first and itself last.

        stop: a node that is left out, with those that only it depends on.
        """
        done: dict[str, None] = {}
        waiting = [(name, False)]
        seen = {stop}
        while waiting:
            current, ready = waiting.pop()
            if ready:
                done[current] = None
            elif current not in seen:
                seen.add(current)
                waiting.append((current, True))
                waiting.extend((source, False) for source in input_names(self.nodes[current]))
        return list(done)

    def constant(self, name: str) -> Any:
        """Return a constant's values as an array, through Identity nodes; None if it is none."""
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
    """Return the nodes whose values a node takes, control inputs left out."""
    return [node_name(name) for name in node.input if not name.startswith("^")]


def read_graph(path: Path) -> TensorFlowGraph:
    """Parse a .pb file; raise ModelError if it is no whole frozen graph."""
    tensorflow = load_tensorflow()
    content = read_model_file(path)
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
    missing = next(
        (i for node in nodes.values() for i in input_names(node) if i not in nodes), None
    )
    if missing is not None:
        raise ModelError(f"{path} is truncated: its node '{missing}' is missing; fetch it again")
    variables = [node.name for node in nodes.values() if node.op.startswith("Variable")]
    if variables:
        raise ModelError(
            f"{path} is a graph without weights ('{variables[0]}' is a variable); freeze it first"
        )
    return TensorFlowGraph(definition, nodes)


def shape_of(graph: TensorFlowGraph, name: str) -> tuple[int | None, ...] | None:
    """Return a node's shape by TensorFlow's shape inference; None if its rank is open."""
    tensorflow = load_tensorflow()
    part = tensorflow.compat.v1.graph_util.extract_sub_graph(graph.definition, [name])
    with capture_native_stderr(), tensorflow.Graph().as_default():
        [tensor] = tensorflow.import_graph_def(part, return_elements=[f"{name}:0"], name="")
    return None if tensor.shape.rank is None else tuple(tensor.shape.as_list())
