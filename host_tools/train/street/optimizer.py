"""Move a network's weights: AdamW with its own rate for the front, and their running mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge_app.labels import VOID
from host_tools.framework import load_tensorflow
from host_tools.train.street.street_network import CLASSES

_FIRST, _SECOND, _EPSILON = 0.9, 0.999, 1e-8


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """Say how the weights are moved.

    rate: of the decoder at its highest; it rises over the first `warm` of the time and falls
        along a cosine. front: the front's share of it. decay: of the weights, per unit of rate.
    mean: share of the running mean that stays at a step. soft: weight of the teacher's
        probabilities beside the labels.
    """

    batch: int = 8
    rate: float = 1.5e-3
    front: float = 0.25
    warm: float = 0.02
    decay: float = 0.02
    mean: float = 0.998
    soft: float = 0.5

    def rate_at(self, done: float) -> float:
        """Return the rate where a share of the time is over."""
        if done < self.warm:
            return self.rate * (done + 0.05 * self.warm) / self.warm
        through = min((done - self.warm) / (1 - self.warm), 1.0)
        return self.rate * max(0.5 * (1 + math.cos(math.pi * through)), 0.002)


@dataclass(frozen=True, slots=True)
class Descent:
    """Hold what moving the weights needs beside them.

    state: the variables of the optimizer, to be kept in a checkpoint: the number of steps, two
        moments per trained weight, and the running mean of every weight.
    step: takes pictures, labels, soft labels and the rate; returns the loss.
    """

    state: Sequence[Any]
    means: Sequence[Any]
    step: Callable[..., Any]


def make_descent(network: Any, recipe: TrainingRecipe, class_weights: Sequence[float]) -> Descent:
    """Return the descent of a network; its running means begin at the weights it has."""
    tensorflow = load_tensorflow()
    trained = list(network.trainable_variables)
    everything = list(network.weights)
    zeros = [np.zeros(variable.shape, np.float32) for variable in trained]
    count = tensorflow.Variable(0.0)
    firsts = [tensorflow.Variable(zero) for zero in zeros]
    seconds = [tensorflow.Variable(zero) for zero in zeros]
    means = [tensorflow.Variable(variable.numpy()) for variable in everything]
    shares = [recipe.front if is_front(variable.path) else 1.0 for variable in trained]
    decays = [recipe.decay if len(variable.shape) > 1 else 0.0 for variable in trained]
    weights = tensorflow.constant([*class_weights], tensorflow.float32)

    def step(pictures: Any, labels: Any, soft: Any, rate: Any) -> Any:
        with tensorflow.GradientTape() as tape:
            scaled = tensorflow.cast(pictures, tensorflow.float32) / 127.5 - 1.0
            logits = network(scaled, training=True)
            loss = _loss(logits, labels, soft, weights, recipe.soft)
        slopes = tape.gradient(loss, trained)
        slopes, _ = tensorflow.clip_by_global_norm(slopes, 5.0)
        count.assign_add(1.0)
        rate_now = rate * tensorflow.sqrt(1 - _SECOND**count) / (1 - _FIRST**count)
        for variable, slope, first, second, share, decay in zip(
            trained, slopes, firsts, seconds, shares, decays, strict=True
        ):
            first.assign(_FIRST * first + (1 - _FIRST) * slope)
            second.assign(_SECOND * second + (1 - _SECOND) * slope * slope)
            move = rate_now * first / (tensorflow.sqrt(second) + _EPSILON)
            variable.assign_sub(share * (move + rate * decay * variable))
        stays = tensorflow.minimum(recipe.mean, (1 + count) / (10 + count))
        for mean, variable in zip(means, everything, strict=True):
            mean.assign_sub((1 - stays) * (mean - variable))
        return loss

    return Descent([count, *firsts, *seconds, *means], means, tensorflow.function(step))


def is_front(path: str) -> bool:
    """Say whether a weight belongs to the layers that start from the teacher's."""
    return path.split("/")[0].rstrip("0123456789") in {"stem", "expand", "depthwise", "project"}


def _loss(logits: Any, labels: Any, soft: Any, weights: Any, share: float) -> Any:
    """Return the mean loss: labels at half the size, the teacher's probabilities at a quarter.

    logits: (N, H/4, W/4, C). labels: uint8 (N, H/2, W/2). soft: uint8 (N, H/4, W/4, C).
    """
    tensorflow = load_tensorflow()
    ids = tensorflow.cast(labels, tensorflow.int32)
    known = ids != VOID
    ids = tensorflow.where(known, ids, 0)
    finer = tensorflow.image.resize(logits, tensorflow.shape(labels)[1:3])
    costs = tensorflow.nn.sparse_softmax_cross_entropy_with_logits(ids, finer)
    weight = tensorflow.gather(weights, ids) * tensorflow.cast(known, tensorflow.float32)
    hard = tensorflow.reduce_sum(costs * weight) / (tensorflow.reduce_sum(weight) + 1.0)
    wanted = tensorflow.cast(soft, tensorflow.float32) / 255.0
    missed = -tensorflow.reduce_sum(wanted * tensorflow.nn.log_softmax(logits), axis=-1)
    total = tensorflow.reduce_sum(wanted)
    return hard + share * tensorflow.reduce_sum(missed) / (total + 1.0)


def class_weights(counts: Sequence[float]) -> list[float]:
    """Return the loss weight of each class from how often it is seen; their mean over pixels is 1.

    Source: Paszke et al., "ENet", 1/ln(c + p), here with c = 1.05.
    """
    shares = np.asarray(counts, float) / max(sum(counts), 1.0)
    weights = 1 / np.log(1.05 + shares)
    return [float(weight) for weight in weights / max(float((weights * shares).sum()), 1e-6)]


def classes_seen(labels: Sequence[Any]) -> list[float]:
    """Count the pixels of each class over label maps."""
    total = np.zeros(256, np.int64)
    for one in labels:
        total += np.bincount(one.ravel(), minlength=256)
    return [float(count) for count in total[:CLASSES]]
