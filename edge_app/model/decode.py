"""From the network's output to a class map or a class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import repeat
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.frame import Classification, ClassMap, Decoded, Segmentation
from edge_app.labels import VOID
from edge_app.model.card import InputSpec, TensorInfo
from edge_app.model.output_form import output_form, threshold_in
from edge_app.model.output_spec import USUAL_OUTPUT, OutputSpec
from edge_app.upsample.exact import upsampled_classes


class Decoder:
    """Decoding of one output tensor: class scores, per-pixel logits, or per-pixel class ids.

    task: "classification" or "segmentation". classes: size of the label set.
    Raises ModelError if the tensor does not fit the task or the number of classes.
    """

    def __init__(
        self,
        task: str,
        classes: int,
        spec: InputSpec,
        tensor: TensorInfo,
        output: OutputSpec = USUAL_OUTPUT,
    ) -> None:
        form = output_form(task, classes, spec, tensor, output)
        if task == "segmentation" and (form.classes or 0) > VOID:
            raise ModelError(
                f"its output {tensor.size_text} has {form.classes} numbers for each place, and a "
                f"class map holds at most {VOID} classes: they are features of an image, for "
                "another network; give it a classifier or a segmenter"
            )
        if task == "segmentation" and classes > VOID:
            raise ModelError(
                f"a class map holds at most {VOID} classes, the label set has {classes}; "
                "name another one with --labels"
            )
        if form.kind in {"binary", "mask"} and classes == 1:
            raise ModelError(
                "one channel is for two classes, and the label set has one; name both with "
                "--labels, what is not the object first"
            )
        if form.classes not in {None, classes}:
            what = "scores" if form.kind not in {"binary", "mask"} else "has one channel for"
            raise ModelError(
                f"it {what} {form.classes} classes, but the label set has {classes}; "
                "name the right one with --labels"
            )
        self._input = spec
        self._tensor = tensor
        self._is_real = tensor.dtype == np.float32
        self._classes = classes
        self._form = form.kind
        self._arrange = form.arrange
        self._activation = output.activation
        self._threshold = np.float32(threshold_in(tensor, output))

    def decode(self, output: NDArray[Any], frame_wh: tuple[int, int]) -> Decoded:
        """Return the class of an image, or its class map at the network's resolution.

        output: of the tensor's shape and dtype. A Segmentation keeps a view of the logits, so
            pass a copy.
        frame_wh: size of the image in pixels, needed to cut off letterbox borders.
        """
        if self._arrange is not None:
            output = self._arrange(output)
        if self._form == "scores":
            logits = output[0]
            real = logits if self._is_real else self._tensor.dequantize(logits)
            return Classification(int(logits.argmax()), real, self._activation)
        if self._form == "ids":
            ids = output[0]
            # astype keeps the low byte; ids outside the label set become void. Read as unsigned,
            # negative ids are the largest numbers, so one maximum finds both kinds.
            class_map = ids.astype(np.uint8)
            if int(ids.view(f"u{ids.itemsize}").max(initial=0)) >= self._classes:
                class_map[(ids >= self._classes) | (ids < 0)] = VOID
            return Segmentation(self._cut(class_map, frame_wh))
        if self._form == "mask":
            return self._two_classes(self._cut(output[0], frame_wh))
        if self._form == "logits":
            logits = self._cut(output[0], frame_wh)
            # The whole tensor has one scale, so quantized logits can be compared directly.
            return Segmentation(logits.argmax(axis=-1).astype(np.uint8), logits)
        return self._single(output)

    def decode_all(
        self, outputs: NDArray[Any], frames_wh: Sequence[tuple[int, int]]
    ) -> list[Decoded]:
        """Decode N outputs, an array (N, ...), as `decode` does."""
        if self._form == "scores":
            if self._arrange is not None:
                outputs = self._arrange(outputs)
            logits = self._tensor.dequantize(outputs)
            ids = outputs.argmax(axis=1).tolist()
            return list(map(Classification, ids, logits, repeat(self._activation)))
        pairs = zip(outputs, frames_wh, strict=True)
        return [self.decode(output[None], frame_wh) for output, frame_wh in pairs]

    def _two_classes(self, values: NDArray[Any]) -> Segmentation:
        """Return a mask of one channel, (h, w) in the tensor's dtype, as that of two classes.

        The logits are 0 and the distance to the threshold: resized, the larger one is still the
        class on whose side the resized value lies.
        """
        lead = np.subtract(values, self._threshold, dtype=np.float32)
        logits = np.zeros((*lead.shape, 2), np.float32)
        logits[:, :, 1] = lead
        return Segmentation((lead > 0).view(np.uint8), logits)

    def _single(self, output: NDArray[Any]) -> Classification:
        """Return the class of a classifier with one number, (1, 1) in the tensor's dtype."""
        value = float(self._tensor.dequantize(output)[0, 0])
        if self._form == "binary":
            is_second = output[0, 0] > self._threshold
            share = _sigmoid(value) if self._activation == "logits" else value
            scores = np.array([1 - share, share], np.float32)
            return Classification(int(is_second), scores, "probabilities")
        if not -0.5 <= value < self._classes - 0.5:  # or it is not a number
            raise ModelError(
                f"the network answers with class {value:g}, but the label set has "
                f"{self._classes}; name the right one with --labels"
            )
        scores = np.zeros(self._classes, np.float32)
        scores[round(value)] = 1
        return Classification(round(value), scores, "probabilities")

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


def _sigmoid(logit: float) -> float:
    power = math.exp(-abs(logit))  # at most 1, so it does not overflow
    return (1 if logit >= 0 else power) / (1 + power)
