"""From the network's output to a class map or a class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.frame import Classification, ClassMap, Decoded, Segmentation
from edge_app.labels import VOID
from edge_app.model.card import InputSpec, TensorInfo
from edge_app.upsample.exact import upsampled_classes


class Decoder:
    """Decoding of one output tensor: class scores, per-pixel logits, or per-pixel class ids.

    task: "classification" or "segmentation". classes: size of the label set.
    Raises ModelError if the tensor does not fit the task or the number of classes.
    """

    def __init__(self, task: str, classes: int, spec: InputSpec, tensor: TensorInfo) -> None:
        self._input = spec
        self._tensor = tensor
        self._classes = classes
        shape = tensor.shape
        is_map = len(shape) == 3 or (len(shape) == 4 and shape[3] == 1)
        if task == "classification":
            if len(shape) != 2 or shape[0] != 1:
                raise ModelError(
                    f"its output is {tensor.size_text}, a classifier gives 1xC; "
                    "try --task segmentation"
                )
            _check_channels(shape[1], classes)
            self._form = "scores"
        elif classes > VOID:
            raise ModelError(
                f"a class map holds at most {VOID} classes, the label set has {classes}; "
                "name another one with --labels"
            )
        elif tensor.dtype.kind in "iu" and not tensor.quantized and is_map:
            self._form = "ids"
        elif len(shape) == 4 and shape[0] == 1:
            _check_channels(shape[3], classes)
            self._form = "logits"
        else:
            raise ModelError(
                f"its output is {tensor.size_text} {tensor.dtype}, a segmenter gives 1xHxWxC "
                "logits or 1xHxW class ids; try --task classification"
            )

    def decode(self, output: NDArray[Any], frame_wh: tuple[int, int]) -> Decoded:
        """Return the class of an image, or its class map at the network's resolution.

        output: scores (1, C), logits (1, h, w, C), or class ids (1, h, w) or (1, h, w, 1), in the
            tensor's dtype. A Segmentation keeps a view of the logits, so pass a copy.
        frame_wh: size of the image in pixels, needed to cut off letterbox borders.
        """
        if self._form == "scores":
            logits = output[0]
            return Classification(int(logits.argmax()), self._tensor.dequantize(logits))
        if self._form == "ids":
            ids = output.reshape(output.shape[1:3])
            # astype keeps the low byte; ids outside the label set become void. Read as unsigned,
            # negative ids are the largest numbers, so one maximum finds both kinds.
            class_map = ids.astype(np.uint8)
            if int(ids.view(f"u{ids.itemsize}").max(initial=0)) >= self._classes:
                class_map[(ids >= self._classes) | (ids < 0)] = VOID
            return Segmentation(self._cut(class_map, frame_wh))
        logits = self._cut(output[0], frame_wh)
        # The whole tensor has one scale, so quantized logits can be compared directly.
        return Segmentation(logits.argmax(axis=-1).astype(np.uint8), logits)

    def decode_all(
        self, outputs: NDArray[Any], frames_wh: Sequence[tuple[int, int]]
    ) -> list[Decoded]:
        """Decode N outputs as `decode` does: (N, C), (N, h, w, C) or (N, h, w)."""
        if self._form == "scores":
            logits = self._tensor.dequantize(outputs)
            ids = outputs.argmax(axis=1).tolist()
            return [Classification(*pair) for pair in zip(ids, logits, strict=True)]
        pairs = zip(outputs, frames_wh, strict=True)
        return [self.decode(output[None], frame_wh) for output, frame_wh in pairs]

    def _cut(self, grid: NDArray[Any], frame_wh: tuple[int, int]) -> NDArray[Any]:
        """Return the part of an output grid, (h, w) or (h, w, C), that shows the image."""
        if self._input.fit == "stretch":
            return grid
        x, y, w, h = self._input.placement(frame_wh)
        rows, columns = grid.shape[:2]
        width, height = self._input.size_wh
        top, left = round(y * rows / height), round(x * columns / width)
        bottom = max(top + 1, round((y + h) * rows / height))
        right = max(left + 1, round((x + w) * columns / width))
        return grid[top:bottom, left:right]


def classes_at(result: Segmentation, size_wh: tuple[int, int]) -> ClassMap:
    """Return the class map at another size, as scores need it: uint8 (H, W) trainIds.

    The argmax of bilinearly resized logits, as in DeepLab's export; class ids without logits
    are resized to the nearest neighbour.
    """
    height, width = result.class_map.shape
    if (width, height) == size_wh:
        return result.class_map
    if result.logits is None:
        resized = cv2.resize(result.class_map, size_wh, interpolation=cv2.INTER_NEAREST_EXACT)
        return np.asarray(resized, np.uint8)
    return upsampled_classes(result.class_map, result.logits, size_wh)


def _check_channels(channels: int, classes: int) -> None:
    if channels != classes:
        raise ModelError(
            f"it scores {channels} classes, but the label set has {classes}; "
            "name the right one with --labels"
        )
