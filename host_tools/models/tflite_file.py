"""Reader of float32 .tflite files."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any

from edge_app.errors import EdgeError, ModelError
from edge_app.model.card import read_card
from edge_app.model.interpreter.loading import load_network
from host_tools.models.loaded_model import LoadedModel, SourceOptions, fixed_shape, read_model_file

_IDENTIFIER = b"TFL3"


def load_tflite(path: Path, options: SourceOptions) -> LoadedModel:
    """Read a .tflite file, with the preprocessing of the model card beside it.

    Raises ModelError if it is no float32 model.
    """
    content = read_model_file(path)
    if content[4:8] != _IDENTIFIER:
        what = "is empty" if not content else "is not a .tflite file"
        raise ModelError(f"{path} {what}; get or convert it again")
    network = load_network(path, threads=1, size_wh=options.size_wh)
    kind = network.variant_name()
    if kind != "float32":
        raise ModelError(
            f"{path} is already {kind}, and its losses cannot be undone; "
            "start from the float32 file"
        )
    shape = fixed_shape(tuple(network.input.shape), options.size_wh)
    return LoadedModel(
        kind="the TFLite model",
        shape=shape,
        sha256=hashlib.sha256(content).hexdigest(),
        float32=content,
        **_preprocessing(path),
    )


def _preprocessing(path: Path) -> dict[str, Any]:
    """Return mean, std and channels of the card in the file's folder, if it lists the file."""
    with suppress(EdgeError):
        spec = read_card(path.parent)
        if any(variant.path.name == path.name for variant in spec.variants.values()):
            return {key: getattr(spec.input, key) for key in ("mean", "std", "channels")}
    return {}
