"""Reader of TF1 frozen graphs, which rebuilds them for any input size and checks the result."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError, UsageError
from edge_app.model.golden import golden_image
from edge_app.model.interpreter.loading import load_network
from edge_app.model.interpreter.native_log import capture_native_stderr
from host_tools.convert.tf_converter import convert_saved_model
from host_tools.framework import load_tensorflow
from host_tools.models.float_input import with_float_input
from host_tools.models.graph import (
    GraphEnds,
    TensorFlowGraph,
    find_input,
    find_output,
    find_preprocessing,
    read_graph,
    shape_of,
)
from host_tools.models.inference_graph import check_inference
from host_tools.models.layout import (
    from_layout,
    input_layout,
    layout_shape,
    nhwc_shape,
    output_layout,
    to_layout,
)
from host_tools.models.loaded_model import LoadedModel, SourceOptions, one_line
from host_tools.models.rebuild import as_function, extract_subgraph, rebuild_graph, save_graph
from host_tools.models.trusted_code import check_graph

# Rounding alone may change a few pixels between classes of nearly equal score.
MIN_AGREEMENT = 0.999


def load_frozen(path: Path, options: SourceOptions, scratch: Path) -> LoadedModel:
    """Load a .pb file.

    Raises ModelError if it is no frozen graph or cannot be rebuilt, UsageError if the options do
    not fit it.
    """
    graph = read_graph(path)
    if not options.trust_code:
        check_graph(path, graph.definition)
    output = find_output(graph, options.output_tensor)
    name = find_input(graph, output, options.input_tensor)
    check_inference(graph.nodes, graph.ancestors(output, stop=name))
    given, layout = _native_shape(graph, name, options)
    ends = GraphEnds(name, output, given)
    last = nhwc_shape(given, layout)
    height, width = options.size_wh[::-1] if options.size_wh else last[1:3]
    shape = layout_shape((1, height, width, last[3]), layout)
    is_real = graph.input_type(name) == "float32"
    ready = graph if is_real else replace(graph, nodes=with_float_input(graph.nodes, name))
    found = find_preprocessing(graph, name)
    # An image of whole numbers has pixels as they are; what the graph does with them is inside.
    scaling = found or (None if is_real else (0.0, 1.0))
    saved = scratch / "graph"
    save_graph(rebuild_graph(ready, ends, shape), saved, layout)
    if shape == given:
        own = saved
    else:
        own = scratch / "own_size"
        save_graph(rebuild_graph(ready, ends, given), own, layout)
    agreement = check_rebuilt(graph, ends, scaling or (127.5, 127.5), own, layout)
    return LoadedModel(
        kind="the frozen graph",
        shape=nhwc_shape(shape, layout),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        saved=saved,
        mean=(scaling[0],) if scaling else None,
        std=(scaling[1],) if scaling else None,
        channels="rgb" if found and last[3] == 3 else None,
        notes={
            "input_tensor": name,
            "output_tensor": output,
            "built_for_wh": [last[2], last[1]],
            "rebuilt_agreement": round(agreement, 6),
            **({"source_layout": layout} if layout != "nhwc" else {}),
            **({"graph_of_inference": "; ".join(graph.decided)} if graph.decided else {}),
        },
    )


def check_rebuilt(
    graph: TensorFlowGraph, ends: GraphEnds, scaling: tuple[float, float], own: Path, layout: str
) -> float:
    """Return the share of pixels that keep their class at the graph's own size.

    TensorFlow runs the original graph, and the rebuilt one runs as a float32 .tflite, both on
    the synthetic street image.
    scaling: mean and std. own: the graph rebuilt for its own size. layout: of the graph's input.
    Raises ModelError if they differ by more than rounding.
    """
    path = own.with_suffix(".tflite")
    path.write_bytes(convert_saved_model(own, "float32", lambda: iter(())))
    network = load_network(path)
    _, height, width, depth = network.input.shape
    image = golden_image("street", (width, height))[..., ::-1]
    tensor = ((image.astype(np.float32) - scaling[0]) / scaling[1])[None, ..., :depth]
    function = as_function(extract_subgraph(graph, ends))
    fed = to_layout(tensor.astype(graph.input_type(ends.input)), layout)
    tensorflow = load_tensorflow()
    try:
        with capture_native_stderr():
            made = np.asarray(function(tensorflow.constant(fed)))
    except tensorflow.errors.OpError as fault:
        raise ModelError(
            f"TensorFlow cannot run the graph here: {one_line(fault)}; export it for a CPU, with "
            "the channels last"
        ) from fault
    made = from_layout(made, output_layout(made.shape, (width, height), layout))
    outputs = np.empty((1, *network.output.shape[1:]), network.output.dtype)
    network.run_all(tensor, outputs)
    same = float((_classes(made) == _classes(outputs)).mean())
    if same < MIN_AGREEMENT:
        raise ModelError(
            f"rebuilt at its own size, the graph keeps the class of only {100 * same:.2f} % of the "
            "pixels; choose other tensors with --input-tensor and --output"
        )
    return same


def _classes(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind != "f":
        return values
    # One channel is a mask of two classes: of probabilities, or of logits around zero.
    if values.shape[-1] == 1:
        return np.asarray(values > (0.5 if values.min() >= 0 else 0.0))
    return np.asarray(values.argmax(axis=-1))


def _native_shape(
    graph: TensorFlowGraph, name: str, options: SourceOptions
) -> tuple[tuple[int, ...], str]:
    """Return the input's shape in the original graph, with a batch of one, and its layout.

    Raises UsageError if it is no image, ModelError if its size is open.
    """
    shape = shape_of(graph, name)
    if shape is None or len(shape) != 4 or not {shape[1], shape[3]} & {1, 3}:
        raise UsageError(
            f"{name} has the shape {shape}, which is not an image; choose another --input-tensor"
        )
    layout = input_layout(shape, options.layout)
    last = nhwc_shape(shape, layout)
    sides = last[1:3]
    if None in sides and options.size_wh:
        sides = options.size_wh[::-1]
    if None in sides:
        raise ModelError(
            f"{name} leaves its size open ({shape}); give --input-size WxH or choose another "
            "--input-tensor"
        )
    height, width = (int(side or 0) for side in sides)
    return layout_shape((1, height, width, int(last[3] or 0)), layout), layout
