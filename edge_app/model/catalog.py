"""Models and samples that ship with the app, and the model a command names."""

from __future__ import annotations

import argparse
import difflib
from pathlib import Path

from edge_app.errors import ModelError
from edge_app.model.card import CARD_NAME, ModelSpec, read_card
from edge_app.paths import assets_dir

_SAMPLES = {
    "classification": ("digits-images-idx3-ubyte.gz", "digits-labels-idx1-ubyte.gz"),
    "segmentation": ("street.mp4", "street-truth.tar"),
}
_LABELS = {"classification": "digits", "segmentation": "cityscapes"}


def shipped_models() -> list[Path]:
    """Return the model folders that ship with the app, by name."""
    folder = assets_dir() / "models"
    return sorted(path.parent for path in folder.glob(f"*/{CARD_NAME}"))


def resolve_model(options: argparse.Namespace) -> ModelSpec:
    """Return the model that --model names: one that ships, a card folder, or a bare file."""
    named = Path(options.model)
    if named.suffix == ".tflite" and not named.is_dir():
        from edge_app.model.infer_card import CardOverrides, infer_card

        hints = CardOverrides(
            task=options.task,
            labels=options.labels,
            size_wh=options.input_size,
            channels=options.channels,
            mean=options.mean,
            std=options.std,
            fit=options.fit,
        )
        return infer_card(named, hints, runtime=options.runtime)
    if named.is_dir():
        return read_card(named)
    shipped = {path.name: path for path in shipped_models()}
    if options.model in shipped:
        return read_card(shipped[options.model])
    near = difflib.get_close_matches(options.model, list(shipped), 1)
    advice = f"did you mean {near[0]}?" if near else f"there is: {', '.join(shipped) or 'none'}"
    raise ModelError(
        f"no model '{options.model}': neither a folder, a .tflite file nor one that ships; {advice}"
    )


def default_variant(spec: ModelSpec) -> str:
    """Return int8 where there is one: it is what a board is for."""
    return "int8" if "int8" in spec.variants else next(iter(spec.variants))


def sample(spec: ModelSpec) -> tuple[str, str | None]:
    """Return the source that stands in where none is named, and its truth where it fits."""
    images, truth = (assets_dir() / "samples" / name for name in _SAMPLES[spec.task])
    if not images.is_file():
        return "synthetic", None
    fits = spec.labels.name == _LABELS[spec.task]
    return str(images), str(truth) if fits else None
