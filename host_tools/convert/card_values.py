"""How the float32 file is fed and read.

By the user, by what the source's graph says, by its card, else inferred as `edge-app` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge_app.label_files import with_palette
from edge_app.labels import LabelSet
from edge_app.model.card import InputSpec
from edge_app.model.guess import Guess
from edge_app.model.infer_card import infer_card
from edge_app.model.inferred.card_overrides import CardOverrides
from edge_app.model.inferred.value_ranges import usual_scaling
from edge_app.model.interpreter.loading import load_network
from edge_app.model.output_spec import OutputSpec
from host_tools.convert.conversion_options import CardOptions
from host_tools.models.loaded_model import LoadedModel


@dataclass(frozen=True, slots=True)
class CardValues:
    """What a card says of how a network is fed and read.

    origin: of mean and std. guesses: what was inferred.
    """

    input: InputSpec
    task: str
    labels: LabelSet
    output: OutputSpec
    origin: str
    guesses: tuple[Guess, ...] = ()


def card_values(card: CardOptions, loaded: LoadedModel, path: Path, source: Path) -> CardValues:
    """Return how the float32 file `path`, which was made of `source`, is fed and read.

    The user's values have priority over those of the source, and those over what is inferred.
    Raises UsageError for options that do not fit, ModelError if it is no network of classes.
    """
    found = loaded.card
    network = load_network(path, threads=1)
    shape = network.output.shape
    network.close()
    mean, std, origin = _scaling(card, loaded)
    activation = card.activation or (found.output.activation if found else None)
    threshold = card.threshold
    if threshold is None and found is not None and found.output != OutputSpec():
        threshold = found.output.threshold
    # Scores and maps of several channels say themselves how they are read.
    is_usual = len(shape) in {2, 4} and shape[-1] > 1 and activation is None and threshold is None
    overrides = CardOverrides(
        task=card.task or (found.task if found else None),
        labels=card.labels,
        palette=card.palette,
        channels=card.channels or loaded.channels,
        mean=mean,
        std=std,
        fit=card.fit or (found.input.fit if found else None),
        activation="logits" if is_usual and mean is not None else activation,
        threshold=threshold,
    )
    spec = infer_card(path, overrides, described_by=source)
    labels, inferred = spec.labels, {"input", "channels", "labels", "activation", "output", "task"}
    if found is not None and not card.labels:
        labels = with_palette(found.labels, card.palette) if card.palette else found.labels
        inferred.discard("labels")
    if is_usual:
        inferred.discard("activation")
    guesses = tuple(one for one in spec.guessed if one.topic in inferred)
    for guess in guesses:
        if guess.topic == "input":
            origin = f"{guess.sureness}, {guess.origin}"
    output = OutputSpec(layout=spec.output.layout) if is_usual else spec.output
    return CardValues(spec.input, spec.task, labels, output, origin, guesses)


def _scaling(
    card: CardOptions, loaded: LoadedModel
) -> tuple[tuple[float, ...] | None, tuple[float, ...] | None, str]:
    """Return mean and std with where they come from; None if nobody says them."""
    if card.mean is not None or card.std is not None:
        usual = usual_scaling(loaded.shape[3] if len(loaded.shape) == 4 else 1)
        mean, std = card.mean or loaded.mean or usual[0], card.std or loaded.std or usual[1]
        return mean, std, "given by the user"
    where = "in the model" if loaded.card is None else "in its card"
    return loaded.mean, loaded.std, f"found {where}"
