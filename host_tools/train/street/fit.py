"""Training of the street network for some minutes, saved every few of them."""

import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from host_tools.convert.interrupt import swallowed_interrupts
from host_tools.train.checkpoint import (
    checkpoint_path,
    read_checkpoint,
    restore,
    save_checkpoint,
    save_network,
)
from host_tools.train.history import History, write_history
from host_tools.train.street.batches import drawn_batches
from host_tools.train.street.data import TrainingData
from host_tools.train.street.optimizer import (
    StreetTrainer,
    TrainingRecipe,
    class_weights,
    pixel_counts,
)
from host_tools.train.street.validation import validation_scores

OnValidation = Callable[[History], None]  # called after every validation
OnTrainingStep = Callable[[float], None]  # called after every step: the share that is over


@dataclass(frozen=True, slots=True)
class TrainedStreet:
    """The result of a training.

    path: the network with the weights' running means; under another name unless finished.
    """

    path: Path
    history: History
    finished: bool


@dataclass(frozen=True, slots=True)
class FitOptions:
    """Options of a training. A resumed one may have other data, and more time.

    minutes: how long to train, earlier runs included.
    check_s: seconds between validations, each of which leaves a checkpoint.
    steps: ends after so many steps, resumed runs included, with the rate falling over them.
    """

    minutes: float
    recipe: TrainingRecipe = field(default_factory=TrainingRecipe)
    seed: int = 0
    resume: bool = False
    check_s: float = 150.0
    steps: int | None = None

    def done(self, trained_s: float, step: int) -> float:
        """Return the share of the training that is over, by time or by steps; 1 ends it.

        The time only ends a training by steps. Counted into its share, it decided the rate of the
        first step, so that no two trainings ended with the same weights.
        """
        share = trained_s / (60 * self.minutes)
        return share if self.steps is None or share >= 1 else step / self.steps


def unfinished_path(out: Path) -> Path:
    """Return the path of a network that is still being trained."""
    return out.with_suffix(".unfinished.keras")


def fit(
    network: Any,
    averaged: Any,
    data: TrainingData,
    out: Path,
    options: FitOptions,
    *,
    on_validation: OnValidation,
    on_step: OnTrainingStep = lambda done: None,  # noqa: ARG005
) -> TrainedStreet:
    """Train a network and write it as a .keras file, its history beside it.

    network: starts from the weights it has. averaged: another network of the same layers, set
        to the running means of the weights to be scored and written.
    Raises ModelError if a file cannot be written, or the checkpoint does not fit.
    """
    training = _Training(network, averaged, data, out, options, on_validation, on_step)
    with swallowed_interrupts() as check:
        try:
            training.run(check)
        except KeyboardInterrupt:
            training.save(finished=False)
            return TrainedStreet(unfinished_path(out), training.history, finished=False)
    training.save(finished=True)
    unfinished_path(out).unlink(missing_ok=True)
    return TrainedStreet(out, training.history, finished=True)


@dataclass
class _Training:
    """A training under way: its steps, the losses since the last validation, its history."""

    network: Any
    averaged: Any
    data: TrainingData
    out: Path
    options: FitOptions
    on_validation: OnValidation
    on_step: OnTrainingStep

    def __post_init__(self) -> None:
        options = self.options
        samples = [sample for each in self.data.sets for sample in each.samples]
        counts = pixel_counts([sample.target.labels for sample in samples])
        self._trainer = StreetTrainer(self.network, options.recipe, class_weights(counts))
        self.history = History(_settings(options))
        if options.resume:
            checkpoint = read_checkpoint(checkpoint_path(self.out))
            restore(checkpoint, self.network, self._trainer.variables)
            self.history = History(self.history.settings, checkpoint.history.records)
        last = self.history.records[-1] if self.history.records else {}
        self._step = int(last.get("steps", 0))
        self._rate = options.recipe.rate_at(0.0)
        self._losses: list[Any] = []
        self._begun = time.monotonic() - 60 * last.get("minutes", 0.0)

    def run(self, check: Callable[[], None]) -> None:
        """Train until the time is over.

        check: raises KeyboardInterrupt after Ctrl-C, when no step is under way.
        """
        options, checked = self.options, time.monotonic()
        height, width = self.network.input_shape[1:3]
        size, seed, first = options.recipe.batch, options.seed, self._step
        zoom = options.recipe.zoom
        with drawn_batches(self.data.sets, (width, height), size, seed, first, zoom) as batches:
            for batch in batches:
                done = options.done(time.monotonic() - self._begun, self._step)
                if done >= 1:
                    break
                self._rate = options.recipe.rate_at(done)
                loss = self._trainer.step(batch.images, batch.labels, batch.soft, self._rate)
                self._losses.append(loss)
                self._step += 1
                self.on_step(done)
                check()
                if time.monotonic() - checked >= options.check_s:
                    self.save(finished=False)
                    checked = time.monotonic()

    def save(self, *, finished: bool) -> None:
        """Score the running means; write the network, a checkpoint and the history."""
        self._trainer.copy_means(self.averaged)
        scores = {}
        if self.data.validation:
            miou, accuracy = validation_scores(self.averaged, self.data.validation)
            scores = {"held_out_miou": miou, "held_out_accuracy": accuracy}
        losses = [float(loss) for loss in self._losses]
        self.history = self.history.and_then(
            minutes=round((time.monotonic() - self._begun) / 60, 3),
            steps=self._step,
            loss=float(np.mean(losses)) if losses else float("nan"),
            learning_rate=self._rate,
            **scores,
        )
        self._losses.clear()
        path = checkpoint_path(self.out)
        save_checkpoint(self.network, self._trainer.variables, self.history, path)
        save_network(self.averaged, self.out if finished else unfinished_path(self.out))
        write_history(self.history, self.out.with_suffix(".history.json"))
        self.on_validation(self.history)


def _settings(options: FitOptions) -> dict[str, Any]:
    recipe = asdict(options.recipe)
    losses, zoom = recipe.pop("losses"), list(recipe.pop("zoom"))
    return {
        "seed": options.seed,
        "tensorflow": version("tensorflow"),
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS"),
        **recipe,
        "zoom": zoom,
        **losses,
    }
