"""The losses of the street network: labels, the teacher's probabilities, mIoU, inner layers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edge_app.labels import VOID
from host_tools.framework import load_tensorflow

# Of the pixels, one of so many by row and by column decides the threshold of the hard ones, and
# counts in the mIoU: both sort the pixels, which takes as long as a step when all of them do.
_GRID = 4


@dataclass(frozen=True, slots=True)
class LossShares:
    """Weights of the losses beside that on the labels, and what the one on the labels leaves out.

    soft: of the teacher's probabilities. lovasz: of the mIoU of a batch. auxiliary: of inner
    layers, each of which predicts the labels while the network is trained.
    sure: pixels whose class the network finds with at least this probability do not count;
        above 1, all count. hard: but at least this share of the pixels does.
    """

    soft: float = 0.5
    lovasz: float = 0.0
    auxiliary: float = 0.0
    sure: float = 2.0
    hard: float = 0.1


def street_loss(
    logits: Any, inner: Sequence[Any], labels: Any, soft: Any, weights: Any, shares: LossShares
) -> Any:
    """Return the mean loss of a batch, a scalar tensor.

    logits: (N, H/4, W/4, C). inner: logits of inner layers, of smaller sizes.
    labels: uint8 (N, H/2, W/2), 255 if unknown. soft: uint8 (N, H/4, W/4, C), probabilities in
    255ths, all zero if unknown. weights: of the classes.
    """
    tensorflow = load_tensorflow()
    finer = tensorflow.image.resize(logits, tensorflow.shape(labels)[1:3])
    loss = label_loss(finer, labels, weights, shares)
    if shares.soft:
        loss += shares.soft * soft_loss(logits, soft)
    if shares.lovasz:
        loss += shares.lovasz * _sparse_lovasz(logits, labels)
    for one in inner if shares.auxiliary else ():
        step = labels.shape[1] // one.shape[1]
        near = labels[:, step // 2 :: step, step // 2 :: step]
        loss += shares.auxiliary * label_loss(one, near, weights, LossShares())
    return loss


def label_loss(logits: Any, labels: Any, weights: Any, shares: LossShares) -> Any:
    """Return the cross-entropy of labels of the same size, weighted by class.

    Source of leaving out the easy pixels: Shrivastava et al., "Training region-based object
    detectors with online hard example mining", 2016.
    """
    tensorflow = load_tensorflow()
    ids, known = _known_ids(labels)
    costs = tensorflow.nn.sparse_softmax_cross_entropy_with_logits(ids, logits)
    weight = tensorflow.gather(weights, ids) * known
    if shares.sure <= 1:
        weight *= tensorflow.cast(costs >= _hard_from(costs * known, shares), tensorflow.float32)
    return tensorflow.reduce_sum(costs * weight) / (tensorflow.reduce_sum(weight) + 1.0)


def _hard_from(costs: Any, shares: LossShares) -> Any:
    """Return the cost from which a pixel counts."""
    tensorflow = load_tensorflow()
    some = tensorflow.reshape(tensorflow.stop_gradient(costs)[:, ::_GRID, ::_GRID], [-1])
    size = tensorflow.cast(tensorflow.size(some), tensorflow.float32)
    least = tensorflow.cast(tensorflow.math.ceil(size * shares.hard), tensorflow.int32)
    highest = tensorflow.math.top_k(some, least).values
    return tensorflow.minimum(highest[-1], -math.log(max(shares.sure, 1e-6)))


def soft_loss(logits: Any, soft: Any) -> Any:
    """Return the cross-entropy of the teacher's probabilities."""
    tensorflow = load_tensorflow()
    wanted = tensorflow.cast(soft, tensorflow.float32) / 255.0
    missed = -tensorflow.reduce_sum(wanted * tensorflow.nn.log_softmax(logits), axis=-1)
    return tensorflow.reduce_sum(missed) / (tensorflow.reduce_sum(wanted) + 1.0)


def _sparse_lovasz(logits: Any, labels: Any) -> Any:
    """Return the loss on a grid of pixels, which lies elsewhere in every batch."""
    tensorflow = load_tensorflow()
    step = labels.shape[1] // logits.shape[1]
    top, left = tensorflow.unstack(tensorflow.random.uniform([2], 0, _GRID, tensorflow.int32))
    near = labels[:, ::step, ::step][:, top::_GRID, left::_GRID]
    return lovasz_loss(logits[:, top::_GRID, left::_GRID], near)


def lovasz_loss(logits: Any, labels: Any) -> Any:
    """Return 1 - mIoU, made differentiable, over the classes that the labels have.

    logits: (N, H, W, C). labels: uint8 (N, H, W), 255 if unknown.
    Source: Berman et al., "The Lovasz-softmax loss", 2018.
    """
    tensorflow = load_tensorflow()
    classes = logits.shape[-1]
    ids, known = _known_ids(labels)
    known = tensorflow.reshape(known, [1, -1])
    truth = tensorflow.transpose(tensorflow.one_hot(tensorflow.reshape(ids, [-1]), classes)) * known
    shares = tensorflow.transpose(tensorflow.reshape(tensorflow.nn.softmax(logits), [-1, classes]))
    # An unknown pixel has no error: it comes last, and adds nothing.
    errors = tensorflow.abs(truth - shares) * known
    errors, order = tensorflow.math.top_k(errors, tensorflow.shape(errors)[1])
    truth = tensorflow.gather(truth, order, batch_dims=1)
    present = tensorflow.reduce_sum(truth, axis=1)
    missed = tensorflow.cumsum(truth, axis=1)
    wrong = tensorflow.cumsum(1.0 - truth, axis=1)
    lost = 1.0 - (present[:, None] - missed) / (present[:, None] + wrong)
    growth = tensorflow.concat([lost[:, :1], lost[:, 1:] - lost[:, :-1]], axis=1)
    costs = tensorflow.reduce_sum(errors * tensorflow.stop_gradient(growth), axis=1)
    counted = tensorflow.cast(present > 0, tensorflow.float32)
    return tensorflow.reduce_sum(costs * counted) / (tensorflow.reduce_sum(counted) + 1e-6)


def _known_ids(labels: Any) -> tuple[Any, Any]:
    """Return class ids, 0 where unknown, and 1.0 where known."""
    tensorflow = load_tensorflow()
    ids = tensorflow.cast(labels, tensorflow.int32)
    known = ids != VOID
    return tensorflow.where(known, ids, 0), tensorflow.cast(known, tensorflow.float32)
