"""Reader of Keras files, which writes them as a SavedModel with one fixed input."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from edge_app.errors import ModelError
from edge_app.model.interpreter.native_log import capture_native_stderr
from edge_app.python_environment import this_environment
from host_tools.framework import load_keras, load_tensorflow
from host_tools.models.loaded_model import LoadedModel, SourceOptions, fixed_shape, one_line

# From 3.12 on Keras refuses the code of Lambda layers in .h5 files too (CVE-2025-9905), and a
# .keras whose config imports what it likes (CVE-2025-1550, CVE-2025-8747).
OLDEST_KERAS = (3, 12)
# Weights hardly shrink in a zip; zeros do, by 1,000.
_MAX_BYTES, _MAX_RATIO, _SMALL_BYTES = 8 * 10**9, 100, 100 * 10**6


def load_keras_file(path: Path, options: SourceOptions, scratch: Path) -> LoadedModel:
    """Load a .keras or .h5 file; raise ModelError if it is none, or UsageError for the size."""
    model = load_model(path, trust_code=options.trust_code)
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


def load_model(path: Path, *, trust_code: bool = False) -> Any:
    """Return the Keras model of an existing .keras or .h5 file.

    trust_code: run the Python code of Lambda layers, as the file's author wrote it.
    Raises ModelError if it is none, or has several inputs or outputs.
    """
    if path.suffix == ".keras":
        check_archive(path)
    keras = load_keras()
    _check_version(keras.__version__)
    try:
        with capture_native_stderr():
            model = keras.models.load_model(path, compile=False, safe_mode=not trust_code)
    except Exception as fault:  # zipfile, h5py, JSON and each layer raise their own
        if not trust_code and "Lambda" in str(fault) and "safe" in str(fault):
            raise ModelError(
                f"{path} has a Lambda layer, which is Python code of its author and would run "
                "here; if you trust them, add --trust-code"
            ) from fault
        raise ModelError(
            f"{path} does not load as a Keras model: {one_line(fault)}; save it again with Keras 3"
        ) from fault
    if not hasattr(model, "inputs") or model.inputs is None:
        raise ModelError(f"{path} has no model with a known input; save it again, once built")
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ModelError(
            f"{path} has {len(model.inputs)} inputs and {len(model.outputs)} outputs; "
            "save the part with one image input and one output"
        )
    return model


def check_archive(path: Path) -> None:
    """Raise ModelError for a .keras file that is damaged, or unpacks to more than a model has."""
    try:
        with ZipFile(path) as archive:
            members = archive.infolist()
    except (BadZipFile, ValueError, NotImplementedError, OSError):
        # Keras reports such a file as missing.
        raise ModelError(f"{path} is truncated or no .keras file; get or train it again") from None
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members) or 1
    if unpacked > _MAX_BYTES or (unpacked > _SMALL_BYTES and unpacked > _MAX_RATIO * packed):
        raise ModelError(
            f"{path} unpacks to {unpacked / 1e6:,.0f} MB from {packed / 1e6:,.1f}; the limits are "
            f"{_MAX_BYTES // 10**6:,} MB and {_MAX_RATIO} times; save it again without compression"
        )


def _check_version(version: str) -> None:
    """Raise ModelError for a Keras that would run a file's code."""
    found = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if found < OLDEST_KERAS:
        oldest = ".".join(map(str, OLDEST_KERAS))
        raise ModelError(
            f"Keras {version} runs code that is hidden in model files; "
            f"run: {this_environment().install(f'keras>={oldest}')}"
        )


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
