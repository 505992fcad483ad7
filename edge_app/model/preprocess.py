"""Turn a picture into the network's input, straight into its memory."""

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
    """Resize, reorder and scale pictures for one input tensor.

    Every pixel value has one value in the tensor, so scaling and quantizing are one table
    of 256 entries per channel, made once by `TensorInfo.quantize`. Where the table changes
    nothing (a uint8 model that takes pixels as they are) no pass over the picture is made.

    Raises ModelError where the card and the tensor do not fit each other.
    """

    def __init__(self, given: InputSpec, tensor: TensorInfo) -> None:
        width, height = given.size_wh
        depth = 1 if given.channels == "gray" else 3
        shapes = {(1, height, width, depth)} | ({(1, height, width)} if depth == 1 else set())
        if tensor.shape not in shapes:
            raise ModelError(
                f"the card says {width}x{height} {given.channels}, but the file's input is "
                f"{_sizes(tensor.shape)}; mend the card's input or convert the model anew"
            )
        self._given = given
        self._gray = given.channels == "gray"
        self._table = _table(given, tensor, depth)
        self._flip = given.channels == "rgb"
        self._padding = tuple(float(np.broadcast_to(given.mean, depth)[c]) for c in range(depth))
        self._as_is = tensor.dtype == np.uint8 and _keeps_pixels(given, tensor)

    def fill(self, image: Image, into: NDArray[Any]) -> None:
        """Write a picture into the input tensor.

        image: uint8 (H, W, 3) BGR, any size.
        into: the tensor without its batch axis, (h, w) or (h, w, C), overwritten whole.
        """
        if self._gray:
            picture = self._fit(_as_gray(image))
            if into.ndim == 3:
                into = into[:, :, 0]
            if self._as_is:
                into[:] = picture
            else:
                self._table.take(picture, out=into, mode="clip")
            return
        picture = self._fit(image)
        if not self._as_is:
            if self._flip:
                picture = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
            # cv2.LUT works on 8-bit tables as raw bytes, so int8 tensors pass as uint8.
            target = into.view(np.uint8) if into.dtype == np.int8 else into
            cv2.LUT(picture, self._table, dst=target)
        elif self._flip:
            cv2.cvtColor(picture, cv2.COLOR_BGR2RGB, dst=into)
        else:
            into[:] = picture

    def fill_all(self, images: Sequence[Image], into: NDArray[Any]) -> None:
        """Write several pictures: `into` has one more axis in front, one place a picture."""
        width, height = self._given.size_wh
        if not self._gray or {image.shape for image in images} != {(height, width, 3)}:
            for image, place in zip(images, into, strict=True):
                self.fill(image, place)
            return
        grays = np.empty((len(images), height, width), np.uint8)
        for place, image in enumerate(images):
            grays[place] = _as_gray(image)
        self._table.take(grays, out=into.reshape(grays.shape), mode="clip")

    def _fit(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Bring a picture to the input's size, stretched or with borders."""
        size_wh = self._given.size_wh
        height, width = picture.shape[:2]
        if (width, height) == size_wh:
            return picture
        x, y, w, h = self._given.placement((width, height))
        small = np.asarray(cv2.resize(picture, (w, h), interpolation=cv2.INTER_LINEAR), np.uint8)
        if (w, h) == size_wh:
            return small
        right, bottom = size_wh[0] - x - w, size_wh[1] - y - h
        order = self._padding[::-1] if self._flip else self._padding
        return np.asarray(
            cv2.copyMakeBorder(small, y, bottom, x, right, cv2.BORDER_CONSTANT, value=order),
            np.uint8,
        )


def _as_gray(image: Image) -> NDArray[np.uint8]:
    """Return one channel; a picture whose channels share memory is gray already."""
    if image.strides[2] == 0:
        return image[:, :, 0]
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def _keeps_pixels(given: InputSpec, tensor: TensorInfo) -> bool:
    """Tell whether a pixel itself is a nearest value of a uint8 tensor to what it stands for.

    With the usual mean of 127.5 every pixel lies half-way between two values, since a zero
    point is whole; rounding to even would merge 127 with 128 and never use 255.
    """
    pixels = np.arange(256, dtype=np.float64)[:, None]
    real = (pixels - np.asarray(given.mean)) / np.asarray(given.std)
    scale, zero_point = (tensor.scale, tensor.zero_point) if tensor.quantized else (1.0, 0)
    return bool(np.abs(real / scale + zero_point - pixels).max() < 0.501)


def _table(given: InputSpec, tensor: TensorInfo, depth: int) -> NDArray[Any]:
    """Return the tensor's value for every pixel value: (256,) gray, or (256, 1, 3) for cv2.LUT."""
    pixels = np.arange(256, dtype=np.float64)[:, None]
    mean = np.broadcast_to(np.asarray(given.mean, np.float64), depth)
    std = np.broadcast_to(np.asarray(given.std, np.float64), depth)
    values = tensor.quantize((pixels - mean) / std)
    if depth == 1:
        return values.ravel()
    table = np.ascontiguousarray(values.reshape(256, 1, depth))
    return table.view(np.uint8) if table.dtype == np.int8 else table


def _sizes(shape: tuple[int, ...]) -> str:
    return "x".join(str(side) for side in shape)
