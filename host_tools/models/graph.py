"""TF1 frozen graphs: their nodes, constants, shapes, ends and preprocessing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_app.errors import ModelError, UsageError
from edge_app.model.interpreter.native_log import capture_native_stderr
from host_tools.framework import load_tensorflow
from host_tools.models.graph_nodes import input_names, node_name
from host_tools.models.inference_graph import prepare_nodes
from host_tools.models.loaded_model import one_line, read_model_file

# The names of the DeepLab exporter (tensorflow/models, research/deeplab, export_model.py and
# common.py) and of the reference project.
# In order of preference: after the exporter's own padding and scaling, so that both can move to
# the device; the plain image last.
INPUTS = ("sub_7", "sub_2", "MobilenetV2/MobilenetV2/input", "ImageTensor")
# Logits at network resolution first: the device compares them before it upsamples anything.
OUTPUTS = ("ResizeBilinear_2", "ResizeBilinear_3", "ArgMax", "SemanticPredictions")


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
    """A parsed GraphDef with its nodes by name.

    decided: lines for the card about what differs between training and inference.
    """

    definition: Any
    nodes: dict[str, Any]
    decided: tuple[str, ...] = ()

    def definition_of(self, names: Iterable[str]) -> Any:
        """Return a GraphDef of some of the nodes, with all functions they may call."""
        made = load_tensorflow().compat.v1.GraphDef(node=[self.nodes[name] for name in names])
        made.library.CopyFrom(self.definition.library)
        return made

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

    def input_type(self, name: str) -> str:
        """Return the type that is fed into a node: a placeholder's own, else float32."""
        node = self.nodes[name]
        if node.op != "Placeholder":
            return "float32"
        return str(load_tensorflow().dtypes.as_dtype(node.attr["dtype"].type).name)

    def constant(self, name: str) -> Any:
        """Return a constant's values as an array; None if it is none.

        Goes through Identity and Reshape, so that the values may have another shape.
        """
        node = self.nodes.get(name)
        while node is not None and node.op in {"Identity", "Reshape"}:
            node = self.nodes.get(node_name(node.input[0]))
        if node is None or node.op != "Const":
            return None
        return load_tensorflow().make_ndarray(node.attr["value"].tensor)


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
    kinds = ("Variable", "VarHandleOp")
    variables = [node.name for node in nodes.values() if node.op.startswith(kinds)]
    if variables:
        raise ModelError(
            f"{path} is a graph without weights ('{variables[0]}' is a variable); freeze it first"
        )
    return TensorFlowGraph(definition, nodes, prepare_nodes(nodes))


def shape_of(graph: TensorFlowGraph, name: str) -> tuple[int | None, ...] | None:
    """Return a node's shape by TensorFlow's shape inference; None if its rank is open."""
    tensorflow = load_tensorflow()
    part = graph.definition_of(graph.ancestors(name))
    with capture_native_stderr(), tensorflow.Graph().as_default():
        [tensor] = tensorflow.import_graph_def(part, return_elements=[f"{name}:0"], name="")
    return None if tensor.shape.rank is None else tuple(tensor.shape.as_list())


def find_output(graph: TensorFlowGraph, named: str | None) -> str:
    """Return the output node: the given one, else the first known one, else the only one.

    Raises UsageError with the candidates.
    """
    candidates = _outputs(graph)
    if named:
        if named.isdigit() and int(named) < len(candidates) and named not in graph.nodes:
            return candidates[int(named)]
        return _existing(graph, node_name(named), "--output", _with_shapes(graph, candidates))
    known = [name for name in OUTPUTS if name in graph.nodes and _leads_to_ids(graph, name)]
    if known or len(candidates) == 1:
        return (known or candidates)[0]
    listed = _listed(_with_shapes(graph, candidates))
    raise UsageError(
        f"the graph has {'several' if candidates else 'no'} outputs: {listed}; choose one with "
        "--output"
    )


