"""Synthetic streets as training samples; the class of every pixel is known."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from edge_app.frame import ClassMap, Image
from host_tools import synthetic_streets as scenes
from host_tools.train.street.frames import Sample, load_arrays, save_arrays
from host_tools.train.street.teacher import CLASSES, SoftLabels, soft_size
from host_tools.train.street.truth_resize import resize_maps

# Sizes of real cameras, the commonest most often.
_SIZES_WH = ((640, 480), (960, 480), (854, 480), (640, 480))
# Far from the small seeds that other images use.
_FIRST_SEED = 100_000
# From a seed and size_wh to a street, uint8 (H, W, 3) BGR, and its trainIds, uint8 (H, W).
DrawScene = Callable[[int, tuple[int, int]], tuple[Image, ClassMap]]


def draw_samples(count: int, cache: Path, draw: DrawScene) -> list[Sample]:
    """Return synthetic scenes, the same at every call, from the cache if they are there."""
    version = _version()
    return [_sample(seed, cache, version, draw) for seed in range(_FIRST_SEED, _FIRST_SEED + count)]


def _sample(seed: int, cache: Path, version: str, draw: DrawScene) -> Sample:
    size_wh = _SIZES_WH[seed % len(_SIZES_WH)]
    path = cache / f"scene-{version}-{seed}.npz"
    cached = load_arrays(path, ("image", "labels"))
    if cached is None:
        image, labels = draw(seed, size_wh)
        save_arrays(path, image=image, labels=labels)
    else:
        image, labels = cached
    known = (labels[..., None] == np.arange(CLASSES)).astype(np.uint8) * 255
    return Sample(image, SoftLabels(labels, resize_maps(known, soft_size(size_wh), cv2.INTER_AREA)))


def _version() -> str:
    """Return a digest of the code that draws, so that the cache never has scenes of older code."""
    digest = hashlib.sha256()
    for path in sorted(Path(scenes.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
