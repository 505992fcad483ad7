"""What is inside a Keras file, read without Keras: its form, its layers, its code."""

from __future__ import annotations

import importlib
import json
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from edge_app.errors import ModelError
from host_tools.models.loaded_model import one_line

_HDF5, _ZIP = b"\x89HDF\r\n\x1a\n", b"PK"
# Keras' own folders of layers and what they are made of. Others, as keras.utils, have functions
# that reach the network and files (CVE-2025-8747), and tf_keras takes any of them.
_OWN_MODULES = {"layers", "models", "initializers", "regularizers", "constraints", "activations"}
_OWN_MODULES |= {"src", "engine", "metrics", "losses", "optimizers", "mixed_precision"}


@dataclass(frozen=True, slots=True)
class KerasContents:
    """A Keras file's form and configuration.

    is_hdf5: whether it is HDF5, whatever its name says, else a zip archive. config: of the layers;
    None if it cannot be read. version: of the Keras that wrote it.
    """

    is_hdf5: bool
    config: Any
    version: str

    @property
    def is_keras2(self) -> bool:
        """Whether Keras 2 or 1 wrote the file."""
        return self.version.startswith(("1.", "2."))

    @property
    def code_layers(self) -> list[str]:
        """The names of the layers that are Python code."""
        found = [
            str(one.get("name") or (one.get("config") or {}).get("name") or one["class_name"])
            for one in _dictionaries(self.config)
            if one.get("class_name") in {"Lambda", "__lambda__"}
            or one.get("function_type") == "lambda"
        ]
        return list(dict.fromkeys(found))

    @property
    def foreign_modules(self) -> list[str]:
        """The modules outside of Keras' layers that the configuration asks to import."""
        named = {str(one["module"]) for one in _dictionaries(self.config) if one.get("module")}
        return sorted(name for name in named if not _is_own(name))


# RuntimeError is also what Python raises for a configuration that is nested too deeply.
_DAMAGE = (
    BadZipFile, ValueError, TypeError, NotImplementedError, OSError, EOFError, RuntimeError,
    zlib.error, lzma.LZMAError,
)  # fmt: skip


def read_contents(path: Path) -> KerasContents:
    """Read a Keras file's configuration; raise ModelError if it is none, or only weights."""
    with path.open("rb") as file:
        start = file.read(8)
    if start == _HDF5:
        return _read_hdf5(path)
    if not start.startswith(_ZIP):
        raise ModelError(f"{path} is truncated or no Keras file; get or train it again")
    try:
        with ZipFile(path) as archive:
            names = set(archive.namelist())
            if "config.json" not in names:
                raise ModelError(
                    f"{path} has no config.json, so no layers; save the whole model with model.save"
                )
            config = json.loads(archive.read("config.json"))
            metadata = json.loads(archive.read("metadata.json")) if "metadata.json" in names else {}
    except _DAMAGE:
        return KerasContents(is_hdf5=False, config=None, version="")  # Keras says what is wrong
    version = metadata.get("keras_version", "") if isinstance(metadata, dict) else ""
    return KerasContents(is_hdf5=False, config=config, version=str(version))


def _read_hdf5(path: Path) -> KerasContents:
    h5py = importlib.import_module("h5py")
    try:
        with h5py.File(path, "r") as file:
            text, version = file.attrs.get("model_config"), file.attrs.get("keras_version", "")
            inner = file.get("model_weights")
            if not version and inner is not None:
                version = inner.attrs.get("keras_version", "")
    except Exception as fault:  # h5py raises what HDF5 says, of several classes
        raise ModelError(
            f"{path} is truncated or no whole HDF5 file ({one_line(fault)}); get or train it again"
        ) from fault
    if text is None:
        raise ModelError(
            f"{path} holds weights only, without the layers they belong to; save the whole model "
            "with model.save where it is built"
        )
    try:
        config = json.loads(text)
    except (ValueError, TypeError, RecursionError):  # damaged: Keras says what is wrong
        config = None
    return KerasContents(is_hdf5=True, config=config, version=_text(version))


def _text(value: Any) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)


def _is_own(module: str) -> bool:
    first, *rest = module.split(".")
    if first == "tensorflow":  # tensorflow.keras, tensorflow.python.keras
        rest = rest[rest.index("keras") + 1 :] if "keras" in rest else ["none"]
    elif first == "builtins":
        return rest == []
    elif first not in {"keras", "tf_keras", "keras_core"}:
        return False
    return not rest or rest[0] in _OWN_MODULES


def _dictionaries(value: Any) -> Iterator[dict[str, Any]]:
    """Yield all dictionaries inside a JSON value, in their order."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(reversed(one.values()))
        elif isinstance(one, list):
            waiting.extend(reversed(one))
