"""Take drawn streets as pictures to train on: every pixel's class is known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from edge_app.frame import ClassMap, Image
from host_tools import synthetic_streets as scenes
from host_tools.train.street.frames import Sample, keep_arrays, kept_arrays
from host_tools.train.street.teacher import CLASSES, SoftLabels, soft_size
from host_tools.train.street.truth_resize import resize_maps

# Shapes of real cameras, the commonest most often.
_SIZES_WH = ((640, 480), (960, 480), (854, 480), (640, 480))
# Far from small seeds, which other pictures are drawn from.
_FIRST_SEED = 100_000


def draw_studies(
    count: int, cache: Path, draw: Callable[[int, tuple[int, int]], tuple[Image, ClassMap]]
) -> list[Sample]:
    """Return drawn scenes, the same ones at every call, from the cache where they are there.

    draw: takes a seed and a size; returns a picture BGR and its trainIds.
    """
    version = _version()
    return [_study(seed, cache, version, draw) for seed in range(_FIRST_SEED, _FIRST_SEED + count)]


def _study(
    seed: int,
    cache: Path,
    version: str,
    draw: Callable[[int, tuple[int, int]], tuple[Image, ClassMap]],
) -> Sample:
    size_wh = _SIZES_WH[seed % len(_SIZES_WH)]
    path = cache / f"scene-{version}-{seed}.npz"
    kept = kept_arrays(path, ("image", "labels"))
    if kept is None:
        image, labels = draw(seed, size_wh)
        keep_arrays(path, image=image, labels=labels)
    else:
        image, labels = kept
    known = (labels[..., None] == np.arange(CLASSES)).astype(np.uint8) * 255
    return Sample(image, SoftLabels(labels, resize_maps(known, soft_size(size_wh), cv2.INTER_AREA)))


def _version() -> str:
    """Return what stands for the code that draws, so that the cache never holds another's."""
    digest = hashlib.sha256()
    for path in sorted(Path(scenes.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
