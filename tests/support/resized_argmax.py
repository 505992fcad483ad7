"""The argmax of upsampled logits as its definition reads: the oracle of both upsamplers."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def resized_logits(logits: NDArray[Any], size_wh: tuple[int, int]) -> NDArray[np.float32]:
    """Return all logits upsampled linearly: float32 (H, W, C)."""
    resized = cv2.resize(logits.astype(np.float32), size_wh, interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, np.float32)


def resized_argmax(logits: NDArray[Any], size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the best class of the upsampled logits: uint8 (H, W)."""
    return np.asarray(resized_logits(logits, size_wh).argmax(-1), np.uint8)
