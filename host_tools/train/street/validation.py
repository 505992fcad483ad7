"""Scores of a street network on held-out images, computed as the app does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from edge_app.frame import ClassMap, Image
from edge_app.label_fit import fit_labels
from edge_app.labels import CITYSCAPES
from edge_app.quality import ConfusionMatrix, map_classes
from host_tools.train.street.truth_resize import resize_maps


@dataclass(frozen=True, slots=True)
class ValidationSample:
    """An image held out of the training.

    image: uint8 (H, W, 3) BGR. truth: uint8 (H, W) trainIds of the label set `labels`.
    """

    image: Image
    truth: ClassMap
    labels: str


def validation_scores(network: Any, samples: Sequence[ValidationSample]) -> tuple[float, float]:
    """Return mIoU and pixel accuracy over samples of one label set."""
    fit = fit_labels(CITYSCAPES, samples[0].labels)
    matrix = ConfusionMatrix(len(fit.labels.classes))
    height, width = network.input_shape[1:3]
    for one in samples:
        small = cv2.resize(one.image, (width, height), interpolation=cv2.INTER_LINEAR)
        image = small[None, ..., ::-1].astype(np.float32) / 127.5 - 1
        logits = np.asarray(network.predict_on_batch(image))[0]
        class_map = resize_maps(logits, (one.image.shape[1], one.image.shape[0])).argmax(axis=2)
        matrix.add(one.truth, map_classes(class_map.astype(np.uint8), fit.table))
    return matrix.miou(), matrix.accuracy
