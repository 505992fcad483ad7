"""Keras files that Keras 3 does not read: through Keras 2, or with a configuration it understands.

Keras 3 refuses arguments that old layers and initializers had, though they change no prediction.
"""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from edge_app.model.interpreter.native_log import capture_native_stderr
from host_tools.framework import load_keras, load_tf_keras
from host_tools.models.keras_contents import KerasContents

# They set the first weights and limit training, and the file has the weights.
_TRAINING_ONLY = ("_regularizer", "_constraint")


@contextmanager
def rightly_named(path: Path, *, is_hdf5: bool) -> Iterator[Path]:
    """Yield a path with the suffix of the file's form, which Keras goes by: a copy if it has not.

    is_hdf5: .h5, else .keras.
    """
    suffixes = {".h5", ".hdf5"} if is_hdf5 else {".keras"}
    if path.suffix in suffixes:
        yield path
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder) / f"model{'.h5' if is_hdf5 else '.keras'}"
        shutil.copyfile(path, copy)
        yield copy


def legacy_loaders(
    path: Path, contents: KerasContents, *, trust_code: bool
) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield further ways to load a file, with their description for the card.

    path: with the suffix of its form.
    """
    keras2 = load_tf_keras() if contents.is_keras2 else None
    # tf_keras imports what a configuration names, and runs Lambda layers of HDF5 files unasked.
    if keras2 is not None and (
        trust_code or not (contents.code_layers or contents.foreign_modules)
    ):
        yield f"tf_keras {keras2.__version__}", lambda: _by_tf_keras(keras2, path, trust_code)
    if contents.is_hdf5 and contents.config is not None:
        title = f"Keras {load_keras().__version__}, without arguments that only training uses"
        yield title, lambda: _without_old_arguments(path, contents.config, trust_code)


def _by_tf_keras(keras2: Any, path: Path, trust_code: bool) -> Any:
    with capture_native_stderr():
        return keras2.models.load_model(path, compile=False, safe_mode=not trust_code)


def _without_old_arguments(path: Path, config: Any, trust_code: bool) -> Any:
    """Load a copy of an HDF5 file whose configuration Keras 3 understands."""
    h5py = importlib.import_module("h5py")
    with TemporaryDirectory() as folder, capture_native_stderr():
        copy = Path(folder) / "model.h5"
        shutil.copyfile(path, copy)
        copy.chmod(0o600)
        with h5py.File(copy, "r+") as file:
            del file.attrs["model_config"]
            file.attrs["model_config"] = json.dumps(current_config(config))
        return load_keras().models.load_model(copy, compile=False, safe_mode=not trust_code)


def current_config(value: Any) -> Any:
    """Return a configuration without arguments that change no prediction and Keras 3 refuses."""
    if isinstance(value, list):
        return [current_config(one) for one in value]
    if not isinstance(value, dict):
        return value
    made: dict[str, Any] = {}
    for key, one in value.items():
        if key.endswith("_initializer") and one is not None:
            made[key] = "zeros"
        elif key.endswith(_TRAINING_ONLY):
            made[key] = None
        else:
            made[key] = current_config(one)
    inner = made.get("config")
    is_depthwise = made.get("class_name") in {"DepthwiseConv2D", "SeparableConv2D"}
    if is_depthwise and isinstance(inner, dict) and inner.get("groups") == 1:
        del inner["groups"]
    return made
