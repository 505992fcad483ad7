"""Training of the street network for some minutes, saved every few of them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from host_tools.convert.interrupt import swallowed_interrupts
from host_tools.train.checkpoint import (
    checkpoint_path,
    read_checkpoint,
    restore,
    take_checkpoint,
    write_checkpoint,
)
from host_tools.train.history import History, write_history
from host_tools.train.keeping import save_network
from host_tools.train.street.batches import Batch, drawn_batches
from host_tools.train.street.data import TrainingData
from host_tools.train.street.optimizer import (
    StreetTrainer,
    TrainingRecipe,
    class_weights,
    pixel_counts,
)
from host_tools.train.street.validation import validation_scores


@dataclass(frozen=True, slots=True)
class TrainedStreet:
    """The result of a training.

    path: the network with the weights' running means; under another name unless finished.
    """

    path: Path
    history: History
    finished: bool


@dataclass(frozen=True, slots=True)
class TrainingTime:
    """How long to train: `minutes`, earlier runs included.

    check_s: seconds between validations, each of which leaves a checkpoint.
    steps: for a trial, ends after so many steps, with the rate falling over them.
    """

    minutes: float
    check_s: float = 150.0
    steps: int | None = None

    def done(self, trained_s: float, step: int) -> float:
        """Return the share of the training that is over, by time or by steps; 1 ends it."""
        share = trained_s / (60 * self.minutes)
        return share if self.steps is None else max(share, step / self.steps)


@dataclass(frozen=True, slots=True)
class FitOptions:
    """Options of a training. A resumed one may have other data, and more time."""

    time: TrainingTime
    recipe: TrainingRecipe = field(default_factory=TrainingRecipe)
    seed: int = 0
    resume: bool = False


class OnValidation(Protocol):
    """Receives the history after every validation."""

    def __call__(self, history: History) -> None:
        """Take the history, with one more record."""


class OnTrainingStep(Protocol):
    """Receives progress after every step."""

    def __call__(self, done: float) -> None:
        """Take the share of the training that is over."""


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
    on_step: OnTrainingStep | None = None,
) -> TrainedStreet:
    """Train a network and write it as a .keras file, its history beside it.

    network: starts from the weights it has. averaged: another network of the same layers, set
        to the running means of the weights to be scored and written.
    Raises ModelError if a file cannot be written, or the checkpoint does not fit.
    """
    training = _Training(network, averaged, data, out, options, on_validation)
    with swallowed_interrupts() as check:
        try:
            training.run(check, on_step)
        except KeyboardInterrupt:
            training.save(finished=False)
            return TrainedStreet(unfinished_path(out), training.history, finished=False)
    training.save(finished=True)
    unfinished_path(out).unlink(missing_ok=True)
    return TrainedStreet(out, training.history, finished=True)


class _Training:
    """A training under way: its steps, the losses since the last validation, its history."""

    def __init__(
        self,
        network: Any,
        averaged: Any,
        data: TrainingData,
        out: Path,
        options: FitOptions,
        on_validation: OnValidation,
    ) -> None:
        self._network, self._averaged = network, averaged
        self._data, self._out, self._options = data, out, options
        self._on_validation = on_validation
        counts = pixel_counts([one.target.labels for each in data.sets for one in each.samples])
        self._trainer = StreetTrainer(network, options.recipe, class_weights(counts))
        self.history = History(_settings(options))
        if options.resume:
            checkpoint = read_checkpoint(checkpoint_path(out))
            restore(checkpoint, network, self._trainer.variables)
            self.history = History(self.history.settings, checkpoint.history.records)
        last = self.history.records[-1] if self.history.records else {}
        self._step = int(last.get("steps", 0))
        self._rate = options.recipe.rate_at(0.0)
        self._losses: list[Any] = []
        self._begun = time.monotonic() - 60 * last.get("minutes", 0.0)

    def run(self, check: Callable[[], None], on_step: OnTrainingStep | None) -> None:
        """Train until the time is over.

        check: raises KeyboardInterrupt after Ctrl-C, when no step is under way.
        """
        options, checked = self._options, time.monotonic()
        height, width = self._network.input_shape[1:3]
        size, seed, first = options.recipe.batch, options.seed, self._step
        with drawn_batches(self._data.sets, (width, height), size, seed, first) as batches:
            for batch in batches:
                done = options.time.done(time.monotonic() - self._begun, self._step)
                if done >= 1:
                    break
                self._train(batch, done)
                if on_step is not None:
                    on_step(done)
                check()
                if time.monotonic() - checked >= options.time.check_s:
                    self.save(finished=False)
                    checked = time.monotonic()

    def _train(self, batch: Batch, done: float) -> None:
        self._rate = self._options.recipe.rate_at(done)
        loss = self._trainer.step(batch.images, batch.labels, batch.soft, self._rate)
        self._losses.append(loss)
        self._step += 1

    def save(self, *, finished: bool) -> None:
        """Score the running means; write the network, a checkpoint and the history."""
        self._trainer.copy_means(self._averaged)
        scores = {}
        if self._data.validation:
            miou, accuracy = validation_scores(self._averaged, self._data.validation)
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
        checkpoint = take_checkpoint(self._network, self._trainer.variables, self.history)
        write_checkpoint(checkpoint, checkpoint_path(self._out))
        save_network(self._averaged, self._out if finished else unfinished_path(self._out))
        write_history(self.history, self._out.with_suffix(".history.json"))
        self._on_validation(self.history)


def _settings(options: FitOptions) -> dict[str, Any]:
    return {
        "seed": options.seed,
        "tensorflow": version("tensorflow"),
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS"),
        **asdict(options.recipe),
    }
