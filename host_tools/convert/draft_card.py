"""The card of a model of which only float32 is made so far."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

from edge_app.model.card import InputSpec, ModelSpec, Variant
from edge_app.model.interpreter.loading import load_network
from host_tools.convert.card_output import card_output
from host_tools.convert.conversion_options import ConversionOptions
from host_tools.models.loaded_model import LoadedModel


def draft_card(
    options: ConversionOptions,
    loaded: LoadedModel,
    given: InputSpec,
    preprocessing: str,
    float32: Variant,
    notes: Mapping[str, str],
) -> ModelSpec:
    """Return a card with float32 alone.

    notes: decisions about the variants, for its source.
    """
    card = options.card
    output = load_network(float32.path, threads=1).output
    task, labels, output_spec = card_output(card, given, float32.path, output)
    name = card.name or options.out.resolve().name
    source = {
        "weights": card.source or f"{loaded.kind} {options.model.name}",
        "file": options.model.name,
        "weights_sha256": loaded.sha256,
        **loaded.notes,
        **notes,
        "preprocessing": preprocessing,
    }
    if loaded.saved:
        source["converter"] = f"TensorFlow {version('tensorflow')}"
    return ModelSpec(
        name=name,
        title=card.title or name,
        task=task,
        labels=labels,
        input=given,
        output=output_spec,
        variants={"float32": float32},
        source=source,
        licence=card.licence,
    )
