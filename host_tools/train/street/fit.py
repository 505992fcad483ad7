"""Train the street network for so many minutes, and keep what there is every few of them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from edge_app.errors import ModelError
from host_tools.convert.interrupt import swallowed_interrupts
from host_tools.framework import load_tensorflow
from host_tools.train.checkpoint import (
    Checkpoint,
    checkpoint_path,
    read_checkpoint,
    write_checkpoint,
)
from host_tools.train.history import History, write_history
from host_tools.train.keeping import save_network
from host_tools.train.street.batches import WeightedSet, drawn_batches
from host_tools.train.street.optimizer import (
    Descent,
    TrainingRecipe,
    class_weights,
    classes_seen,
    make_descent,
)
from host_tools.train.street.validation import ValidationSample, score_held


@dataclass(frozen=True, slots=True)
class Fitted:
    """Say what a run left behind.

    path: the network, of the weights' running means; under another name where not finished.
    """

    path: Path
    history: History
    finished: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Say how long to train: until `minutes` of training are over, runs before this one counted.

    check_s: seconds between looks at the held-out pictures, each of which leaves a checkpoint.
    steps: ends sooner, after so many, the rate falling over them; for a trial.
    """

    minutes: float
    check_s: float = 150.0
    steps: int | None = None

    def done(self, trained_s: float, step: int) -> float:
        """Return the share of the training that is over, by time or by steps; 1 ends it."""
        share = trained_s / (60 * self.minutes)
        return share if self.steps is None else max(share, step / self.steps)


def unfinished_path(out: Path) -> Path:
    """Return where a network that is not yet trained to its end is kept."""
    return out.with_suffix(".unfinished.keras")


def fit(
    network: Any,
    shown: Any,
    shelves: Sequence[WeightedSet],
    held: Sequence[ValidationSample],
    out: Path,
    *,
    recipe: TrainingRecipe,
    span: Span,
    seed: int = 0,
    resume: bool = False,
    tell: Callable[[History], None],
    moved: Callable[[float], None] | None = None,
) -> Fitted:
    """Train a network and write it as a .keras file, its history beside it.

    network: to be trained, from the weights it has. shown: another one of the same layers, which
        takes the running means to be scored and written. tell: takes the history after every
        look at the held-out pictures. moved: takes the share of the time that is over.
    A resumed run may have other data, and time added: its rate goes on along the new cosine.
    Raises ModelError where nothing can be written or gone on from.
    """
    kept = checkpoint_path(out)
    height, width = network.input_shape[1:3]
    seen = classes_seen([one.lesson.labels for shelf in shelves for one in shelf.studies])
    descent = make_descent(network, recipe, class_weights(seen))
    history = History(_settings(recipe, seed))
    if resume:
        checkpoint = read_checkpoint(kept)
        _put_back(checkpoint, network, descent)
        history = History(history.settings, checkpoint.history.records)
    last = history.records[-1] if history.records else {}
    before, step = 60 * last.get("minutes", 0.0), int(last.get("steps", 0))
    begun = checked = time.monotonic()
    losses: list[Any] = []
    tensorflow = load_tensorflow()

    def keep(finished: bool) -> None:
        nonlocal history
        for variable, mean in zip(shown.weights, descent.means, strict=True):
            variable.assign(mean)
        miou, accuracy = score_held(shown, held) if held else (float("nan"),) * 2
        history = history.and_then(
            minutes=round((before + time.monotonic() - begun) / 60, 3),
            steps=step,
            loss=float(np.mean([float(loss) for loss in losses])) if losses else float("nan"),
            learning_rate=rate,
            **({"held_out_miou": miou, "held_out_accuracy": accuracy} if held else {}),
        )
        losses.clear()
        state = [np.asarray(variable.numpy()) for variable in descent.state]
        write_checkpoint(Checkpoint(history, network.get_weights(), state), kept)
        save_network(shown, out if finished else unfinished_path(out))
        write_history(history, out.with_suffix(".history.json"))
        tell(history)

    rate = recipe.rate_at(0.0)
    with swallowed_interrupts() as check:
        try:
            with drawn_batches(shelves, (width, height), recipe.batch, seed, step) as batches:
                for batch in batches:
                    done = span.done(before + time.monotonic() - begun, step)
                    if done >= 1:
                        break
                    rate = recipe.rate_at(done)
                    now = tensorflow.constant(rate, tensorflow.float32)
                    losses.append(descent.step(batch.pictures, batch.labels, batch.soft, now))
                    step += 1
                    if moved is not None:
                        moved(done)
                    check()
                    if time.monotonic() - checked >= span.check_s:
                        keep(finished=False)
                        checked = time.monotonic()
        except KeyboardInterrupt:
            keep(finished=False)
            return Fitted(unfinished_path(out), history, finished=False)
    keep(finished=True)
    unfinished_path(out).unlink(missing_ok=True)
    return Fitted(out, history, finished=True)


def _put_back(checkpoint: Checkpoint, network: Any, descent: Descent) -> None:
    variables = [*network.weights, *descent.state]
    arrays = [*checkpoint.weights, *checkpoint.optimizer]
    if [tuple(variable.shape) for variable in variables] != [array.shape for array in arrays]:
        raise ModelError("the checkpoint is of another network; leave --resume out to begin anew")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _settings(recipe: TrainingRecipe, seed: int) -> dict[str, Any]:
    return {
        "seed": seed,
        "tensorflow": version("tensorflow"),
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS"),
        **asdict(recipe),
    }
