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

    shape, layout: of the image that the function takes. variables: the object that holds those of
    the function.
    """
    tensorflow = load_tensorflow()
    module = tensorflow.Module()
    module.variables_of = variables
    last = nhwc_shape(shape, layout)
    signature = tensorflow.TensorSpec(last, tensorflow.float32, name="picture")
    wrapped = channels_last(serve, (last[2], last[1]), layout)
    module.serve = tensorflow.function(wrapped, input_signature=[signature])
    with capture_native_stderr():
        tensorflow.saved_model.save(module, str(folder), signatures=module.serve)
