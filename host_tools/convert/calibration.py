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
from edge_app.frame import Frame, Image
from edge_app.model.card import InputSpec, TensorInfo
from edge_app.model.preprocess import Preprocess
from edge_app.sources.factory import open_source
from edge_app.sources.source import Source

# With fewer the ranges of the activations hang on a few odd pictures.
FEWEST = 20
USUAL = 100
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

    def spanning(
        self, given: InputSpec, shape: tuple[int, ...]
    ) -> Iterator[list[NDArray[np.float32]]]:
        """Yield the same, with a black and a white pixel in the corner of the first picture.

        TensorFlow's converter takes the input's scale from the pictures. Only where they reach
        both ends of what a pixel can be does a uint8 input take pixels as they are.
        """
        for place, [tensor] in enumerate(self.tensors(given, shape)):
            if place == 0:
                ends = (np.array([0.0, 255.0]) - given.mean[0]) / given.std[0]
                tensor[0, 0, 0], tensor[0, 0, 1] = ends
            yield [tensor]


def choose_images(
    text: str,
    count: int,
    seed: int,
    *,
    never: Collection[bytes] = frozenset(),
    weak: bool = False,
) -> Calibration:
    """Draw pictures from a source, leaving out those whose fingerprint is in `never`.

    From a video they are taken evenly over its length, since neighbours are alike; from all
    else at random by the seed, without one twice.
    weak: take fewer than 20 pictures, noise and test patterns as well, and say so in the manifest.
    Raises UsageError for too small a count and SourceError where the source has too few
    pictures left, or where they are noise.
    """
    if count < 1 or (count < FEWEST and not weak):
        raise UsageError(
            f"--samples {count}: int8 needs {FEWEST} real pictures or more, {USUAL} are usual; "
            "ask for more, or try what comes of it with --allow-weak-calibration"
        )
    if text.partition(":")[0] == "synthetic" and not weak:
        raise UsageError("int8 is calibrated on real pictures; name some with --calibration")
    with open_source(text, max_frames=count if text.startswith("synthetic") else None) as source:
        kept, left_out = (
            _evenly(source, count, never)
            if source.has_clock
            else _drawn(source, count, seed, never)
        )
    if not kept or (len(kept) < count and not weak):
        why = f" beside the {left_out} it is scored on" if left_out else ""
        raise SourceError(
            f"{text} has only {len(kept)} pictures{why}, calibration asks for {count}; "
            "name more with --calibration, or ask for fewer with --samples"
        )
    images = tuple(frame.image for frame in kept)
    flaw = _flaw(images)
    if flaw and not weak:
        raise SourceError(
            f"the pictures in {text} are {flaw}, and int8 calibrated on them would be worthless; "
            "name real ones with --calibration"
        )
    manifest = _manifest(text, images, seed, left_out)
    if len(images) < FEWEST:
        flaw = f"{flaw}, and only {len(images)}" if flaw else f"only {len(images)} pictures"
    return Calibration(images, {**manifest, "weak": flaw} if flaw else manifest)


def fingerprints(source: Source) -> frozenset[bytes]:
    """Return the fingerprints of all pictures of a source."""
    return frozenset(fingerprint(frame.image) for frame in source)


def fingerprint(image: Image) -> bytes:
    """Return the SHA-256 of a picture's shape and its BGR bytes."""
    return hashlib.sha256(repr(image.shape).encode() + image.tobytes()).digest()


def _drawn(
    source: Source, count: int, seed: int, never: Collection[bytes]
) -> tuple[list[Frame], int]:
    """Draw frames at random in one pass, whatever the source's length.

    Source of the method: Vitter, "Random sampling with a reservoir", algorithm R.
    """
    draw = np.random.default_rng(seed)
    kept: list[Frame] = []
    seen = left_out = 0
    for frame in source:
        if never and fingerprint(frame.image) in never:
            left_out += 1
            continue
        seen += 1
        if len(kept) < count:
            kept.append(frame)
        elif (place := int(draw.integers(seen))) < count:
            kept[place] = frame
    return sorted(kept, key=lambda frame: frame.index), left_out


def _evenly(source: Source, count: int, never: Collection[bytes]) -> tuple[list[Frame], int]:
    """Take the middles of equal parts of a video, in two passes: its length is an estimate."""
    usable, left_out = [], 0
    for frame in source:
        if never and fingerprint(frame.image) in never:
            left_out += 1
        else:
            usable.append(frame.index)
    places = (np.arange(count) + 0.5) * len(usable) / count
    wanted = {usable[int(place)] for place in places} if usable else set()
    return [frame for frame in source if frame.index in wanted], left_out


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


def _flaw(images: tuple[Image, ...]) -> str:
    """Name what is wrong with pictures whose neighbouring pixels have nothing in common."""
    found = []
    for image in images:
        gray = image.mean(axis=2)
        left, right = gray[:, :-1].ravel(), gray[:, 1:].ravel()
        if left.std() > 0 and right.std() > 0:
            found.append(float(np.corrcoef(left, right)[0, 1]))
    if not found:
        return "blank"
    return "noise" if float(np.mean(found)) < NOISE else ""
