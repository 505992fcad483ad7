"""Whether a network answers at all: NaN, infinite and constant answers, on images drawn by code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.frame import Decoded, Image, Segmentation
from edge_app.model.golden import PATTERN_BY_TASK, golden_image

# The winner leads by more than this many times what its lead varies over very different images: a
# network with an offset of 50 on one class reaches 10 to 25, one that tells classes apart below 1.
_STEADY = 3.0
_PIXELS = 1024  # of a map, in which NaN is looked for


def drawn_images(task: str, size_wh: tuple[int, int]) -> tuple[Image, ...]:
    """Return very different images: a drawing, its negative upside down, and soft patches."""
    drawing = golden_image(PATTERN_BY_TASK[task], size_wh)
    # By Knuth's multiplicative hash: numpy.random would be imported for this alone.
    mixed = np.arange(6 * 8 * 3, dtype=np.uint32) * np.uint32(2654435761) >> np.uint32(24)
    coarse = mixed.astype(np.uint8).reshape(6, 8, 3)
    patches = np.asarray(cv2.resize(coarse, size_wh, interpolation=cv2.INTER_LINEAR), np.uint8)
    return drawing, np.ascontiguousarray(255 - drawing[::-1]), patches


def not_finite(output: NDArray[Any]) -> str:
    """Return which numbers of an output are none, as text; empty if it can be used.

    output: of any shape and type. Scores of minus infinity are allowed, unless all are.
    """
    if output.dtype.kind != "f" or np.isfinite(output).all():
        return ""
    nan = int(np.isnan(output).sum())
    high = int(np.isposinf(output).sum())
    low = int(np.isneginf(output).sum())
    if nan:
        return f"{nan:,} of the {output.size:,} numbers of its answer are NaN"
    if high or low == output.size:
        return f"{high or low:,} of the {output.size:,} numbers of its answer are infinite"
    return ""


def constant_answer(results: Sequence[Decoded], outputs: Sequence[NDArray[Any]]) -> str:
    """Return how answers to very different images are the same, as text; empty if they differ.

    One class for all of them is no fault of its own: a drawing may show none of what the network
    knows. It is one where the numbers do not change either, or hardly against the winner's lead.
    outputs: of the network, in the order of the results.
    """
    classes = {number for result in results for number in _classes(result)}
    if len(results) < 2 or len(classes) != 1:
        return ""
    first = outputs[0]
    if first.size > 1 and all((each == first).all() for each in outputs):
        return "the same numbers"
    leads = [lead for lead in map(_leads, results) if lead is not None]
    if len(leads) < len(results):
        return ""
    lowest = min(float(lead.min()) for lead in leads)
    spread = max(float(lead.max()) for lead in leads) - lowest
    return "the same class by a steady lead" if lowest > _STEADY * spread else ""


def answers_are_finite(logits: NDArray[Any] | None) -> bool:
    """Return whether the winning scores are numbers, of a class map judged by some 1,000 pixels.

    logits: (h, w, C), (C,) of an image, or None for class ids. It takes 12 to 20 us at any size;
    looking at all of them would take as long as the argmax.
    """
    if logits is None or logits.dtype.kind != "f":
        return True
    if logits.ndim < 3:
        return bool(np.isfinite(logits.max()))
    step = max(1, int((logits.shape[0] * logits.shape[1] / _PIXELS) ** 0.5))
    sample = logits[::step, ::step]
    # The sum takes a fifth of the time of the winners, and is finite only if all scores are.
    with np.errstate(invalid="ignore", over="ignore"):
        return bool(np.isfinite(sample.sum()) or np.isfinite(sample.max(axis=-1)).all())


def _classes(result: Decoded) -> set[int]:
    if isinstance(result, Segmentation):
        return {int(value) for value in np.unique(result.class_map)}
    return {result.class_id}


def _leads(result: Decoded) -> NDArray[np.float32] | None:
    """Return by how much the best score leads, of each pixel or of the image.

    None without two scores, and for probabilities: those of a sure network are 1 everywhere. The
    scores of a mask of one channel are 0 and its distance to the threshold.
    """
    logits = result.logits
    if logits is None or logits.shape[-1] < 2:
        return None
    scores = logits.astype(np.float32)
    is_mask = scores.shape[-1] == 2 and not scores[..., 0].any()
    if scores.max() <= 1 and scores.min() >= (-1 if is_mask else 0):
        return None
    best = np.partition(scores, -2, axis=-1)
    return np.asarray(best[..., -1] - best[..., -2], np.float32)
