"""Make variants of a SavedModel with one fixed input, through TensorFlow's converter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.model.interpreter.native_log import capture_native_stderr
from host_tools.framework import load_tensorflow
from host_tools.models.loaded_model import one_line

# Calls give one float32 (1, H, W[, C]) input in a list, as the converter asks for them.
Representative = Callable[[], Iterator[list[NDArray[np.float32]]]]


def convert_saved_model(
    saved: Path, name: str, pictures: Representative, *, io: str = "uint8"
) -> bytes:
    """Convert a SavedModel into one of the four variants and return the .tflite file's bytes.

    int8 is integer throughout: uint8 in, which takes pixels as they are where `pictures` reach
    both ends of the range of pixels, and int8 out; weights per channel, activations by what
    `pictures` gives. io: "float32" leaves its input and output in float.
    Raises ModelError with the converter's reason.
    """
    tensorflow = load_tensorflow()
    lite = tensorflow.lite
    with capture_native_stderr() as lines:
        converter = lite.TFLiteConverter.from_saved_model(str(saved))
        if name != "float32":
            converter.optimizations = [lite.Optimize.DEFAULT]
        if name == "float16":
            converter.target_spec.supported_types = [tensorflow.float16]
        if name == "dynamic_range":
            # Per channel it is FULLY_CONNECTED version 12, which tflite-runtime 2.14 has not.
            converter._experimental_disable_per_channel_quantization_for_dense_layers = True
        if name == "int8":
            converter.representative_dataset = pictures
            converter.target_spec.supported_ops = [lite.OpsSet.TFLITE_BUILTINS_INT8]
            if io != "float32":
                converter.inference_input_type = getattr(tensorflow, io)
                converter.inference_output_type = tensorflow.int8
        try:
            return bytes(converter.convert())
        except Exception as fault:  # the converter raises whatever comes up
            raise ModelError(
                f"TensorFlow's converter gives no {name} variant: {one_line(fault, *lines)}; "
                "use layers that TFLite has built in"
            ) from fault
