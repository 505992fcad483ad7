"""The training step of the street network: its loss, AdamW, and the running mean of the weights."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge_app.labels import VOID
from host_tools.framework import load_keras, load_tensorflow
from host_tools.train.street.street_network import CLASSES

_CLIP_NORM = 5.0


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """How the weights are updated.

    rate: the decoder's learning rate at its highest. It rises over the first `warmup` of the
        time and falls along a cosine. encoder_rate: the encoder's rate as a share of it.
    decay: weight decay, times the rate. mean: momentum of the running mean of the weights.
    soft: weight of the loss on the teacher's probabilities beside that on the labels.
    """

    batch: int = 8
    rate: float = 1.5e-3
    encoder_rate: float = 0.25
    warmup: float = 0.02
    decay: float = 0.02
    mean: float = 0.998
    soft: float = 0.5

    def rate_at(self, done: float) -> float:
        """Return the decoder's rate after a share of the time."""
        if done < self.warmup:
            return self.rate * (done + 0.05 * self.warmup) / self.warmup
        through = min((done - self.warmup) / (1 - self.warmup), 1.0)
        return self.rate * max(0.5 * (1 + math.cos(math.pi * through)), 0.002)


class StreetTrainer:
    """Updates a network's weights, with a lower learning rate for the encoder."""

    def __init__(
        self, network: Any, recipe: TrainingRecipe, class_weights: Sequence[float]
    ) -> None:
        self._network = network
        self._recipe = recipe
        self._weights = load_tensorflow().constant([*class_weights], "float32")
        self._groups = _weight_groups(network)
        self._shares = (recipe.encoder_rate, 1.0)
        self._optimizers = []
        for weights in self._groups:
            optimizer = load_keras().optimizers.AdamW(
                weight_decay=recipe.decay, epsilon=1e-8, use_ema=True, ema_momentum=recipe.mean
            )
            vectors = [variable for variable in weights if len(variable.shape) < 2]
            optimizer.exclude_from_weight_decay(var_list=vectors)  # biases and batch norm
            optimizer.build(weights)
            self._optimizers.append(optimizer)
        self._step = load_tensorflow().function(self._update)

    @property
    def variables(self) -> list[Any]:
        """The optimizers' variables, for a checkpoint."""
        return [variable for each in self._optimizers for variable in each.variables]

    def step(self, images: Any, labels: Any, soft: Any, rate: float) -> Any:
        """Update the weights by one batch; return its loss, a scalar tensor.

        images: uint8 (N, H, W, 3) RGB. labels: uint8 (N, H/2, W/2).
        soft: uint8 (N, H/4, W/4, C), probabilities in 255ths. rate: of the decoder.
        """
        for optimizer, share in zip(self._optimizers, self._shares, strict=True):
            optimizer.learning_rate = share * rate
        return self._step(images, labels, soft)

    def copy_means(self, averaged: Any) -> None:
        """Set another network of the same layers to the running means of the weights.

        The statistics of batch norm, which are running means already, are copied. Before the
        first step there are no means yet, and the weights themselves are copied.
        """
        if not int(self._optimizers[0].iterations):
            averaged.set_weights(self._network.get_weights())
            return
        for optimizer, weights in zip(self._optimizers, _weight_groups(averaged), strict=True):
            optimizer.finalize_variable_values(weights)
        for copy, variable in zip(
            averaged.non_trainable_variables, self._network.non_trainable_variables, strict=True
        ):
            copy.assign(variable)

    def _update(self, images: Any, labels: Any, soft: Any) -> Any:
        tensorflow = load_tensorflow()
        with tensorflow.GradientTape() as tape:
            scaled = tensorflow.cast(images, tensorflow.float32) / 127.5 - 1.0
            logits = self._network(scaled, training=True)
            loss = _loss(logits, labels, soft, self._weights, self._recipe.soft)
        gradients = tape.gradient(loss, [*self._groups[0], *self._groups[1]])
        # One norm over both groups: `global_clipnorm` of an optimizer sees only its own weights.
        gradients, _ = tensorflow.clip_by_global_norm(gradients, _CLIP_NORM)
        split = len(self._groups[0])
        self._optimizers[0].apply(gradients[:split])
        self._optimizers[1].apply(gradients[split:])
        return loss


def _weight_groups(network: Any) -> tuple[list[Any], list[Any]]:
    """Return the trained weights of the encoder, and the others."""
    trained = network.trainable_variables
    return (
        [variable for variable in trained if is_encoder(variable.path)],
        [variable for variable in trained if not is_encoder(variable.path)],
    )


def is_encoder(path: str) -> bool:
    """Return whether a weight belongs to the layers that start from the teacher's."""
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
    """Return the loss weight of each class from its number of pixels; the mean per pixel is 1.

    Source: Paszke et al., "ENet", 1/ln(c + p), here with c = 1.05.
    """
    shares = np.asarray(counts, float) / max(sum(counts), 1.0)
    weights = 1 / np.log(1.05 + shares)
    return [float(weight) for weight in weights / max(float((weights * shares).sum()), 1e-6)]


def pixel_counts(labels: Sequence[Any]) -> list[float]:
    """Return the number of pixels of each class over label maps."""
    total = np.zeros(256, np.int64)
    for one in labels:
        total += np.bincount(one.ravel(), minlength=256)
    return [float(count) for count in total[:CLASSES]]
