"""The training step of the street network: its loss, AdamW, and the running mean of the weights."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from host_tools.framework import load_keras, load_tensorflow
from host_tools.train.street.losses import LossShares, street_loss
from host_tools.train.street.street_network import CLASSES

_CLIP_NORM = 5.0
# Layers that predict the labels, too, while the network is trained.
_INNER = ("context_relu6", "eighth_point_relu6")


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """How the weights are updated.

    rate: the decoder's learning rate at its highest. It rises over the first `warmup` of the
        time and falls along a cosine. encoder_rate: the encoder's rate as a share of it.
    decay: weight decay, times the rate. mean: momentum of the running mean of the weights.
    frozen: number of the encoder's first blocks that keep the weights they start from. These
        are the ones with the largest maps, and take much of the time of a step.
    zoom: range of the scale of the crops.
    """

    batch: int = 8
    rate: float = 1.5e-3
    encoder_rate: float = 0.25
    warmup: float = 0.02
    decay: float = 0.02
    mean: float = 0.998
    frozen: int = 0
    zoom: tuple[float, float] = (0.7, 2.0)
    losses: LossShares = field(default_factory=LossShares)

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
        freeze(network, recipe.frozen)
        self._trained, self._heads = network, list[Any]()
        if recipe.losses.auxiliary:
            self._trained, self._heads = with_heads(network)
        self._groups = (*_weight_groups(network), self._heads)[: 3 if self._heads else 2]
        self._shares = (recipe.encoder_rate, 1.0, 1.0)[: len(self._groups)]
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
        """All variables but the network's, for a checkpoint."""
        return [*self._heads, *(one for each in self._optimizers for one in each.variables)]

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
        freeze(averaged, self._recipe.frozen)
        for optimizer, weights in zip(self._optimizers, _weight_groups(averaged), strict=False):
            optimizer.finalize_variable_values(weights)
        for copy, variable in zip(
            averaged.non_trainable_variables, self._network.non_trainable_variables, strict=True
        ):
            copy.assign(variable)

    def _update(self, images: Any, labels: Any, soft: Any) -> Any:
        tensorflow = load_tensorflow()
        with tensorflow.GradientTape() as tape:
            scaled = tensorflow.cast(images, tensorflow.float32) / 127.5 - 1.0
            found = self._trained(scaled, training=True)
            logits, *inner = found if self._heads else [found]
            losses = self._recipe.losses
            loss = street_loss(logits, inner, labels, soft, self._weights, losses)
        weights = [variable for group in self._groups for variable in group]
        gradients = tape.gradient(loss, weights)
        # One norm over all groups: `global_clipnorm` of an optimizer sees only its own weights.
        gradients, _ = tensorflow.clip_by_global_norm(gradients, _CLIP_NORM)
        first = 0
        for optimizer, group in zip(self._optimizers, self._groups, strict=True):
            optimizer.apply(gradients[first : first + len(group)])
            first += len(group)
        return loss


def freeze(network: Any, blocks: int) -> None:
    """Keep the weights of the encoder's first blocks, and of its stem, as they are."""
    for layer in network.layers if blocks else ():
        kind = layer.name.rstrip("0123456789")
        number = layer.name[len(kind) :]
        if kind == "stem" or (is_encoder(layer.name) and int(number) < blocks):
            layer.trainable = False


def with_heads(network: Any) -> tuple[Any, list[Any]]:
    """Return a network that also gives logits of inner layers, and the weights this takes."""
    keras = load_keras()
    found: list[Any] = [network.output]
    heads = []
    for name in _INNER:
        head = keras.layers.Conv2D(CLASSES, 1, name=f"{name}_head")
        found.append(head(network.get_layer(name).output))
        heads.append(head)
    weights = [variable for head in heads for variable in head.trainable_variables]
    return keras.Model(network.input, found, name="street_trained"), weights


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
