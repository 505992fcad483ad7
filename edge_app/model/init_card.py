"""A model folder made of a .tflite file without a card: a copy of the file, and what was inferred.

The card is a text to be corrected, which changes the answers: it has no golden ones.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from edge_app.atomic import atomic_file
from edge_app.errors import ModelError, UsageError
from edge_app.model.card import CARD_NAME, ModelSpec, write_card
from edge_app.model.engine import load_engine
from edge_app.model.infer_card import infer_card
from edge_app.model.inferred.card_overrides import CardOverrides


def write_model_folder(
    path: Path, folder: Path, overrides: CardOverrides, *, runtime: str = "auto"
) -> ModelSpec:
    """Write a folder for `--model` from a .tflite file, and return what its card says.

    Raises ModelError if the file does not run or the folder cannot be written, and UsageError if
    it has a card already.
    """
    if (folder / CARD_NAME).exists():
        raise UsageError(
            f"{folder / CARD_NAME} is there already; correct that file, or name another folder"
        )
    spec = infer_card(path, overrides, runtime=runtime)
    ((name, variant),) = spec.variants.items()
    load_engine(spec, name, runtime=runtime, threads=1).close()
    copy = folder / f"{name}.tflite"
    if copy.exists() and not copy.samefile(path):
        raise UsageError(f"{copy} is there already; name a new folder")
    with atomic_file(copy, error=ModelError) as draft:
        shutil.copyfile(path, draft)
    kept = replace(
        spec,
        name=folder.resolve().name or spec.name,
        title=spec.title,
        variants={name: replace(variant, path=copy)},
        source={"weights": path.name, "card": "inferred by edge-app models init"},
    )
    write_card(kept, folder)
    return kept
