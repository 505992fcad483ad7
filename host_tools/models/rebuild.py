"""Rebuilding of a frozen graph for another input size.

Every node is built again with TensorFlow's shape inference, and its new size is stored beside
its old one. A constant that repeats a size of the old graph is then replaced by the new size.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError, UsageError
from edge_app.model.interpreter.native_log import capture_native_stderr
from host_tools.framework import load_tensorflow
from host_tools.models.graph import GraphEnds, TensorFlowGraph
from host_tools.models.graph_nodes import input_names
from host_tools.models.loaded_model import one_line
from host_tools.models.write_model import write_saved_model


@dataclass(frozen=True, slots=True)
class Subgraph:
    """A TensorFlow graph with the names of its input and output tensor."""

    graph: Any
    input: str
    output: str


class _Rebuilder:
    """Builder of a graph's nodes, one by one, in TensorFlow's default graph.

    same_size: whether the input keeps its size, and so every other tensor.
    """

    def __init__(
        self, graph: TensorFlowGraph, old_shapes: dict[str, tuple[int, ...]], *, same_size: bool
    ) -> None:
        self._same_size = same_size
        self._graph = graph
        self._old = old_shapes
        self._tf = load_tensorflow()
        self._built: dict[str, Any] = {}  # by the node's name: its first output
        self._others: dict[str, Any] = {}  # by the tensor's name: further outputs
        # Height and width in the old graph to those in the new one.
        self._sizes: dict[tuple[int, int], tuple[int, int]] = {}

    def put(self, name: str, tensor: Any) -> None:
        """Add a node that has been built, and its old and new size."""
        self._built[name] = tensor
        old, new = self._old.get(name), tensor.shape
        if old and len(old) == 4 and new.rank == 4 and new.is_fully_defined():
            self._sizes.setdefault((old[1], old[2]), (int(new[1]), int(new[2])))

    def build(self, name: str) -> Any:
        """Build a node after all its inputs, and return its first output."""
        node = self._graph.nodes[name]
        special = {
            "AvgPool": self._pool,
            "ResizeBilinear": self._resize,
            "ResizeNearestNeighbor": self._resize,
            "SpaceToBatchND": self._space_to_batch,
            "BatchToSpaceND": self._batch_to_space,
        }.get(node.op)
        tensor = special(node) if special else self._copy(node)
        self.put(name, tensor)
        return tensor

    def _copy(self, node: Any) -> Any:
        definition = self._graph.definition_of([node.name])
        [copied] = definition.node
        copied.attr.pop("_output_shapes", None)
        inputs = {}
        for place, text in enumerate(copied.input):
            name, _, port = text.partition(":")
            copied.input[place] = key = f"{name}:{port or 0}"
            inputs[key] = self._others[key] if int(port or 0) else self._built[name]
        [operation] = self._tf.import_graph_def(
            definition, input_map=inputs, return_elements=[node.name], name=""
        )
        self._others.update((tensor.name, tensor) for tensor in operation.outputs[1:])
        return operation.outputs[0]

    def _pool(self, node: Any) -> Any:
        """Replace pooling over the whole map by a mean.

        XNNPACK does not take AVERAGE_POOL_2D of that size.
        """
        tf, features = self._tf, self._built[input_names(node)[0]]
        window = tuple(node.attr["ksize"].list.i)[1:3]
        if window == self._old[input_names(node)[0]][1:3] and node.attr["padding"].s == b"VALID":
            return tf.reduce_mean(features, axis=[1, 2], keepdims=True, name=node.name)
        return self._copy(node)

    def _resize(self, node: Any) -> Any:
        image, size = input_names(node)
        wanted = self._graph.constant(size)
        if wanted is None:
            return self._copy(node)
        old = (int(wanted[0]), int(wanted[1]))
        if old not in self._sizes and not self._same_size:
            raise UsageError(
                f"{node.name} resizes to {old[1]}x{old[0]}, a size that no other node has; "
                "choose an output before it with --output"
            )
        new = self._sizes.get(old, old)
        features = self._built[image]
        if tuple(features.shape[1:3]) == new:
            return self._tf.identity(features, name=node.name)
        resize = getattr(self._tf.raw_ops, node.op)
        return resize(
            images=features,
            size=self._constant(new),
            align_corners=node.attr["align_corners"].b,
            half_pixel_centers=node.attr["half_pixel_centers"].b,
            name=node.name,
        )

    def _space_to_batch(self, node: Any) -> Any:
        features, block, _ = input_names(node)
        return self._tf.raw_ops.SpaceToBatchND(
            input=self._built[features],
            block_shape=self._constant(self._graph.constant(block)),
            paddings=self._constant(self._padding(node)),
            name=node.name,
        )

    def _batch_to_space(self, node: Any) -> Any:
        """Crop the padding that its SpaceToBatchND has added for the block size."""
        convolved, block, crops = input_names(node)
        start = self._graph.nodes[convolved]
        while start.op != "SpaceToBatchND":
            start = self._graph.nodes[input_names(start)[0]]
        before = self._graph.constant(input_names(start)[2])
        # Between the sizes only the padding at the end differs, and the crop by the same number.
        return self._tf.raw_ops.BatchToSpaceND(
            input=self._built[convolved],
            block_shape=self._constant(self._graph.constant(block)),
            crops=self._constant(self._graph.constant(crops) + self._padding(start) - before),
            name=node.name,
        )

    def _padding(self, node: Any) -> NDArray[np.int64]:
        """Return the paddings for the new size: (sides, 2) of start and end.

        Source: tf.required_space_to_batch_paddings: the padding at the end makes the padded
        size a multiple of the block.
        """
        features, block, padding = input_names(node)
        start, end = np.asarray(self._graph.constant(padding), np.int64).T
        wanted = end - self._matching_crops(node.name)[:, 1]
        sides = np.array(self._built[features].shape[1:3].as_list())
        extra = -(sides + start + wanted) % self._graph.constant(block)
        return np.stack([start, wanted + extra], 1)

    def _constant(self, values: Any) -> Any:
        return self._tf.constant(values, self._tf.int32)

    def _matching_crops(self, name: str) -> Any:
        """Return the crops of the BatchToSpaceND that undoes a SpaceToBatchND."""
        while True:
            users = [n for n in self._graph.nodes.values() if name in input_names(n)]
            if len(users) != 1:
                raise ModelError(
                    f"the dilated convolution at {name} cannot be followed; "
                    "convert the graph without --input-size"
                )
            if users[0].op == "BatchToSpaceND":
                return self._graph.constant(input_names(users[0])[2])
            name = users[0].name


def rebuild_graph(graph: TensorFlowGraph, ends: GraphEnds, shape: tuple[int, ...]) -> Subgraph:
    """Return the graph between its ends, rebuilt for an input shape (1, H, W, C).

    Raises ModelError or UsageError with the node that cannot be rebuilt.
    """
    tensorflow = load_tensorflow()
    old_shapes = _shapes(graph, ends)
    rebuilt = tensorflow.Graph()
    with capture_native_stderr(), rebuilt.as_default():
        rebuilder = _Rebuilder(graph, old_shapes, same_size=shape == ends.shape)
        first = tensor = _placeholder(shape)
        rebuilder.put(ends.input, first)
        for name in graph.ancestors(ends.output, stop=ends.input):
            try:
                tensor = rebuilder.build(name)
            except (ValueError, TypeError, KeyError, tensorflow.errors.OpError) as fault:
                raise ModelError(
                    f"{name} ({graph.nodes[name].op}) does not fit an input of "
                    f"{shape[2]}x{shape[1]}: {one_line(fault)}; try another --input-size"
                ) from fault
    return Subgraph(rebuilt, first.name, tensor.name)


def extract_subgraph(graph: TensorFlowGraph, ends: GraphEnds) -> Subgraph:
    """Return the graph between its ends, unchanged; raise ModelError if it is not connected."""
    tensorflow = load_tensorflow()
    kept = graph.ancestors(ends.output, stop=ends.input)
    definition = graph.definition_of(kept)
    cut = tensorflow.Graph()
    with capture_native_stderr(), cut.as_default():
        placeholder = _placeholder(ends.shape, graph.input_type(ends.input))
        inputs = {f"{ends.input}:0": placeholder}
        try:
            tensorflow.import_graph_def(definition, input_map=inputs, name="")
        except ValueError as fault:
            raise ModelError(
                f"the graph from {ends.input} to {ends.output} is not connected: "
                f"{one_line(fault)}; choose others with --input-tensor and --output"
            ) from fault
    return Subgraph(cut, placeholder.name, f"{ends.output}:0")


def save_graph(subgraph: Subgraph, folder: Path, layout: str = "nhwc") -> None:
    """Write a graph as a SavedModel of images (1, H, W, C); layout: of those the graph takes."""
    function = as_function(subgraph)
    shape = subgraph.graph.get_tensor_by_name(subgraph.input).shape.as_list()
    write_saved_model(function, tuple(shape), folder, layout=layout)


def as_function(subgraph: Subgraph) -> Any:
    """Return a graph as a function of one tensor of its input's shape."""
    tensorflow = load_tensorflow()
    definition = subgraph.graph.as_graph_def()

    def whole() -> None:
        tensorflow.import_graph_def(definition, name="")

    with capture_native_stderr():
        wrapped = tensorflow.compat.v1.wrap_function(whole, [])
        tensor = wrapped.graph.get_tensor_by_name
        return wrapped.prune(tensor(subgraph.input), tensor(subgraph.output))


def _placeholder(shape: tuple[int, ...], dtype: str = "float32") -> Any:
    return load_tensorflow().compat.v1.placeholder(dtype, shape, name="fed_picture")


def _shapes(graph: TensorFlowGraph, ends: GraphEnds) -> dict[str, tuple[int, ...]]:
    """Return the shapes that are fully known in the original graph."""
    cut = extract_subgraph(graph, ends)
    return {ends.input: ends.shape} | {
        operation.name: tuple(int(side) for side in operation.outputs[0].shape)
        for operation in cut.graph.get_operations()
        if operation.outputs and operation.outputs[0].shape.is_fully_defined()
    }
