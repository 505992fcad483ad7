"""The two variants of a model that are compared, and images as their input."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError, SourceError, UsageError
from edge_app.frame import Image
from edge_app.model.card import InputSpec, TensorInfo
from edge_app.model.catalog import resolve_model_folder
from edge_app.model.inferred.value_ranges import usual_scaling
from edge_app.model.preprocess import Preprocess
from edge_app.sources.factory import open_source
from host_tools.models.loaded_model import read_model_file
from host_tools.tflite.intermediate import GraphRunner


@dataclass(frozen=True, slots=True)
class ModelPair:
    """The float32 and the int8 file of one model, and how images become their input."""

    title: str
    float32: bytes
    int8: bytes
    input: InputSpec

    def tensors(self, images: list[Image]) -> Iterator[NDArray[np.float32]]:
        """Yield each image, uint8 (H, W, 3) BGR, as float32 of the input's shape."""
        shape = GraphRunner(self.float32, inner=False).input.shape
        prepare = Preprocess(self.input, TensorInfo("image", shape, np.dtype(np.float32)))
        for image in images:
            tensor = np.empty(shape, np.float32)
            prepare.fill(image, tensor[0])
            yield tensor


@dataclass(frozen=True, slots=True)
class InputScaling:
    """Mean, std and channel order of an input; None takes the usual ones."""

    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    channels: str | None = None

    def spec(self, size_wh: tuple[int, int], *, gray: bool = False) -> InputSpec:
        """Return the input of a size; raise UsageError if mean and std do not fit it."""
        mean, std = usual_scaling(1 if gray else 3)
        try:
            return InputSpec(
                size_wh=size_wh,
                channels="gray" if gray else self.channels or "rgb",
                mean=self.mean or mean,
                std=self.std or std,
            )
        except ValueError as fault:
            raise UsageError(f"--mean and --std do not fit: {fault}") from None


def pair_of_model(name: str, scaling: InputScaling) -> ModelPair:
    """Read float32 and int8 of a shipped model or model folder; a mean given replaces the card's.

    Raises ModelError.
    """
    card = resolve_model_folder(name, otherwise=", or two files: --float32 FILE --int8 FILE")
    float32, int8 = (read_model_file(card.variant(name).path) for name in ("float32", "int8"))
    taken = card.input if scaling.mean is None else scaling.spec(card.input.size_wh)
    return ModelPair(card.title, float32, int8, taken)


def pair_of_files(float32: Path, int8: Path, scaling: InputScaling) -> ModelPair:
    """Read two .tflite files without a card."""
    content = read_model_file(float32)
    shape = GraphRunner(content, inner=False).input.shape
    if len(shape) not in {3, 4}:
        raise ModelError(f"the input of {float32} is {shape}, not an image; name another model")
    taken = scaling.spec((shape[2], shape[1]), gray=len(shape) == 3 or shape[3] == 1)
    return ModelPair(int8.stem, content, read_model_file(int8), taken)


def spread_images(text: str, most: int) -> list[Image]:
    """Return up to `most` images spread evenly over a source; raise SourceError for none."""
    with open_source(text) as source:
        every = max(1, (source.frame_count or 0) // most)
        images = []
        for frame in source:
            if frame.index % every == 0:
                images.append(frame.image)
            if len(images) == most:
                break
    if not images:
        raise SourceError(f"no image in {text}; name another source with --images")
    return images
