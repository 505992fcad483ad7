"""The real images that int8 is calibrated on, and the manifest of them in the card."""

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

# With fewer, a few odd images decide the ranges of the activations.
FEWEST = 20
USUAL = 100
# Neighbouring pixels of photographs correlate at 0.9 and more, MNIST's digits at 0.8, uniform
# noise at 0.0.
NOISE = 0.2


@dataclass(frozen=True, slots=True)
class CalibrationOptions:
    """Which images to calibrate on.

    source: of real images, as for `edge-app run`; empty if no variant needs them. samples: None
        for the usual number, or all if there are fewer but enough.
    allow_weak: accept few images, noise and test patterns, and note it in the manifest.
    assumed: MNIST's digits, which nobody named.
    """

    source: str = ""
    samples: int | None = None
    seed: int = 0
    allow_weak: bool = False
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Calibration:
    """Calibration images, uint8 (H, W, 3) BGR each, and their entry in the model card."""

    images: tuple[Image, ...]
    manifest: Mapping[str, Any]

    def tensors(
        self, given: InputSpec, shape: tuple[int, ...]
    ) -> Iterator[list[NDArray[np.float32]]]:
        """Yield each image as the device prepares it: [float32 (1, H, W[, C])]."""
        prepare = Preprocess(given, TensorInfo("image", shape, np.dtype(np.float32)))
        for image in self.images:
            tensor = np.empty(shape, np.float32)
            prepare.fill(image, tensor[0])
            yield [tensor]

    def spanning_tensors(
        self, given: InputSpec, shape: tuple[int, ...]
    ) -> Iterator[list[NDArray[np.float32]]]:
        """Yield the same, with a black and a white pixel in the corner of the first image.

        TensorFlow's converter takes the input's scale from the images. A uint8 input takes pixels
        unchanged only if the images reach both ends of the range of pixels.
        """
        for place, [tensor] in enumerate(self.tensors(given, shape)):
            if place == 0:
                ends = (np.array([0.0, 255.0]) - given.mean[0]) / given.std[0]
                tensor[0, 0, 0], tensor[0, 0, 1] = ends
            yield [tensor]


def choose_images(
    options: CalibrationOptions, *, exclude: Collection[bytes] = frozenset()
) -> Calibration:
    """Choose images from a source, without those whose fingerprint is in `exclude`.

    Images of a video are spread evenly over its length, since neighbours are similar. Others are
    chosen at random by the seed, each at most once.
    Raises UsageError for too small a number, SourceError if the source has too few images or
    they are noise.
    """
    text, weak = options.source, options.allow_weak
    count = USUAL if options.samples is None else options.samples
    synthetic = text.partition(":")[0] == "synthetic"
    if count < 1 or (count < FEWEST and not weak):
        raise UsageError(
            f"--samples {count}: int8 needs {FEWEST} real images or more, {USUAL} are usual; "
            "give a larger number, or try it with --allow-weak-calibration"
        )
    if synthetic and not weak:
        raise UsageError("int8 needs real images for calibration; give --calibration")
    with open_source(text, max_frames=count if synthetic else None) as source:
        frames, excluded = (
            _spread_evenly(source, count, exclude)
            if source.has_clock
            else _choose_randomly(source, count, options.seed, exclude)
        )
    wanted = FEWEST if options.samples is None else count
    if not frames or (len(frames) < wanted and not weak):
        beside = f" beside the {excluded} it is scored on" if excluded else ""
        raise SourceError(
            f"{text} has only {len(frames)} images{beside}, but calibration needs {wanted}; "
            f"give more with --calibration{_way_with(len(frames))}"
        )
    images = tuple(frame.image for frame in frames)
    flaw = _flaw(images)
    if flaw and not weak:
        raise SourceError(
            f"the images in {text} are {flaw}, and int8 calibrated on them would be worthless; "
            "give real ones with --calibration"
        )
    manifest = _manifest(text, images, options.seed, excluded)
    if len(images) < FEWEST:
        flaw = f"{flaw}, and only {len(images)}" if flaw else f"only {len(images)} images"
    return Calibration(images, {**manifest, "weak": flaw} if flaw else manifest)


def check_assumed_images(options: CalibrationOptions, shape: tuple[int, ...]) -> None:
    """Raise UsageError if digits were assumed for a network that takes something else.

    shape: of the network's input, (1, H, W) or (1, H, W, C).
    """
    if options.source and options.assumed and shape[1:3] != (28, 28):
        raise UsageError(
            f"int8 needs real images for calibration, and this network takes {shape[2]}x{shape[1]} "
            "images, not digits; give --calibration"
        )


def _way_with(images: int) -> str:
    """Return the option that a smaller number of images can be calibrated with, if there is any."""
    if images >= FEWEST:
        return f", or leave out --samples to use all {images}"
    return ", or accept the few with --allow-weak-calibration" if images else ""


def fingerprints(source: Source) -> frozenset[bytes]:
    """Return the fingerprints of all images of a source."""
    return frozenset(fingerprint(frame.image) for frame in source)


def fingerprint(image: Image) -> bytes:
    """Return the SHA-256 of an image's shape and its BGR bytes."""
    return hashlib.sha256(repr(image.shape).encode() + image.tobytes()).digest()


def _choose_randomly(
    source: Source, count: int, seed: int, exclude: Collection[bytes]
) -> tuple[list[Frame], int]:
    """Return random frames, and the number of excluded ones, in one pass.

    Source: Vitter, "Random sampling with a reservoir", algorithm R.
    """
    draw = np.random.default_rng(seed)
    chosen: list[Frame] = []
    seen = excluded = 0
    for frame in source:
        if exclude and fingerprint(frame.image) in exclude:
            excluded += 1
            continue
        seen += 1
        if len(chosen) < count:
            chosen.append(frame)
        elif (place := int(draw.integers(seen))) < count:
            chosen[place] = frame
    return sorted(chosen, key=lambda frame: frame.index), excluded


def _spread_evenly(
    source: Source, count: int, exclude: Collection[bytes]
) -> tuple[list[Frame], int]:
    """Return the middles of equal parts of a video, and the number of excluded frames.

    It takes two passes, since the length of a video is an estimate.
    """
    usable, excluded = [], 0
    for frame in source:
        if exclude and fingerprint(frame.image) in exclude:
            excluded += 1
        else:
            usable.append(frame.index)
    places = (np.arange(count) + 0.5) * len(usable) / count
    chosen = {usable[int(place)] for place in places} if usable else set()
    return [frame for frame in source if frame.index in chosen], excluded


def _manifest(text: str, images: tuple[Image, ...], seed: int, excluded: int) -> dict[str, Any]:
    digest = hashlib.sha256()
    for image in images:
        digest.update(image.tobytes())
    return {
        "pictures": len(images),
        "from": Path(text).name,
        "seed": seed,
        "sha256": digest.hexdigest(),
        "left_out_because_scored": excluded,
    }


def _flaw(images: tuple[Image, ...]) -> str:
    """Return "blank" or "noise" for images whose neighbouring pixels do not correlate."""
    correlations = []
    for image in images:
        gray = image.mean(axis=2)
        left, right = gray[:, :-1].ravel(), gray[:, 1:].ravel()
        if left.std() > 0 and right.std() > 0:
            correlations.append(float(np.corrcoef(left, right)[0, 1]))
    if not correlations:
        return "blank"
    return "noise" if float(np.mean(correlations)) < NOISE else ""
