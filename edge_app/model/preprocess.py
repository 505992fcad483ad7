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
        shapes = {(1, height, width, depth)} | ({(1, height, width)} if depth == 1 else set())
        if tensor.shape not in shapes:
            raise ModelError(
                f"the card says {width}x{height} {spec.channels}, but the file's input is "
                f"{tensor.size_text}; correct the card's input or convert the model again"
            )
        self._input = spec
        self._gray = spec.channels == "gray"
        self._table = _table(spec, tensor, depth)
        self._to_rgb = spec.channels == "rgb"
        self._padding = tuple(float(np.broadcast_to(spec.mean, depth)[c]) for c in range(depth))
        self._as_is = tensor.dtype == np.uint8 and _keeps_pixels(spec, tensor)

    def fill(self, image: Image, into: NDArray[Any]) -> None:
        """Write an image into the input tensor.

        image: uint8 (H, W, 3) BGR, of any size.
        into: the tensor without its batch axis, (h, w) or (h, w, C) in its own dtype, overwritten.
        """
        if self._gray:
            scaled = self._fit(_as_gray(image))
            if into.ndim == 3:
                into = into[:, :, 0]
            if self._as_is:
                into[:] = scaled
            else:
                self._table.take(scaled, out=into, mode="clip")
            return
        scaled = self._fit(image)
        if not self._as_is:
            if self._to_rgb:
                scaled = np.asarray(cv2.cvtColor(scaled, cv2.COLOR_BGR2RGB), np.uint8)
            # cv2.LUT works on 8-bit tables as raw bytes, so int8 tensors pass as uint8.
            target = into.view(np.uint8) if into.dtype == np.int8 else into
            cv2.LUT(scaled, self._table, dst=target)
        elif self._to_rgb:
            cv2.cvtColor(scaled, cv2.COLOR_BGR2RGB, dst=into)
        else:
            into[:] = scaled

    def fill_all(self, images: Sequence[Image], into: NDArray[Any]) -> None:
        """Write N images into an array (N, h, w) or (N, h, w, C) of the tensor's dtype."""
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


def _table(spec: InputSpec, tensor: TensorInfo, depth: int) -> NDArray[Any]:
    """Return the tensor value of each pixel value: (256,) for gray, else (256, 1, 3) for cv2.LUT.

    int8 values are returned as the uint8 with the same bits, which cv2.LUT needs.
    """
    real = (np.arange(256.0)[:, None] - spec.mean) / spec.std
    values = tensor.quantize(np.broadcast_to(real, (256, depth)))
    if depth == 1:
        return values.ravel()
    table = np.ascontiguousarray(values.reshape(256, 1, depth))
    return table.view(np.uint8) if table.dtype == np.int8 else table
