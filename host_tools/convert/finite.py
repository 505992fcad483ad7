"""The image and the layer at which a network's values become NaN or infinite."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge_app.errors import ModelError
from edge_app.frame import Image
from edge_app.model.answer_check import drawn_images, not_finite
from edge_app.model.card import ModelSpec, TensorInfo
from edge_app.model.engine import Engine
from edge_app.model.image_axes import with_batch
from edge_app.model.preprocess import Preprocess
from host_tools.tflite.flatbuffer import first_name
from host_tools.tflite.intermediate import GraphRunner


def check_answer(engine: Engine, image: Image, name: str) -> None:
    """Raise ModelError if an engine's answer to the image it has just run is not finite.

    image: uint8 (H, W, 3) BGR. name: of the image, for the error.
    """
    if problem := not_finite(engine.network.read()):
        raise ModelError(_error(engine.variant.path, engine.preprocess, image, name, problem))


def check_drawn(spec: ModelSpec, path: Path, fault: ModelError) -> ModelError:
    """Return the error of a float32 file that does not load, with the layer if it is one of NaN."""
    content = path.read_bytes()
    graph = GraphRunner(content)
    shape = with_batch(graph.input.shape)
    prepare = Preprocess(spec.input, TensorInfo("image", shape, np.dtype(np.float32)))
    for image in drawn_images(spec.task, spec.input.size_wh):
        if layer := _layer(graph, prepare, image):
            return ModelError(
                f"the model gives no answer: a drawn image makes its layer {layer} NaN or "
                "infinite; check --mean and --std, or train it again"
            )
    return fault


def _error(path: Path, prepare: Preprocess, image: Image, name: str, problem: str) -> str:
    layer = _layer(GraphRunner(path.read_bytes()), prepare, image)
    where = f", from the layer {layer} on" if layer else ""
    return (
        f"{path.stem} cannot answer the image {name}: {problem}{where}; leave that image out, or "
        "check --mean and --std"
    )


def _layer(graph: GraphRunner, prepare: Preprocess, image: Image) -> str:
    """Return the first layer whose values are not finite for an image; empty if there is none."""
    tensor = np.empty(with_batch(graph.input.shape), np.float32)
    prepare.fill(image, tensor[0])
    graph.run(tensor.reshape(graph.input.shape))
    ends = ((name, low, high) for name, low, high in graph.ranges())
    return next((first_name(n) for n, *pair in ends if not np.isfinite(pair).all()), "")
