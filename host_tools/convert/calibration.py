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
from edge_app.style import count as counted
from host_tools.convert.image_worth import DifferentFrames, check_useful, judge_images

# With fewer, a few odd images decide the ranges of the activations.
FEWEST = 20
USUAL = 100


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
    """Calibration images, uint8 (H, W, 3) BGR each, and their entry in the model card.

    names: of the images, as errors name them. notes: what a person should know of the set.
    """

    images: tuple[Image, ...]
    manifest: Mapping[str, Any]
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

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
        different = DifferentFrames(source, exclude)
        frames = (
            _spread_evenly(different, count)
            if source.has_clock
            else _choose_randomly(different, count, options.seed)
        )
        source_notes = tuple(source.notes)
    images = tuple(frame.image for frame in frames)
    found = judge_images(images)
    if images and found.flaw and not weak:
        raise SourceError(
            f"the images in {text} are {found.flaw}, and int8 calibrated on them would be "
            "worthless; give real ones with --calibration"
        )
    wanted = FEWEST if options.samples is None else count
    if not frames or (len(frames) < wanted and not weak):
        raise SourceError(_too_few(text, len(frames), wanted, different))
    if not weak:
        check_useful(text, found, different.copies, FEWEST)
    manifest = _manifest(text, images, options.seed, different)
    flaw = found.flaw
    if found.useful < FEWEST:
        only = f"only {counted(len(images), 'image')}"
        if found.lost() and not flaw:
            only += f", {' and '.join(found.lost())}"
        flaw = f"{flaw}, and only {len(images)}" if flaw else only
    return Calibration(
        images,
        {**manifest, "weak": flaw} if flaw else manifest,
        tuple(_name(text, frame) for frame in frames),
        (*_notes(different.copies, found.lost()), *source_notes),
    )


def _too_few(text: str, have: int, wanted: int, different: DifferentFrames) -> str:
    """Return the error for a source with fewer images than are wanted."""
    beside = f" beside the {different.excluded} it is scored on" if different.excluded else ""
    kind, copies = "images", ""
    if different.copies:
        kind = "different image" if have == 1 else "different images"
        copies = (
            f" ({different.copies} more {'is a copy' if different.copies == 1 else 'are copies'})"
        )
    return (
        f"{text} has only {have} {kind}{copies}{beside}, but calibration needs {wanted}; "
        f"give more with --calibration{_way_with(have)}"
    )


def _notes(copies: int, lost: list[str]) -> tuple[str, ...]:
    """Return what is said of a set that is good enough all the same."""
    left = (
        f"{copies} {'image is a copy of another' if copies == 1 else 'images are copies of others'}"
    )
    texts = [f"calibration: {left}, counted once"] if copies else []
    if lost:
        texts.append(f"calibration: of the images, {' and '.join(lost)}")
    return tuple(texts)


def _name(text: str, frame: Frame) -> str:
    """Return how errors name an image: by its file, or its position in a source without names."""
    return frame.name if Path(frame.name).suffix else f"image {frame.name} of {Path(text).name}"


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


def _choose_randomly(frames: DifferentFrames, count: int, seed: int) -> list[Frame]:
    """Return random frames in one pass, in their order.

    Source: Vitter, "Random sampling with a reservoir", algorithm R.
    """
    draw = np.random.default_rng(seed)
    chosen: list[Frame] = []
    for seen, frame in enumerate(frames, start=1):
        if len(chosen) < count:
            chosen.append(frame)
        elif (place := int(draw.integers(seen))) < count:
            chosen[place] = frame
    return sorted(chosen, key=lambda frame: frame.index)


def _spread_evenly(frames: DifferentFrames, count: int) -> list[Frame]:
    """Return the middles of equal parts of a video.

    It takes two passes, since the length of a video is an estimate.
    """
    usable = [frame.index for frame in frames]
    places = (np.arange(count) + 0.5) * len(usable) / count
    chosen = {usable[int(place)] for place in places} if usable else set()
    return [frame for frame in frames if frame.index in chosen]


def _manifest(
    text: str, images: tuple[Image, ...], seed: int, different: DifferentFrames
) -> dict[str, Any]:
    digest = hashlib.sha256()
    for image in images:
        digest.update(image.tobytes())
    copies = {"copies_left_out": different.copies} if different.copies else {}
    return {
        "pictures": len(images),
        "from": Path(text).name,
        "seed": seed,
        "sha256": digest.hexdigest(),
        "left_out_because_scored": different.excluded,
        **copies,
    }
