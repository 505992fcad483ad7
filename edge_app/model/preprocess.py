"""From an image to the network's input, written directly into the tensor's memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.frame import Image
from edge_app.model.card import InputSpec, TensorInfo

# Types of the same size for what cv2.LUT does not take in every version.
_BITS: dict[np.dtype[Any], np.dtype[Any]] = {
    np.dtype(np.int8): np.dtype(np.uint8),
    np.dtype(np.float16): np.dtype(np.int16),
}


class Preprocess:
    """Resizing, channel order, scaling and quantization for one input tensor.

    A pixel value always gives the same tensor value, so scaling and quantization are one table
    of 256 entries per channel, computed once by `TensorInfo.quantize`. If the table changes
    nothing (a uint8 model that takes pixels as they are), it is not applied.

    Raises ModelError if the card and the tensor do not fit each other.
    """

    def __init__(self, spec: InputSpec, tensor: TensorInfo) -> None:
        width, height = spec.size_wh
        depth = 1 if spec.channels == "gray" else 3
        if tensor.shape not in _shapes(spec, depth):
            layout = "" if spec.layout == "nhwc" else f" {spec.layout.upper()}"
            raise ModelError(
                f"the card says {width}x{height} {spec.channels}{layout}, but the file's input is "
                f"{tensor.size_text}; correct the card's input or convert the model again"
            )
        self._input = spec
        self._gray = spec.channels == "gray"
        self._planar = not self._gray and spec.layout == "nchw"
        self._plane = 0 if tensor.shape[1:] == (1, height, width) else np.s_[:, :, 0]
        self._as_is = tensor.dtype == np.uint8 and _keeps_pixels(spec, tensor)
        self._table = _table(spec, tensor, depth, self._as_is)
        # cv2.LUT does not know all types, but passes on any bytes.
        self._bits = _BITS.get(tensor.dtype, tensor.dtype)
        self._to_rgb = spec.channels == "rgb"
        self._padding = tuple(float(np.broadcast_to(spec.mean, depth)[c]) for c in range(depth))

    def fill(self, image: Image, into: NDArray[Any]) -> None:
        """Write an image into the input tensor.

        image: uint8 (H, W, 3) BGR, of any size.
        into: the tensor without its batch axis, (h, w), (h, w, C) or (C, h, w) in its own dtype,
            overwritten.
        """
        if self._gray:
            scaled = self._fit(_as_gray(image))
            if into.ndim == 3:
                into = into[self._plane]
            if self._as_is:
                into[:] = scaled
            else:
                self._table.take(scaled, out=into, mode="clip")
            return
        scaled = self._fit(image)
        if self._planar:
            # Split first: bytes are moved faster than what they become.
            planes = cv2.split(scaled)
            order = reversed(planes) if self._to_rgb else planes
            for plane, table, target in zip(order, self._table, into, strict=True):
                cv2.LUT(plane, table, dst=target.view(self._bits))
        elif not self._as_is:
            if self._to_rgb:
                scaled = np.asarray(cv2.cvtColor(scaled, cv2.COLOR_BGR2RGB), np.uint8)
            cv2.LUT(scaled, self._table, dst=into.view(self._bits))
        elif self._to_rgb:
            cv2.cvtColor(scaled, cv2.COLOR_BGR2RGB, dst=into)
        else:
            into[:] = scaled

    def fill_all(self, images: Sequence[Image], into: NDArray[Any]) -> None:
        """Write N images into an array (N, ...) of the tensor's shape and dtype."""
        width, height = self._input.size_wh
        if not self._gray or {image.shape for image in images} != {(height, width, 3)}:
            for image, target in zip(images, into, strict=True):
                self.fill(image, target)
            return
        grays = np.empty((len(images), height, width), np.uint8)
        for index, image in enumerate(images):
            grays[index] = _as_gray(image)
        self._table.take(grays, out=into.reshape(grays.shape), mode="clip")

    def _fit(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return an image at the input's size: (h, w) or (h, w, 3), stretched or letterboxed."""
        size_wh = self._input.size_wh
        height, width = pixels.shape[:2]
        if (width, height) == size_wh:
            return pixels
        x, y, w, h = self._input.placement((width, height))
        small = np.asarray(cv2.resize(pixels, (w, h), interpolation=cv2.INTER_LINEAR), np.uint8)
        if (w, h) == size_wh:
            return small
        right, bottom = size_wh[0] - x - w, size_wh[1] - y - h
        order = self._padding[::-1] if self._to_rgb else self._padding
        return np.asarray(
            cv2.copyMakeBorder(small, y, bottom, x, right, cv2.BORDER_CONSTANT, value=order),
            np.uint8,
        )


def _as_gray(image: Image) -> NDArray[np.uint8]:
    """Return uint8 (H, W); three channels that share memory are gray already."""
    if image.strides[2] == 0:
        return image[:, :, 0]
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def _keeps_pixels(spec: InputSpec, tensor: TensorInfo) -> bool:
    """Return whether a uint8 tensor can take pixels unchanged, to half a quantization step.

    With the usual mean of 127.5 every pixel lies half-way between two steps, since a zero
    point is an integer; rounding to even would merge 127 with 128 and never use 255.
    """
    pixels = np.arange(256.0)[:, None]
    real = (pixels - spec.mean) / spec.std
    scale, zero_point = (tensor.scale, tensor.zero_point) if tensor.quantized else (1.0, 0)
    return bool(np.abs(real / scale + zero_point - pixels).max() < 0.501)


def _shapes(spec: InputSpec, depth: int) -> set[tuple[int, ...]]:
    """Return the shapes of a tensor that takes images as described."""
    width, height = spec.size_wh
    if depth == 1:  # the bytes lie the same way in all of them
        return {(1, height, width), (1, height, width, 1), (1, 1, height, width)}
    return {(1, depth, height, width) if spec.layout == "nchw" else (1, height, width, depth)}


def _table(spec: InputSpec, tensor: TensorInfo, depth: int, as_is: bool) -> NDArray[Any]:
    """Return the tensor value of each pixel value.

    (256,) for gray; for cv2.LUT (256, 1, 3), or (3, 256) if the channels are planes, in a type
    that it knows. as_is: whether the tensor takes pixels unchanged.
    """
    pixels = np.arange(256.0)[:, None]
    real = (pixels - spec.mean) / spec.std
    values = tensor.quantize(np.broadcast_to(real, (256, depth)))
    if as_is:
        values = np.broadcast_to(pixels.astype(np.uint8), (256, depth))
    if depth == 1:
        return np.ascontiguousarray(values.ravel())
    planar = spec.layout == "nchw"
    table = np.ascontiguousarray(values.T if planar else values.reshape(256, 1, depth))
    return np.asarray(table.view(_BITS.get(table.dtype, table.dtype)))
