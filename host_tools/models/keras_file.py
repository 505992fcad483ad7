"""Reader of Keras files, which writes them as a SavedModel with one fixed input."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

from edge_app.errors import ModelError
from edge_app.model.interpreter.native_log import capture_native_stderr
from host_tools.framework import load_keras, load_tensorflow
from host_tools.models.loaded_model import LoadedModel, SourceOptions, fixed_shape, one_line


def load_keras_file(path: Path, options: SourceOptions, scratch: Path) -> LoadedModel:
    """Load a .keras or .h5 file; raise ModelError if it is none, or UsageError for the size."""
    model = load_model(path)
    shape = fixed_shape(tuple(model.inputs[0].shape), options.size_wh)
    saved = scratch / "saved_model"
    export_saved_model(model, shape, saved)
    raw = _takes_pixels(model)
    return LoadedModel(
        kind="the Keras model",
        shape=shape,
        sha256=weights_sha256(model),
        saved=saved,
        mean=(0.0,) if raw else None,
        std=(1.0,) if raw else None,
    )


def load_model(path: Path) -> Any:
    """Return the Keras model of an existing .keras or .h5 file.

    Raises ModelError if it is none, or has several inputs or outputs.
    """
    if path.suffix == ".keras" and not is_zipfile(path):
        # Keras reports such a file as missing.
        raise ModelError(f"{path} is truncated or no .keras file; get or train it again")
    keras = load_keras()
    try:
        with capture_native_stderr():
            model = keras.models.load_model(path, compile=False)
    except (OSError, ValueError, TypeError, KeyError, ImportError, AttributeError) as fault:
        raise ModelError(
            f"{path} does not load as a Keras model: {one_line(fault)}; save it again with Keras 3"
        ) from fault
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ModelError(
            f"{path} has {len(model.inputs)} inputs and {len(model.outputs)} outputs; "
            "save the part with one image input and one output"
        )
    return model


def weights_sha256(model: Any) -> str:
    """Return the SHA-256 of the weights alone: a .keras file contains its time of writing."""
    digest = hashlib.sha256()
    for weights in model.get_weights():
        digest.update(f"{weights.dtype} {weights.shape} ".encode() + weights.tobytes())
    return digest.hexdigest()


def export_saved_model(model: Any, shape: tuple[int, ...], folder: Path) -> None:
    """Write a Keras model as a SavedModel with a batch of one.

    An open batch costs the delegate: it then takes 3 of the digit network's 11 operators, in 2
    partitions, instead of 5 of 5 in one. Raises ModelError with TensorFlow's reason.
    """
    tensorflow, keras = load_tensorflow(), load_keras()
    signature = tensorflow.TensorSpec(shape, tensorflow.float32, name="picture")
    try:
        with capture_native_stderr():
            archive = keras.export.ExportArchive()
            archive.track(model)
            archive.add_endpoint(
                "serve", lambda picture: model(picture, training=False), input_signature=[signature]
            )
            archive.write_out(str(folder), verbose=False)
    except Exception as fault:  # a layer's own code runs here, and may raise anything
        raise ModelError(
            f"the model cannot be saved for the converter: {one_line(fault)}; "
            "use Keras' own layers, without training-only parts"
        ) from fault


def _takes_pixels(model: Any) -> bool:
    """Return whether the model's first layer scales pixels."""
    first = next((layer for layer in model.layers if type(layer).__name__ != "InputLayer"), None)
    return type(first).__name__ in {"Rescaling", "Normalization"}
