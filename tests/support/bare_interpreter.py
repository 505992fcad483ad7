"""A network run without this project: a bare interpreter, pre- and postprocessing by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.model.card import InputSpec
from edge_app.model.interpreter.runtimes import load_runtime


def bare_outputs(path: Path, image: NDArray[np.uint8], given: InputSpec) -> list[NDArray[Any]]:
    """Return all outputs for an image, as real numbers where they are quantized.

    image: uint8 (H, W, 3) BGR, stretched to the input. given: as the network was trained.
    """
    native = load_runtime().make(model_path=str(path), num_threads=1)
    native.allocate_tensors()
    taken = native.get_input_details()[0]
    pixels = cv2.resize(image, given.size_wh, interpolation=cv2.INTER_LINEAR)
    ordered = pixels[:, :, ::-1] if given.channels == "rgb" else pixels
    real: NDArray[Any] = (ordered.astype(np.float64) - np.array(given.mean)) / np.array(given.std)
    if given.layout == "nchw":
        real = real.transpose(2, 0, 1)
    native.set_tensor(taken["index"], _as_stored(real, taken).reshape(taken["shape"]))
    native.invoke()
    return [_as_real(native.get_tensor(one["index"]), one) for one in native.get_output_details()]


def _as_stored(real: NDArray[Any], detail: dict[str, Any]) -> NDArray[Any]:
    dtype, (scale, zero_point) = np.dtype(detail["dtype"]), detail["quantization"]
    if dtype.kind == "f":
        return real.astype(dtype)
    limits = np.iinfo(dtype)
    steps = np.round(real / (scale or 1)) + zero_point
    return np.asarray(np.clip(steps, limits.min, limits.max), dtype)


def _as_real(values: NDArray[Any], detail: dict[str, Any]) -> NDArray[Any]:
    scale, zero_point = detail["quantization"]
    if not scale:
        return values
    return np.asarray((values.astype(np.float32) - zero_point) * np.float32(scale), np.float32)
