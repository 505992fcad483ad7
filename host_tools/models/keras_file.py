"""Reader of Keras files, which writes them as a SavedModel with one fixed input."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from edge_app.errors import EdgeError, ModelError
from edge_app.model.interpreter.native_log import capture_native_stderr
from edge_app.python_environment import this_environment
from host_tools.framework import load_keras, load_tensorflow, load_tf_keras
from host_tools.models.keras_contents import KerasContents, read_contents
from host_tools.models.layout import input_layout, nhwc_shape
from host_tools.models.legacy_keras import legacy_loaders, rightly_named
from host_tools.models.loaded_model import LoadedModel, SourceOptions, fixed_shape, one_line
from host_tools.models.output_choice import choose_source_output
from host_tools.models.real_images import real_function, takes_whole_numbers
from host_tools.models.write_model import image_function, write_saved_model

# From 3.12 on Keras refuses the code of Lambda layers in .h5 files too (CVE-2025-9905), and a
# .keras whose config imports what it likes (CVE-2025-1550, CVE-2025-8747).
OLDEST_KERAS = (3, 12)
# Weights hardly shrink in a zip; zeros do, by 1,000.
_MAX_BYTES, _MAX_RATIO, _SMALL_BYTES = 8 * 10**9, 100, 100 * 10**6


def load_keras_file(path: Path, options: SourceOptions, scratch: Path) -> LoadedModel:
    """Load a .keras or .h5 file; raise ModelError if it is none, or UsageError for the options."""
    model, loader = load_by(path, trust_code=options.trust_code)
    given = model.inputs[0]
    layout = input_layout(tuple(given.shape), options.layout)
    shape = fixed_shape(tuple(given.shape), options.size_wh, layout)
    position, chosen = choose_source_output(
        output_names(model),
        [tuple(one.shape) for one in model.outputs],
        options.output_tensor,
        nhwc_shape(shape, layout),
    )
    saved = scratch / "saved_model"
    export_saved_model(model, shape, saved, layout=layout, output=position)
    raw = _takes_pixels(model) or takes_whole_numbers(given.dtype)
    notes = {
        "loaded_by": loader,
        "output": chosen,
        "source_layout": layout if layout != "nhwc" else "",
    }
    return LoadedModel(
        kind="the Keras model",
        shape=nhwc_shape(shape, layout),
        sha256=weights_sha256(model),
        saved=saved,
        mean=(0.0,) if raw else None,
        std=(1.0,) if raw else None,
        notes={name: text for name, text in notes.items() if text},
    )


def load_model(path: Path, *, trust_code: bool = False) -> Any:
    """Return the Keras model of an existing .keras or .h5 file.

    trust_code: run the Python code of Lambda layers, as the file's author wrote it.
    Raises ModelError if it is none, or has several inputs.
    """
    return load_by(path, trust_code=trust_code)[0]


def load_by(path: Path, *, trust_code: bool = False) -> tuple[Any, str]:
    """Return the model as `load_model` does, and what loaded it if not Keras 3 as it is."""
    contents = read_contents(path)
    if not contents.is_hdf5:
        check_archive(path)
    keras = load_keras()
    _check_version(keras.__version__)
    code = contents.code_layers
    if code and not trust_code:
        raise ModelError(_lambda_text(path, code))
    with rightly_named(path, is_hdf5=contents.is_hdf5) as named:
        model, loader = _first_that_loads(path, named, contents, trust_code)
    if not hasattr(model, "inputs") or model.inputs is None:
        raise ModelError(f"{path} has no model with a known input; save it again, once built")
    if len(model.inputs) != 1:
        listed = ", ".join(f"{one.name} {tuple(one.shape)}" for one in model.inputs)
        raise ModelError(
            f"{path} has {len(model.inputs)} inputs ({listed}); save the part with one image input"
        )
    return model, loader


def _first_that_loads(
    path: Path, named: Path, contents: KerasContents, trust_code: bool
) -> tuple[Any, str]:
    """Return the model, by Keras 3 or the first other way that reads it, and that way.

    named: the file under a name of its form. Raises ModelError with the reason of Keras 3.
    """
    keras = load_keras()
    try:
        with capture_native_stderr():
            model = keras.models.load_model(named, compile=False, safe_mode=not trust_code)
    except Exception as fault:  # zipfile, h5py, JSON and each layer raise their own
        if not trust_code and "Lambda" in str(fault) and "safe" in str(fault):
            raise ModelError(_lambda_text(path, [])) from fault
        first = fault
    else:
        return model, ""
    for title, load in legacy_loaders(named, contents, trust_code=trust_code):
        try:
            return load(), title
        except Exception:  # noqa: BLE001, S112 - the reason of Keras 3 is the one that is said
            continue
    raise ModelError(_failure(path, contents, first)) from first


def _lambda_text(path: Path, names: list[str]) -> str:
    which = f" ({', '.join(names[:4])}{', ...' if len(names) > 4 else ''})" if names else ""
    return (
        f"{path} has a Lambda layer{which}, which is Python code of its author and would run "
        "here; if you trust them, add --trust-code"
    )


def _failure(path: Path, contents: KerasContents, fault: Exception) -> str:
    """Return the message for a file that nothing loads."""
    if contents.code_layers:
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        names = ", ".join(contents.code_layers[:4])
        return (
            f"{path} has Lambda layers ({names}) whose code does not load in Python {here}, or "
            "calls functions that are not in the file; export it as a SavedModel where it was made"
        )
    # The reason stands behind the layer's whole configuration.
    reason = one_line(str(fault).rpartition("Exception encountered:")[2])
    if contents.is_keras2 and load_tf_keras() is None:
        return (
            f"{path} was written by Keras {contents.version}, and Keras 3 does not load it: "
            f"{reason}; run: {this_environment().install('tf_keras')}"
        )
    return (
        f"{path} does not load as a Keras model: {reason}; export it as a SavedModel where it was "
        "made"
    )


def output_names(model: Any) -> list[str]:
    """Return the names of a model's outputs: keys of a dictionary, else of layers."""
    made = getattr(model, "output", None)  # a Sequential that was loaded has none
    if isinstance(made, dict) and len(made) == len(model.outputs):
        return sorted(made)
    names = list(getattr(model, "output_names", ()))
    if len(set(names)) != len(model.outputs):
        names = [str(at) for at in range(len(model.outputs))]
    return names


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


