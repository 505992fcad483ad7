"""Reader of TF1 frozen graphs, which rebuilds them for any input size and checks the result."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError, UsageError
from edge_app.model.golden import golden_image
from edge_app.model.interpreter.loading import load_network
from host_tools.convert.tf_converter import convert_saved_model
from host_tools.framework import load_tensorflow
from host_tools.models.graph import (
    GraphEnds,
    TensorFlowGraph,
    find_input,
    find_output,
    find_preprocessing,
    read_graph,
    shape_of,
)
from host_tools.models.loaded_model import LoadedModel, SourceOptions
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
    ends = GraphEnds(name, output, _native_shape(graph, name, options))
    height, width = options.size_wh[::-1] if options.size_wh else ends.shape[1:3]
    shape = (1, height, width, ends.shape[3])
    found = find_preprocessing(graph, name)
    mean, std = ((found[0],), (found[1],)) if found else (None, None)
    saved = scratch / "graph"
    save_graph(rebuild_graph(graph, ends, shape), saved)
    agreement = check_rebuilt(
        graph, ends, found or (127.5, 127.5), scratch, saved if shape == ends.shape else None
    )
    return LoadedModel(
        kind="the frozen graph",
        shape=shape,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        saved=saved,
        mean=mean,
        std=std,
        channels="rgb" if found and shape[3] == 3 else None,
        notes={
            "input_tensor": name,
            "output_tensor": output,
            "built_for_wh": [ends.shape[2], ends.shape[1]],
            "rebuilt_agreement": round(agreement, 6),
        },
    )


def check_rebuilt(
    graph: TensorFlowGraph,
    ends: GraphEnds,
    scaling: tuple[float, float],
    scratch: Path,
    saved: Path | None,
) -> float:
    """Return the share of pixels that keep their class at the graph's own size.

    TensorFlow runs the original graph, and the rebuilt one runs as a float32 .tflite, both on
    the synthetic street image.
    scaling: mean and std. saved: the rebuilt graph if there is one of that size.
    Raises ModelError if they differ by more than rounding.
    """
    if saved is None:
        saved = scratch / "own_size"
        save_graph(rebuild_graph(graph, ends, ends.shape), saved)
    path = scratch / "own_size.tflite"
    path.write_bytes(convert_saved_model(saved, "float32", lambda: iter(())))
    image = golden_image("street", (ends.shape[2], ends.shape[1]))[..., ::-1]
    tensor = ((image.astype(np.float32) - scaling[0]) / scaling[1])[None, ..., : ends.shape[3]]
    function = as_function(extract_subgraph(graph, ends))
    first = _classes(np.asarray(function(load_tensorflow().constant(tensor))))
    network = load_network(path)
    outputs = np.empty((1, *network.output.shape[1:]), network.output.dtype)
    network.run_all(tensor, outputs)
    same = float((first == _classes(outputs)).mean())
    if same < MIN_AGREEMENT:
        raise ModelError(
            f"rebuilt at its own size, the graph keeps the class of only {100 * same:.2f} % of the "
            "pixels; choose other tensors with --input-tensor and --output-tensor"
        )
    return same


def _classes(values: NDArray[Any]) -> NDArray[Any]:
    return values.argmax(axis=-1) if values.dtype.kind == "f" else values


def _native_shape(graph: TensorFlowGraph, name: str, options: SourceOptions) -> tuple[int, ...]:
    """Return the input's shape in the original graph, (1, H, W, C).

    Raises UsageError if it is no image, ModelError if its size is open.
    """
    shape = shape_of(graph, name)
    if shape is None or len(shape) != 4 or shape[3] not in {1, 3}:
        raise UsageError(
            f"{name} has the shape {shape}, which is not an image; choose another --input-tensor"
        )
    sides = shape[1:3]
    if None in sides and options.size_wh:
        sides = options.size_wh[::-1]
    if None in sides:
        raise ModelError(
            f"{name} leaves its size open ({shape}); give --input-size WxH or choose another "
            "--input-tensor"
        )
    return (1, *(int(side or 0) for side in sides), int(shape[3] or 0))
