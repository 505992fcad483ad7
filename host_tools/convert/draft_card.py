"""The card of a model of which only float32 is made so far."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

from edge_app.model.card import ModelSpec, Variant
from host_tools.convert.card_values import CardValues
from host_tools.convert.conversion_options import ConversionOptions
from host_tools.models.loaded_model import LoadedModel


def draft_card(
    options: ConversionOptions,
    loaded: LoadedModel,
    values: CardValues,
    float32: Variant,
    notes: Mapping[str, str],
) -> ModelSpec:
    """Return a card with float32 alone.

    notes: decisions about the variants, for its source.
    """
    card = options.card
    found = loaded.card
    name = card.name or options.out.resolve().name
    source = {
        "weights": card.source or f"{loaded.kind} {options.model.name}",
        "file": options.model.name,
        "weights_sha256": loaded.sha256,
        **loaded.notes,
        **notes,
        "preprocessing": values.origin,
    }
    if loaded.saved:
        source["converter"] = f"TensorFlow {version('tensorflow')}"
    return ModelSpec(
        name=name,
        title=card.title or (found.title if found else name),
        task=values.task,
        labels=values.labels,
        input=values.input,
        output=values.output,
        variants={"float32": float32},
        source=source,
        licence=card.licence or (found.licence if found else ""),
    )
