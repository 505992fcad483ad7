"""Positions of pixel centres on a grid that is resized, as `cv2.resize` aligns them."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Position = TypeVar("Position", float, NDArray[np.float64])


def node_at_pixel(pixel: Position, nodes: int, pixels: int) -> Position:
    """Return where a pixel's centre lies between the centres of an axis's nodes."""
    return (pixel + 0.5) * nodes / pixels - 0.5


def pixel_at_node(node: Position, nodes: int, pixels: int) -> Position:
    """Return where a node's centre lies between the centres of an axis's pixels."""
    return (node + 0.5) * pixels / nodes - 0.5
