"""A model of any kind of file, ready to be converted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge_app.errors import ModelError, UsageError
from edge_app.input_file import check_is_file
from edge_app.model.card import ModelSpec
from host_tools.models.layout import layout_shape, nhwc_shape

# Of TFLite and of absl's log, which say nothing about an error.
_GREETING = re.compile(r"(INFO|WARNING|VERBOSE):|[IW]\d{4} ")


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Options for reading a model; None is read from the file.

    size_wh: the input size. input_tensor: a node of a frozen graph. output_tensor: name or number
        of an output. layout: of the input, nhwc or nchw.
    trust_code: load files that may run code of their authors.
    """

    size_wh: tuple[int, int] | None = None
    input_tensor: str | None = None
    output_tensor: str | None = None
    layout: str | None = None
    trust_code: bool = False


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that is ready to be converted.

    kind: the kind of file, for texts. shape: of the image, (1, H, W) or (1, H, W, C).
    layout: of the input in the files to be made; "nchw" only where a .tflite file keeps it.
    sha256: of the weights, or of the file if that is equivalent.
    saved: a SavedModel with one fixed input for TensorFlow's converter; None for a .tflite file.
    float32: the bytes of a .tflite file, else None.
    mean, std, channels: the preprocessing found in the model, else None.
    notes: the reader's decisions, for the card.
    card: the model card that lists a .tflite file; None if there is none.
    """

    kind: str
    shape: tuple[int, ...]
    sha256: str
    saved: Path | None = None
    float32: bytes | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    channels: str | None = None
    layout: str = "nhwc"
    notes: Mapping[str, Any] = field(default_factory=dict)
    card: ModelSpec | None = None

    @property
    def tensor_shape(self) -> tuple[int, ...]:
        """The shape of the input in the files to be made."""
        return layout_shape(self.shape, self.layout)


def fixed_shape(
    given: tuple[int | None, ...], size_wh: tuple[int, int] | None, layout: str = "nhwc"
) -> tuple[int, ...]:
    """Return an image input's shape with a batch of one: (1, H, W), (1, H, W, C) or (1, C, H, W).

    given: the shape in the model, with None for each open side. size_wh: replaces open sides.
    Raises ModelError if that is no image of fixed size, and UsageError if the model has another
    size than size_wh.
    """
    shape = tuple(given)
    last = nhwc_shape(shape, layout)
    depth = last[3] if len(shape) == 4 else 1
    if len(shape) not in {3, 4} or depth not in {1, 3} or shape[0] not in {None, 1}:
        raise ModelError(
            f"the model's input is {shape}; it must be (batch, height, width[, 1 or 3]) or "
            "(batch, 1 or 3, height, width), with a batch of one"
        )
    sides = last[1:3]
    if size_wh is not None:
        wanted = size_wh[::-1]
        if any(have not in {None, want} for have, want in zip(sides, wanted, strict=True)):
            raise UsageError(
                f"the model's input is {sides[1]}x{sides[0]} and cannot be "
                f"{size_wh[0]}x{size_wh[1]}; leave out --input-size, or build the model again "
                "for that size (only frozen graphs are rebuilt here)"
            )
        sides = wanted
    if None in sides:
        raise ModelError(
            f"the model's input is {shape}; give it a fixed height and width with --input-size WxH"
        )
    height, width = (int(side or 0) for side in sides)
    if len(shape) == 3:
        return (1, height, width)
    return layout_shape((1, height, width, int(depth or 0)), layout)


def read_model_file(path: Path) -> bytes:
    """Return the content of a model file; raise ModelError if it cannot be read."""
    check_is_file(path, ModelError)
    try:
        return path.read_bytes()
    except OSError as fault:
        raise ModelError(f"{path} cannot be read ({fault.strerror}); check the path") from None


def one_line(fault: object, *native: str) -> str:
    """Return a message of TensorFlow, often a page long, as one line of at most 300 characters.

    native: what native code wrote meanwhile, of which greetings are left out.
    """
    said = (line for line in native if not _GREETING.match(line))
    return " ".join(" ".join((str(fault), *said)).split())[:300]
