"""A trial of a network on real images: with which range of values it answers best, and how.

A trial takes one run of the network for each range and image, and at most about a second of one
core unless a single run takes longer. What it found is cached by the file's SHA-256 and the
runtime.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from edge_app.atomic import write_atomic
from edge_app.errors import EdgeError
from edge_app.input_file import own_json
from edge_app.labels import LabelSet
from edge_app.model.card import InputSpec
from edge_app.model.inferred.infer_output import OutputChoice
from edge_app.model.inferred.output_readings import MAP
from edge_app.model.inferred.trial_images import TrialImages, digit_images, street_images
from edge_app.model.inferred.trial_scores import (
    agreement,
    as_grid,
    certainty,
    classes_of,
    probabilities_of,
    street_table,
)
from edge_app.model.inferred.value_ranges import ValueRange
from edge_app.model.interpreter.network import Network
from edge_app.model.preprocess import Preprocess
from edge_app.paths import cache_dir

_BUDGET_S = 1.0  # of this process's own time: what else runs here must not change what is found
_MOST_PLACES = 20_000  # of a map are compared; more would take longer than the network
_CACHE_ENTRIES = 200
_TRIAL = 4  # number of this way to try: what another one found is not used


@dataclass(frozen=True, slots=True)
class ValueStats:
    """Values of one output: the extremes, and what they have in common.

    sums_to_one: over the classes. whole: whether all are whole numbers. like_input: correlation
        of three channels with those of the image.
    """

    low: float
    high: float
    sums_to_one: bool = False
    whole: bool = False
    like_input: float = 0.0


@dataclass(frozen=True, slots=True)
class RangeTrial:
    """Result of a trial.

    images: what it ran on. scores: of each range that was tried, by name. by_truth: whether they
    are shares that agree with the truth, else nats of certainty with variety, of which there can
    be `most`. stats: None if the values are not finite.
    """

    images: str
    scores: dict[str, float]
    by_truth: bool
    stats: ValueStats | None
    most: float = 1.0


def try_ranges(
    network: Network,
    spec: InputSpec,
    output: OutputChoice,
    labels: LabelSet | None,
    ranges: Sequence[ValueRange],
) -> RangeTrial:
    """Run a network on real images, scaled in several ways; the first is always tried.

    ranges: none keeps the scaling of `spec`. labels: None if the classes are not known.
    """
    shown = _images(output, labels)
    table = street_table(labels) if labels and shown.class_map is not None else None
    truth = shown.class_map if output.form.task == MAP and table is not None else None
    by_truth = bool(truth is not None or shown.class_ids)
    name_of_images = shown.name if truth is None else f"{shown.name} (mean of its classes)"
    specs = [(one.name, _scaled(spec, one)) for one in ranges] or [("", spec)]
    scores: dict[str, float] = {}
    stats: ValueStats | None = None
    most = 1.0
    start_s = time.process_time()
    for number, (name, scaled) in enumerate(specs):
        preprocess = Preprocess(scaled, network.input)
        grids = []
        for image in shown.images:
            network.write(preprocess.fill, image)
            network.invoke()
            grids.append(as_grid(network.output.dequantize(network.read()), output.form))
            # All ranges are to be tried on the same images.
            if number == 0 and _is_late(start_s, len(specs)):
                shown = replace(shown, images=shown.images[: len(grids)])
                break
        if number == 0:
            stats = _stats(grids, shown.images[0])
        if all(np.isfinite(grid).all() for grid in grids):
            activation = output.activation or _likely_activation(stats)
            if truth is not None and table is not None:
                scores[name] = agreement(classes_of(grids[0], activation), truth, table)
            elif shown.class_ids:
                ids = [int(grid.argmax()) for grid in grids]
                scores[name] = float(np.equal(ids, shown.class_ids[: len(ids)]).mean())
            else:
                parts = [probabilities_of(_thinned(grid), activation) for grid in grids]
                rows = np.concatenate(parts)
                scores[name] = certainty(rows)
                most = math.log(max(2, min(rows.shape)))
        if time.process_time() - start_s > _BUDGET_S:
            break
    return RangeTrial(name_of_images, scores, by_truth, stats, most)


def cached_trial(key: str) -> RangeTrial | None:
    """Return what an earlier trial of the same file found; None if there was none."""
    with suppress(KeyError, msgspec.ValidationError):
        return msgspec.convert(_read_cache()[f"{_TRIAL} {key}"], RangeTrial)
    return None


def keep_trial(key: str, trial: RangeTrial) -> None:
    """Cache what a trial found; without a cache folder the next run tries again."""
    entries = list({**_read_cache(), f"{_TRIAL} {key}": asdict(trial)}.items())
    with suppress(OSError, RuntimeError, EdgeError):  # RuntimeError: there is no home folder
        write_atomic(cache_file(), json.dumps(dict(entries[-_CACHE_ENTRIES:])))


def cache_file() -> Path:
    """Return the path of what trials found."""
    return cache_dir() / "trials.json"


def _read_cache() -> dict[str, object]:
    with suppress(RuntimeError):
        entries = own_json(cache_file())
        if isinstance(entries, dict):
            return entries
    return {}


def _images(output: OutputChoice, labels: LabelSet | None) -> TrialImages:
    """Return the images that fit the classes: digits, or a street."""
    if output.form.task != MAP and labels is not None and labels.name == "digits":
        digits = digit_images()
        if digits is not None:
            return digits
    return street_images(crops=output.form.task != MAP)


def _scaled(spec: InputSpec, one: ValueRange) -> InputSpec:
    channels = "gray" if spec.channels == "gray" else one.channels
    return replace(spec, mean=one.mean, std=one.std, channels=channels)


def _is_late(start_s: float, ranges: int) -> bool:
    """Return whether the images so far took their share of the time of all ranges."""
    return time.process_time() - start_s > _BUDGET_S / ranges


def _likely_activation(stats: ValueStats | None) -> str:
    if stats is None:
        return "logits"
    if stats.sums_to_one:
        return "probabilities"
    return "sigmoid" if stats.low >= 0 and stats.high <= 1 else "logits"


def _thinned(grid: NDArray[np.float32]) -> NDArray[np.float32]:
    step = max(1, int((grid.shape[0] * grid.shape[1] / _MOST_PLACES) ** 0.5))
    return grid[::step, ::step]


def _stats(grids: Sequence[NDArray[np.float32]], image: NDArray[np.uint8]) -> ValueStats | None:
    """Return what the values of all images have in common; None if some are not finite."""
    rows = np.concatenate([_thinned(grid).reshape(-1, grid.shape[2]) for grid in grids])
    if not np.isfinite(rows).all():
        return None
    sums = rows.sum(axis=1)
    return ValueStats(
        low=float(rows.min()),
        high=float(rows.max()),
        sums_to_one=bool(rows.shape[1] > 1 and rows.min() >= -0.01 and abs(sums - 1).max() < 0.03),
        whole=bool((rows == np.rint(rows)).all()),
        like_input=_likeness(grids[0], image) if grids[0].shape[2] == 3 else 0.0,
    )


def _likeness(grid: NDArray[np.float32], image: NDArray[np.uint8]) -> float:
    """Return the smallest correlation of a map's three channels with the image, in any order."""
    height, width = grid.shape[:2]
    if height * width < 16:
        return 0.0
    # As the network's own input is resized, with its noise.
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    small = np.asarray(resized, np.float64)
    least = 1.0
    for channel in range(3):
        values = grid[:, :, channel].ravel()
        if not values.std():
            return 0.0
        pairs = [
            np.corrcoef(values, small[:, :, other].ravel())[0, 1]
            for other in range(3)
            if small[:, :, other].std()
        ]
        least = min(least, max(pairs, default=0.0))
    return float(least)
