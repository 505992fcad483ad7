"""Build a frozen graph anew for another input size.

What depends on the size is worked out from the graph itself: every node is laid again with
TensorFlow's own shape inference beside the size it had, so that a constant that repeats a size
of the old graph can be replaced by the size that stands in its place now.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_app.errors import ModelError, UsageError
from edge_app.model.interpreter.native_log import capture_native_stderr
from host_tools.framework import load_tensorflow
from host_tools.models.graph import GraphEnds, TensorFlowGraph, input_names, node_name
from host_tools.models.loaded_model import one_line


@dataclass(frozen=True, slots=True)
class Subgraph:
    """Hold a TensorFlow graph with the tensors that are its input and its output."""

    graph: Any
    input: str
    output: str


class _Rebuild:
    """Lay a graph again, node by node, into the TensorFlow graph that is the default."""

    def __init__(self, graph: TensorFlowGraph, old_shapes: dict[str, tuple[int, ...]]) -> None:
        self._graph = graph
        self._old = old_shapes
        self._tf = load_tensorflow()
        self._made: dict[str, Any] = {}
        # Which height and width of the old graph has become which.
        self._sizes: dict[tuple[int, int], tuple[int, int]] = {}

    def put(self, name: str, tensor: Any) -> None:
        """Remember a laid node, and which size has become which."""
        self._made[name] = tensor
        old, new = self._old.get(name), tensor.shape
        if old and len(old) == 4 and new.rank == 4 and new.is_fully_defined():
            self._sizes.setdefault((old[1], old[2]), (int(new[1]), int(new[2])))

    def lay(self, name: str) -> Any:
        """Lay one node, whose makers have been laid, and return its first output."""
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
        given = {f"{maker}:0": self._made[maker] for maker in input_names(node)}
        definition = self._tf.compat.v1.GraphDef()
        definition.node.append(node)
        definition.node[0].attr.pop("_output_shapes", None)
        for place, text in enumerate(node.input):
            if text.startswith("^") or text.partition(":")[2] not in {"", "0"}:
                raise ModelError(
                    f"the node {node.name} takes '{text}', which is not rebuilt; "
                    "convert the graph without --input-size"
                )
            definition.node[0].input[place] = f"{node_name(text)}:0"
        [tensor] = self._tf.import_graph_def(
            definition, input_map=given, return_elements=[f"{node.name}:0"], name=""
        )
        return tensor

    def _pool(self, node: Any) -> Any:
        """Pool over the whole map as a mean: AVERAGE_POOL_2D of that size leaves the delegate."""
        tf, picture = self._tf, self._made[input_names(node)[0]]
        window = tuple(node.attr["ksize"].list.i)[1:3]
        if window == self._old[input_names(node)[0]][1:3] and node.attr["padding"].s == b"VALID":
            return tf.reduce_mean(picture, axis=[1, 2], keepdims=True, name=node.name)
        return self._copy(node)

    def _resize(self, node: Any) -> Any:
        image, size = input_names(node)
        wanted = self._graph.constant(size)
        if wanted is None:
            return self._copy(node)
        old = (int(wanted[0]), int(wanted[1]))
        if old not in self._sizes:
            raise UsageError(
                f"{node.name} enlarges to {old[1]}x{old[0]}, a size found nowhere else in the "
                "graph; name an output above it with --output-tensor"
            )
        new = self._sizes[old]
        picture = self._made[image]
        if tuple(picture.shape[1:3]) == new:
            return self._tf.identity(picture, name=node.name)
        lay = getattr(self._tf.raw_ops, node.op)
        return lay(
            images=picture,
            size=self._tf.constant(new, self._tf.int32),
            align_corners=node.attr["align_corners"].b,
            half_pixel_centers=node.attr["half_pixel_centers"].b,
            name=node.name,
        )

    def _space_to_batch(self, node: Any) -> Any:
        picture, block, paddings = self._padding(node)
        return self._tf.raw_ops.SpaceToBatchND(
            input=self._made[picture],
            block_shape=self._tf.constant(block, self._tf.int32),
            paddings=self._tf.constant(paddings, self._tf.int32),
            name=node.name,
        )

    def _batch_to_space(self, node: Any) -> Any:
        """Cut off what its SpaceToBatchND has padded beyond the borders of the convolution."""
        convolved, block, _ = input_names(node)
        above = convolved
        while self._graph.nodes[above].op != "SpaceToBatchND":
            above = input_names(self._graph.nodes[above])[0]
        _, _, paddings = self._padding(self._graph.nodes[above])
        before = self._graph.constant(input_names(self._graph.nodes[above])[2])
        crops = self._graph.constant(input_names(node)[2])
        # Only the padding at the end differs between the sizes, and the crop by as much.
        ends = [
            int(c[1]) + int(p[1]) - int(b[1])
            for c, p, b in zip(crops, paddings, before, strict=True)
        ]
        return self._tf.raw_ops.BatchToSpaceND(
            input=self._made[convolved],
            block_shape=self._tf.constant(self._graph.constant(block), self._tf.int32),
            crops=self._tf.constant(
                [[int(c[0]), end] for c, end in zip(crops, ends, strict=True)], self._tf.int32
            ),
            name=node.name,
        )

    def _padding(self, node: Any) -> tuple[str, list[int], list[list[int]]]:
        """Return the picture, the block and the paddings that fit the new size.

        Source: tf.required_space_to_batch_paddings: the padding at the end makes the padded
        size a multiple of the block.
        """
        picture, block_name, padding_name = input_names(node)
        block = [int(side) for side in self._graph.constant(block_name)]
        crops = self._crops_below(node.name)
        paddings = []
        old = self._graph.constant(padding_name)
        sides = self._made[picture].shape[1:3]
        for side, size, (start, end), (_, crop) in zip(block, sides, old, crops, strict=True):
            wanted = int(end) - int(crop)
            extra = -(int(size) + int(start) + wanted) % side
            paddings.append([int(start), wanted + extra])
        return picture, block, paddings

    def _crops_below(self, name: str) -> Any:
        """Return the crops of the BatchToSpaceND that undoes a SpaceToBatchND."""
        while True:
            below = [n for n in self._graph.nodes.values() if name in input_names(n)]
            if len(below) != 1:
                raise ModelError(
                    f"the dilated convolution at {name} cannot be followed; "
                    "convert the graph without --input-size"
                )
            if below[0].op == "BatchToSpaceND":
                return self._graph.constant(input_names(below[0])[2])
            name = below[0].name


def rebuild_graph(graph: TensorFlowGraph, ends: GraphEnds, shape: tuple[int, ...]) -> Subgraph:
    """Return a graph laid anew, from an input of a shape to the output.

    Raises ModelError or UsageError naming the node that cannot be laid.
    """
    tensorflow = load_tensorflow()
    old_shapes = _shapes(graph, ends)
    laid = tensorflow.Graph()
    with capture_native_stderr(), laid.as_default():
        work = _Rebuild(graph, old_shapes)
        first = tensor = _placeholder(shape)
        work.put(ends.input, first)
        for name in _between(graph, ends):
            try:
                tensor = work.lay(name)
            except (ValueError, TypeError, KeyError, tensorflow.errors.OpError) as fault:
                raise ModelError(
                    f"{name} ({graph.nodes[name].op}) does not fit an input of "
                    f"{shape[2]}x{shape[1]}: {one_line(fault)}; try another --input-size"
                ) from fault
    return Subgraph(laid, first.name, tensor.name)


def extract_subgraph(graph: TensorFlowGraph, ends: GraphEnds) -> Subgraph:
    """Return the part of the graph between its ends, unchanged."""
    tensorflow = load_tensorflow()
    definition = tensorflow.compat.v1.GraphDef()
    definition.node.extend(graph.nodes[name] for name in _between(graph, ends))
    cut = tensorflow.Graph()
    with capture_native_stderr(), cut.as_default():
        placeholder = _placeholder(ends.shape)
        try:
            tensorflow.import_graph_def(
                definition, input_map={f"{ends.input}:0": placeholder}, name=""
            )
        except ValueError as fault:
            raise ModelError(
                f"the graph from {ends.input} to {ends.output} does not hold together: "
                f"{one_line(fault)}; choose other ends with --input-tensor and --output-tensor"
            ) from fault
    return Subgraph(cut, placeholder.name, f"{ends.output}:0")


def save_graph(laid: Subgraph, folder: Path) -> None:
    """Write a graph as a SavedModel."""
    tensorflow = load_tensorflow()
    function = as_function(laid)
    shape = laid.graph.get_tensor_by_name(laid.input).shape
    module = tensorflow.Module()
    module.serve = tensorflow.function(
        lambda picture: function(picture),
        input_signature=[tensorflow.TensorSpec(shape, tensorflow.float32, name="picture")],
    )
    with capture_native_stderr():
        tensorflow.saved_model.save(module, str(folder), signatures=module.serve)


def as_function(laid: Subgraph) -> Any:
    """Return a graph as a function: float32 (1, H, W, C) in, the output tensor out."""
    tensorflow = load_tensorflow()
    definition = laid.graph.as_graph_def()

    def whole() -> None:
        tensorflow.import_graph_def(definition, name="")

    with capture_native_stderr():
        wrapped = tensorflow.compat.v1.wrap_function(whole, [])
        return wrapped.prune(
            wrapped.graph.get_tensor_by_name(laid.input),
            wrapped.graph.get_tensor_by_name(laid.output),
        )


def _placeholder(shape: tuple[int, ...]) -> Any:
    tensorflow = load_tensorflow()
    return tensorflow.compat.v1.placeholder(tensorflow.float32, shape, name="fed_picture")


def _between(graph: TensorFlowGraph, ends: GraphEnds) -> list[str]:
    """Return the nodes from the input, itself left out, to the output, makers first."""
    done: dict[str, None] = {}
    waiting = [(ends.output, False)]
    seen = {ends.input}
    while waiting:
        name, ready = waiting.pop()
        if ready:
            done[name] = None
        elif name not in seen:
            seen.add(name)
            waiting.append((name, True))
            waiting.extend((maker, False) for maker in input_names(graph.nodes[name]))
    return list(done)


def _shapes(graph: TensorFlowGraph, ends: GraphEnds) -> dict[str, tuple[int, ...]]:
    """Return the shapes that are known in the graph as it came."""
    cut = extract_subgraph(graph, ends)
    return {ends.input: ends.shape} | {
        operation.name: tuple(int(side) for side in operation.outputs[0].shape)
        for operation in cut.graph.get_operations()
        if operation.outputs and operation.outputs[0].shape.is_fully_defined()
    }