def find_input(graph: TensorFlowGraph, output: str, named: str | None) -> str:
    """Return the input node: the given one, else the first known one that the output depends on.

    Raises UsageError with the candidates.
    """
    above = graph.ancestors(output)
    candidates = [name for name in above if graph.nodes[name].op == "Placeholder"]
    if named:
        name = _existing(graph, node_name(named), "--input-tensor", candidates)
        if name not in above:
            raise UsageError(
                f"--input-tensor {name} does not lead to {output}; "
                f"choose one of: {_listed(candidates)}"
            )
        return name
    # sub_2 is an image in some exporters and a size in others.
    images = [name for name in INPUTS if name in above and _is_image(graph, name)]
    images = images or [name for name in candidates if _is_image(graph, name)]
    if len(images) > 1 and images[0] not in INPUTS:
        images = []
    if images or len(candidates) == 1:
        return (images or candidates)[0]
    raise UsageError(
        f"the graph has {'several' if candidates else 'no'} image inputs: "
        f"{_listed(candidates)}; choose one with --input-tensor"
    )


def find_preprocessing(graph: TensorFlowGraph, name: str) -> tuple[float, float] | None:
    """Return the mean and std that the nodes before an input apply to pixels 0..255.

    Walks up from the input through x*a, x-b, x+b, x/a, padding and slicing to the image.
    Returns None if a node changes values in another way, or none changes them.
    """
    factor, offset = 1.0, 0.0  # the input is factor * pixel + offset
    while True:
        node = graph.nodes[name]
        if node.op in {"Placeholder", "Cast"}:
            break
        sources = input_names(node)
        if node.op in {"Identity", "Slice", "Pad", "PadV2", "ExpandDims", "Squeeze"}:
            name = sources[0]
            continue
        if node.op not in {"Mul", "Sub", "Add", "AddV2", "RealDiv", "Div"} or len(sources) != 2:
            return None
        values = [graph.constant(source) for source in sources]
        place = next((i for i, value in enumerate(values) if value is not None), None)
        if place is None or (place == 0 and node.op.endswith("Div")):
            return None
        if not values[place].size or values[place].min() != values[place].max():
            return None
        value = float(values[place].flat[0])
        if node.op == "Mul":
            factor *= value
        elif node.op.endswith("Div"):
            factor /= value
        elif node.op == "Sub" and place == 0:
            return None
        else:
            offset += factor * (-value if node.op == "Sub" else value)
        name = sources[1 - place]
    if factor == 1.0 and offset == 0.0:
        return None
    # Rounded, since 2/255 comes as float32; the exporter's own mean is 127.5.
    return round(-offset / factor, 4) + 0.0, round(1 / factor, 4)


def _is_image(graph: TensorFlowGraph, name: str) -> bool:
    """Return whether a node's shape is (1, H, W, 1 or 3), or has the channels first."""
    shape = shape_of(graph, name)
    return shape is not None and len(shape) == 4 and bool({shape[1], shape[3]} & {1, 3})


def _leads_to_ids(graph: TensorFlowGraph, name: str) -> bool:
    """Return whether a node is an output, or has class ids below it, as DeepLab's logits have."""
    ends = [node.name for node in graph.nodes.values() if node.op == "ArgMax"]
    return any(name in graph.ancestors(end) for end in [*ends, *_outputs(graph)][:20])


def _outputs(graph: TensorFlowGraph) -> list[str]:
    """Return the nodes that no other takes, of those that depend on an input if there are any."""
    hidden = {name for node in graph.nodes.values() for name in input_names(node)}
    other = {"Const", "NoOp", "Placeholder", "Assert"}
    found = [n.name for n in graph.nodes.values() if n.name not in hidden and n.op not in other]
    inputs = {node.name for node in graph.nodes.values() if node.op == "Placeholder"}
    return [name for name in found if inputs & set(graph.ancestors(name))] or found


def _with_shapes(graph: TensorFlowGraph, names: list[str]) -> list[str]:
    shapes = [shape_of(graph, name) or () for name in names]
    texts = ["x".join("?" if side is None else str(side) for side in shape) for shape in shapes]
    return [f"{name} ({text})" if text else name for name, text in zip(names, texts, strict=True)]


def _existing(graph: TensorFlowGraph, name: str, option: str, candidates: list[str]) -> str:
    if name not in graph.nodes:
        raise UsageError(
            f"{option} {name}: the graph has no such node; try one of: {_listed(candidates)}"
        )
    return name


def _listed(names: list[str]) -> str:
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "") if names else "none"
