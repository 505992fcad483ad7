"""Real images for a trial run, with their truth: a frame of the street clip, and some digits."""

from __future__ import annotations

import gzip
import tarfile
from dataclasses import dataclass

import cv2
import numpy as np

from edge_app.errors import EdgeError
from edge_app.frame import ClassMap, Image
from edge_app.model.golden import golden_image
from edge_app.paths import assets_dir

_DIGITS = 20
_DIGIT_BYTES, _IMAGES_HEADER, _LABELS_HEADER = 28 * 28, 16, 8
_FALLBACK_WH = (640, 360)


@dataclass(frozen=True, slots=True)
class TrialImages:
    """Images, each uint8 (H, W, 3) BGR.

    class_map: truth of the first in Cityscapes' trainIds: uint8 (h, w). class_ids: truth of each.
    name: what they are, to be shown.
    """

    name: str
    images: tuple[Image, ...]
    class_map: ClassMap | None = None
    class_ids: tuple[int, ...] = ()


def street_images(*, crops: bool) -> TrialImages:
    """Return the first frame of the street clip with its truth; the drawn one without the clip.

    crops: add parts of the frame, for networks that answer once for an image.
    """
    try:
        folder = assets_dir() / "samples"
        clip = cv2.VideoCapture(str(folder / "street.mp4"))
        read, frame = clip.read()
        clip.release()
        with tarfile.open(folder / "street-truth.tar") as archive:
            member = archive.next()
            file = archive.extractfile(member) if member else None
            content = file.read() if file else b""
        decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    except (EdgeError, OSError, tarfile.TarError, cv2.error):
        read, decoded = False, None
    if not read or decoded is None:
        image, truth, name = golden_image("street", _FALLBACK_WH), None, "a drawn street"
    else:
        image, truth = np.asarray(frame, np.uint8), np.asarray(decoded, np.uint8)
        name = "a frame of the street clip"
    return TrialImages(name, (image, *(_crops(image) if crops else ())), truth)


def digit_images() -> TrialImages | None:
    """Return some handwritten digits that ship, with their classes; None if they are missing."""
    try:
        folder = assets_dir() / "samples"
        with gzip.open(folder / "digits-images-idx3-ubyte.gz") as file:
            pixels = file.read(_IMAGES_HEADER + _DIGITS * _DIGIT_BYTES)[_IMAGES_HEADER:]
        with gzip.open(folder / "digits-labels-idx1-ubyte.gz") as file:
            labels = file.read(_LABELS_HEADER + _DIGITS)[_LABELS_HEADER:]
        grays = np.frombuffer(pixels, np.uint8).reshape(_DIGITS, 28, 28, 1)
    except (EdgeError, OSError, EOFError, ValueError):
        return None
    return TrialImages(
        f"{_DIGITS} digits", tuple(np.repeat(grays, 3, axis=3)), class_ids=tuple(labels)
    )


def _crops(image: Image) -> tuple[Image, ...]:
    """Return both halves of an image, and the middle of its upper and lower half."""
    height, width = image.shape[:2]
    middle = slice(width // 4, 3 * width // 4)
    return (
        image[:, : width // 2],
        image[:, width // 2 :],
        image[: height // 2, middle],
        image[height // 2 :, middle],
    )
