"""What a card says of its network's output: as usual, or inferred where it has one channel."""

from __future__ import annotations

from pathlib import Path

from edge_app.labels import LabelSet
from edge_app.model.card import InputSpec, TensorInfo
from edge_app.model.infer_card import CardOverrides, infer_card
from edge_app.model.output_spec import OutputSpec
from host_tools.convert.conversion_options import CardOptions, infer_labels, infer_task


def card_output(
    card: CardOptions, given: InputSpec, path: Path, output: TensorInfo
) -> tuple[str, LabelSet, OutputSpec]:
    """Return task, labels and output of a card from the float32 file and the user's options.

    Scores and maps of several channels say it themselves. What one channel is (a probability, the
    logits before it, class ids) is inferred as for a file without a card.
    Raises ModelError if it is none of these.
    """
    is_usual = len(output.shape) in {2, 4} and output.shape[-1] > 1
    if is_usual and card.activation is None and card.threshold is None:
        task = infer_task(card, output)
        return task, infer_labels(card, task, output), OutputSpec()
    overrides = CardOverrides(
        task=card.task,
        labels=card.labels,
        palette=card.palette,
        channels=given.channels,
        mean=given.mean,
        std=given.std,
        fit=given.fit,
        activation=card.activation,
        threshold=card.threshold,
    )
    spec = infer_card(path, overrides)
    return spec.task, spec.labels, spec.output
