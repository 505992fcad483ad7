"""Reader of float32 .tflite files."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from edge_app.errors import EdgeError, ModelError
from edge_app.model.card import InputSpec, read_card
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
    known = _card_input(path)
    return LoadedModel(
        kind="the TFLite model",
        shape=shape,
        sha256=hashlib.sha256(content).hexdigest(),
        float32=content,
        mean=known.mean if known else None,
        std=known.std if known else None,
        channels=known.channels if known else None,
    )


def _card_input(path: Path) -> InputSpec | None:
    """Return the preprocessing in the card of the file's folder, if it lists the file."""
    with suppress(EdgeError):
        spec = read_card(path.parent)
        if any(variant.path.name == path.name for variant in spec.variants.values()):
            return spec.input
    return None
