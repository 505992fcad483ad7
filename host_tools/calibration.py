"""Choose the real pictures that int8 is calibrated on, and remember which they were."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import SourceError, UsageError
from edge_app.frame import Image
from edge_app.preprocess import Preprocess
from edge_app.sources.base import Source
from edge_app.sources.opening import open_source
from edge_app.spec import InputSpec, TensorInfo

# With fewer the ranges of the activations hang on a few odd pictures.
FEWEST = 100
# Neighbouring pixels of photographs correlate at 0.9 and more, MNIST's digits at 0.8, uniform
# noise at 0.0.
NOISE = 0.2


@dataclass(frozen=True, slots=True)
class Calibration:
    """Hold the pictures for calibration and the entry of the model card that names them.

    images: uint8 (H, W, 3) BGR each.
    """

    images: tuple[Image, ...]
    manifest: Mapping[str, Any]

    def tensors(
        self, given: InputSpec, shape: tuple[int, ...]
    ) -> Iterator[list[NDArray[np.float32]]]:
        """Yield each picture as the device prepares it: [float32 (1, H, W[, C])]."""
        prepare = Preprocess(given, TensorInfo("picture", shape, np.dtype(np.float32)))
        for image in self.images:
            tensor = np.empty(shape, np.float32)
            prepare.fill(image, tensor[0])
            yield [tensor]


def pick_pictures(
    text: str, count: int, seed: int, *, never: Collection[bytes] = frozenset()
) -> Calibration:
    """Draw pictures evenly from a source, leaving out those whose fingerprint is in `never`.

    Source of the method: Vitter, "Random sampling with a reservoir", algorithm R: one pass,
    whatever the source's length.
    Raises UsageError for too small a count and SourceError where the source has too few
    pictures left, or where they are noise.
    """
    if count < FEWEST:
        raise UsageError(f"--samples {count}: int8 needs {FEWEST} real pictures or more")
    if text.partition(":")[0] == "synthetic":
        raise UsageError("int8 is calibrated on real pictures; name some with --calibration")
    draw = np.random.default_rng(seed)
    kept: list[tuple[int, Image]] = []
    seen = left_out = 0
    with open_source(text) as source:
        for frame in source:
            if fingerprint(frame.image) in never:
                left_out += 1
                continue
            seen += 1
            if len(kept) < count:
                kept.append((frame.index, frame.image))
            elif (place := int(draw.integers(seen))) < count:
                kept[place] = (frame.index, frame.image)
    if len(kept) < count:
        why = f" beside the {left_out} it is scored on" if left_out else ""
        raise SourceError(
            f"{text} has only {len(kept)} pictures{why}, calibration asks for {count}; "
            "name more with --calibration"
        )
    images = tuple(image for _, image in sorted(kept, key=lambda pair: pair[0]))
    _refuse_noise(text, images)
    return Calibration(images, _manifest(text, images, seed, left_out))


def fingerprints(source: Source) -> frozenset[bytes]:
    """Return the fingerprints of all pictures of a source."""
    return frozenset(fingerprint(frame.image) for frame in source)


def fingerprint(image: Image) -> bytes:
    """Return the SHA-256 of a picture's shape and its BGR bytes."""
    return hashlib.sha256(repr(image.shape).encode() + image.tobytes()).digest()


def _manifest(text: str, images: tuple[Image, ...], seed: int, left_out: int) -> dict[str, Any]:
    digest = hashlib.sha256()
    for image in images:
        digest.update(image.tobytes())
    return {
        "pictures": len(images),
        "from": Path(text).name,
        "seed": seed,
        "sha256": digest.hexdigest(),
        "left_out_because_scored": left_out,
    }


def _refuse_noise(text: str, images: tuple[Image, ...]) -> None:
    """Raise SourceError where neighbouring pixels have nothing to do with each other."""
    found = []
    for image in images:
        gray = image.mean(axis=2)
        left, right = gray[:, :-1].ravel(), gray[:, 1:].ravel()
        if left.std() > 0 and right.std() > 0:
            found.append(float(np.corrcoef(left, right)[0, 1]))
    if not found or float(np.mean(found)) < NOISE:
        what = "noise" if found else "blank"
        raise SourceError(
            f"the pictures in {text} are {what}, and int8 calibrated on them would be worthless; "
            "name real ones with --calibration"
        )
