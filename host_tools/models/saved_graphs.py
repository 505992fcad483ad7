"""The graphs of a SavedModel as they are in its file; nothing of it is loaded or run."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from host_tools.framework import load_tensorflow
from host_tools.models.loaded_model import read_model_file


def read_saved_graphs(folder: Path) -> Any:
    """Return TensorFlow's protocol buffer of a SavedModel folder.

    Raises ModelError if the file cannot be read, and protobuf's own error if it is damaged.
    """
    load_tensorflow()
    parsed = importlib.import_module("tensorflow.core.protobuf.saved_model_pb2").SavedModel()
    parsed.ParseFromString(read_model_file(folder / "saved_model.pb"))
    return parsed
