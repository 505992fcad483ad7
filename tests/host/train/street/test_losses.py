"""The losses of the street network, against results that can be computed by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")

from edge_app.labels import VOID
from host_tools.framework import load_tensorflow
from host_tools.train.street.losses import (
    LossShares,
    label_loss,
    lovasz_loss,
    soft_loss,
    street_loss,
)

pytestmark = pytest.mark.tensorflow

CLASSES = 3
TRUTH = np.array([[[0, 0, 1, 1], [0, 0, 1, VOID]]], np.uint8)


def _certain(labels: NDArray[np.uint8], height: float = 50.0) -> NDArray[np.float32]:
    """Return logits that name these classes."""
    return (labels[..., None] == np.arange(CLASSES)).astype(np.float32) * np.float32(height)


def test_a_hard_answer_loses_one_minus_its_miou() -> None:
    """Of four pixels of class 0 one is missed; 255 is no pixel. The IoUs are 3/4 and 3/4."""
    found = TRUTH.copy()
    found[0, 0, 0] = 1
    found[0, 1, 3] = 2
    loss = float(lovasz_loss(_certain(found), TRUTH))
    assert loss == pytest.approx(1 - (3 / 4 + 3 / 4) / 2, abs=1e-4)
    assert float(lovasz_loss(_certain(TRUTH), TRUTH)) == pytest.approx(0, abs=1e-4)


def test_nothing_known_is_no_loss() -> None:
    """A batch without a label has a loss of zero, not an undefined one."""
    unknown = np.full((1, 2, 4), VOID, np.uint8)
    logits = _certain(TRUTH)
    assert float(lovasz_loss(logits, unknown)) == 0
    assert (
        float(label_loss(logits, unknown, np.ones(CLASSES, np.float32), LossShares(sure=0.7))) == 0
    )
    assert float(soft_loss(logits, np.zeros((1, 2, 4, CLASSES), np.uint8))) == 0


def test_pixels_that_are_found_surely_do_not_count() -> None:
    """One pixel of 64 is wrong: it alone decides the loss, and in the mean it is lost."""
    labels = np.zeros((1, 8, 8), np.uint8)
    logits = _certain(labels, 5.0)
    logits[0, 0, 0] = [0, 5, 0]
    weights = np.ones(CLASSES, np.float32)
    own = float(np.log(np.exp(5) + 2))
    everywhere = float(label_loss(logits, labels, weights, LossShares()))
    hard = float(label_loss(logits, labels, weights, LossShares(sure=0.7, hard=0.01)))
    assert hard == pytest.approx(own / (1 + 1))
    assert everywhere < own / 16


def test_the_hardest_share_always_counts() -> None:
    """A network that is sure of everything still learns from a share of the pixels."""
    labels = np.zeros((1, 16, 16), np.uint8)
    logits = _certain(labels, 5.0) * np.linspace(1, 2, 16, dtype=np.float32)[None, :, None, None]
    weights = np.ones(CLASSES, np.float32)
    assert float(label_loss(logits, labels, weights, LossShares(sure=0.5, hard=0.25))) > 0


def test_each_share_adds_to_the_loss() -> None:
    """Inner layers of a smaller size are compared with the labels at their places."""
    tensorflow = load_tensorflow()
    random = np.random.default_rng(0)
    labels = random.integers(0, CLASSES, (2, 16, 32)).astype(np.uint8)
    logits = tensorflow.constant(random.normal(size=(2, 8, 16, CLASSES)).astype(np.float32))
    inner = [tensorflow.constant(random.normal(size=(2, 2, 4, CLASSES)).astype(np.float32))]
    soft = random.integers(1, 80, (2, 8, 16, CLASSES)).astype(np.uint8)
    weights = np.ones(CLASSES, np.float32)

    def loss(**shares: float) -> float:
        own = LossShares(**{"soft": 0.0, **shares})
        return float(street_loss(logits, inner, labels, soft, weights, own))

    assert loss(soft=1.0) == pytest.approx(loss() + float(soft_loss(logits, soft)), rel=1e-5)
    near = label_loss(inner[0], labels[:, 4::8, 4::8], weights, LossShares())
    assert loss(auxiliary=0.5) == pytest.approx(loss() + 0.5 * float(near), rel=1e-5)
    assert loss() < loss(lovasz=1.0) < loss() + 1