def export_saved_model(
    model: Any, shape: tuple[int, ...], folder: Path, *, layout: str = "nhwc", output: int = 0
) -> None:
    """Write a Keras model as a SavedModel with a batch of one and one output.

    An open batch costs the delegate: it then takes 3 of the digit network's 11 operators, in 2
    partitions, instead of 5 of 5 in one.
    shape, layout: of the model's input. output: its position.
    Raises ModelError with TensorFlow's reason.
    """
    tensorflow = load_tensorflow()
    dtype = model.inputs[0].dtype

    def run(image: Any) -> Any:
        return tensorflow.nest.flatten(model(image, training=False))[output]

    try:
        if takes_whole_numbers(dtype):
            real = real_function(run, shape, dtype)
            write_saved_model(real, shape, folder, layout=layout)
        elif isinstance(model, load_keras().Model):
            _export(model, run, shape, folder, layout)
        else:  # one of tf_keras
            with capture_native_stderr():
                write_saved_model(run, shape, folder, model, layout)
    except EdgeError:
        raise
    except Exception as fault:  # a layer's own code runs here, and may raise anything
        raise ModelError(
            f"the model cannot be saved for the converter: {one_line(fault)}; "
            "use Keras' own layers, without training-only parts"
        ) from fault


def _export(
    model: Any, run: Callable[[Any], Any], shape: tuple[int, ...], folder: Path, layout: str
) -> None:
    """Write a function of a model of Keras 3, which alone shows TensorFlow its variables.

    Written as any other function, they would stay variables in the .tflite.
    """
    serve, image = image_function(run, shape, layout)
    with capture_native_stderr():
        archive = load_keras().export.ExportArchive()
        archive.track(model)
        archive.add_endpoint("serve", serve, input_signature=[image])
        archive.write_out(str(folder), verbose=False)


def _takes_pixels(model: Any) -> bool:
    """Return whether the model's first layer scales pixels."""
    first = next((layer for layer in model.layers if type(layer).__name__ != "InputLayer"), None)
    return type(first).__name__ in {"Rescaling", "Normalization"}
