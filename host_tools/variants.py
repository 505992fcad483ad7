"""Turn a Keras model into the bytes of the four variants, through TensorFlow's converter.

Every kind of model becomes a SavedModel with one input of a fixed size; the variants are made
from that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.interpreter.noise import quiet_native
from host_tools.framework import load_keras, load_tensorflow

# Calls give one float32 (1, H, W[, C]) input in a list, as the converter asks for them.
Representative = Callable[[], Iterator[list[NDArray[np.float32]]]]


def load_model(path: Path) -> Any:
    """Load a .keras or .h5 file; raise ModelError where it is none or has several inputs."""
    if not path.is_file():
        raise ModelError(f"there is no file {path}; make one with host-tools train mnist")
    if path.suffix not in {".keras", ".h5", ".hdf5"}:
        raise ModelError(f"{path} is no Keras model (.keras, .h5); save it as one of these")
    keras = load_keras()
    try:
        with quiet_native():
            model = keras.models.load_model(path, compile=False)
    except (OSError, ValueError, TypeError, KeyError, ImportError, AttributeError) as fault:
        raise ModelError(
            f"{path} does not load as a Keras model: {_reason(fault)}; save it anew with Keras 3"
        ) from fault
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ModelError(
            f"{path} has {len(model.inputs)} inputs and {len(model.outputs)} outputs; "
            "save the part that takes one picture and gives one answer"
        )
    return model


def input_shape(model: Any) -> tuple[int, ...]:
    """Return the input's shape with a batch of one, (1, H, W) or (1, H, W, C).

    Raises ModelError where it is not that of a picture of fixed size.
    """
    shape = tuple(model.inputs[0].shape)
    depth = shape[3] if len(shape) == 4 else 1
    if len(shape) not in {3, 4} or depth not in {1, 3} or None in shape[1:]:
        raise ModelError(
            f"the model's input is {shape}; it must be (batch, height, width[, 1 or 3]) "
            "with a fixed height and width"
        )
    return (1, *(int(side) for side in shape[1:]))


def weights_sha256(model: Any) -> str:
    """Return the SHA-256 of the weights alone: a .keras file holds the time it was written."""
    digest = hashlib.sha256()
    for weights in model.get_weights():
        digest.update(f"{weights.dtype} {weights.shape} ".encode() + weights.tobytes())
    return digest.hexdigest()


def export_saved_model(model: Any, folder: Path) -> None:
    """Write the model as a SavedModel whose batch is fixed to one picture.

    An open batch costs the delegate: of the digit network's 11 operators it then takes 3, in 2
    partitions, instead of 5 of 5 in one. Raises ModelError with TensorFlow's reason.
    """
    tensorflow, keras = load_tensorflow(), load_keras()
    signature = tensorflow.TensorSpec(input_shape(model), tensorflow.float32, name="picture")
    try:
        with quiet_native():
            archive = keras.export.ExportArchive()
            archive.track(model)
            archive.add_endpoint(
                "serve", lambda picture: model(picture, training=False), input_signature=[signature]
            )
            archive.write_out(str(folder), verbose=False)
    except Exception as fault:  # a layer's own code runs here, and raises whatever it likes
        raise ModelError(
            f"the model cannot be saved for the converter: {_reason(fault)}; "
            "use Keras' own layers, without training-only parts"
        ) from fault


def make_variant(saved: Path, name: str, pictures: Representative) -> bytes:
    """Convert a SavedModel into one of the four variants and return the .tflite file's bytes.

    int8 is integer throughout: uint8 in, which takes pixels as they are where the network's
    input is 0..1, and int8 out; weights per channel, activations by what `pictures` gives.
    Raises ModelError with the converter's reason.
    """
    tensorflow = load_tensorflow()
    lite = tensorflow.lite
    with quiet_native() as lines:
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
            converter.inference_input_type = tensorflow.uint8
            converter.inference_output_type = tensorflow.int8
        try:
            return bytes(converter.convert())
        except Exception as fault:  # the converter raises whatever comes up
            raise ModelError(
                f"TensorFlow's converter gives no {name} variant: {_reason(fault, *lines)}; "
                "use layers that TFLite has built in"
            ) from fault


def _reason(fault: Exception, *lines: str) -> str:
    """Bring what TensorFlow says, often a page, to one line."""
    return " ".join(" ".join((str(fault), *lines)).split())[:300]
