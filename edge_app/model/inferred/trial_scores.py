"""How well the answers of a trial fit: agreement with the truth, else certainty with variety."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.frame import ClassMap
from edge_app.labels import CITYSCAPES, VOID, LabelSet
from edge_app.model.inferred.output_readings import OutputReading

# Names of Cityscapes' classes in other sets. Of sets that call most of a street background,
# agreement says little.
_SYNONYMS = {
    "pavement": "sidewalk", "tree": "vegetation", "pedestrian": "person", "bicyclist": "rider",
    "sign symbol": "traffic sign", "signboard": "traffic sign", "streetlight": "pole",
    "grass": "terrain", "plant": "vegetation", "house": "building", "skyscraper": "building",
    "minibike": "motorcycle", "earth": "terrain", "van": "car",
}  # fmt: skip
_LEAST_NAMES = 6
_LEAST_SHARE = 0.005  # of the pixels


def as_grid(values: NDArray[np.float32], form: OutputReading) -> NDArray[np.float32]:
    """Return an output's real values with the classes last: float32 (h, w, C), or (1, 1, C)."""
    height, width = form.map_hw
    if form.layout == "nchw":
        return values.reshape(form.classes, height, width).transpose(1, 2, 0)
    return values.reshape(height, width, form.classes)


def street_table(labels: LabelSet) -> NDArray[np.uint8] | None:
    """Return the Cityscapes trainId of each class of a set, VOID for none: uint8 (256,).

    None if too few of its classes are in a street.
    """
    ids = {label.name: label.train_id for label in CITYSCAPES.classes}
    table = np.full(256, VOID, np.uint8)
    for label in labels.classes[:VOID]:
        for name in label.name.casefold().split(","):
            short = _SYNONYMS.get(name.strip(), name.strip())
            table[label.train_id] = ids.get(short, table[label.train_id])
    found = set(table.tolist()) - {VOID}
    return table if len(found) >= _LEAST_NAMES else None


def agreement(class_map: ClassMap, truth: ClassMap, table: NDArray[np.uint8]) -> float:
    """Return the mean over the truth's classes of the share of their pixels that is right.

    A map of one class has one of them right. Classes that the set does not have do not count, nor
    those that are hardly there. class_map, truth: uint8 (h, w) of any size.
    """
    height, width = class_map.shape
    wanted = cv2.resize(truth, (width, height), interpolation=cv2.INTER_NEAREST)
    right = table[class_map] == wanted
    counts = np.bincount(wanted.ravel(), minlength=256)
    known = set(table.tolist()) - {VOID}
    shares = [
        right[wanted == one].mean()
        for one in np.flatnonzero(counts >= _LEAST_SHARE * wanted.size).tolist()
        if one in known
    ]
    return float(np.mean(shares)) if shares else 0.0


def certainty(probabilities: NDArray[np.float32]) -> float:
    """Return how certain and how varied answers are, in nats: 0 for one answer to everything.

    The mutual information of image part and class. Certainty alone is misleading: a network whose
    input is far out of range is often most certain, of one class for the whole image.
    probabilities: float32 (N, C).
    """
    rows = np.clip(probabilities.astype(np.float64), 1e-9, 1)
    mean = rows.mean(axis=0)
    return float((rows * np.log(rows)).sum(axis=1).mean() - (mean * np.log(mean)).sum())


def probabilities_of(grid: NDArray[np.float32], activation: str | None) -> NDArray[np.float32]:
    """Return class probabilities of an output: float32 (N, C), at least two classes.

    grid: real values, float32 (h, w, C).
    """
    rows = grid.reshape(-1, grid.shape[-1])
    if rows.shape[1] == 1:
        second = rows if activation == "sigmoid" else 1 / (1 + np.exp(-np.clip(rows, -60, 60)))
        return np.asarray(np.concatenate([1 - second, second], axis=1), np.float32)
    if activation == "probabilities":
        return np.asarray(rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-9), np.float32)
    powers = np.exp(rows - rows.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def classes_of(grid: NDArray[np.float32], activation: str | None) -> ClassMap:
    """Return the class of each place: uint8 (h, w)."""
    if activation == "ids":
        return np.asarray(np.clip(grid[:, :, 0], 0, VOID), np.uint8)
    if grid.shape[2] == 1:
        limit = 0.5 if activation == "sigmoid" else 0.0
        return np.asarray(grid[:, :, 0] > limit, np.uint8)
    return np.asarray(grid.argmax(axis=2), np.uint8)
