"""SavedModels of one float32 image and one output, which TensorFlow's converter takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge_app.model.interpreter.native_log import capture_native_stderr
from host_tools.framework import load_tensorflow
from host_tools.models.layout import channels_last, nhwc_shape


def write_saved_model(
    serve: Callable[[Any], Any],
    shape: tuple[int, ...],
    folder: Path,
    variables: Any = None,
    layout: str = "nhwc",
) -> None:
    """Write a function of one float32 image as a SavedModel of an image (1, H, W[, C]).

    serve, shape, layout: as in `image_function`. variables: the object that holds the function's.
    """
    tensorflow = load_tensorflow()
    module = tensorflow.Module()
    module.variables_of = variables
    function, image = image_function(serve, shape, layout)
    module.serve = tensorflow.function(function, input_signature=[image])
    with capture_native_stderr():
        tensorflow.saved_model.save(module, str(folder), signatures=module.serve)


def image_function(
    serve: Callable[[Any], Any], shape: tuple[int, ...], layout: str
) -> tuple[Callable[[Any], Any], Any]:
    """Return a function of a float32 image (1, H, W[, C]), and TensorFlow's spec of the image.

    serve: function of an image of this shape and layout.
    """
    tensorflow = load_tensorflow()
    last = nhwc_shape(shape, layout)
    image = tensorflow.TensorSpec(last, tensorflow.float32, name="picture")
    return channels_last(serve, (last[2], last[1]), layout), image
