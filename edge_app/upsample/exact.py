"""Argmax of bilinearly upsampled logits, computed only where the class changes.

Between two nodes of the grid every logit is linear, so their maximum is convex. If both nodes
have the same best class, it is best all the way between them. If they differ, a third class can
win in between only if it does so where the two cross. Most of an image needs no arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.frame import ClassMap

_Indices = NDArray[np.intp]


def upsampled_classes(
    class_map: ClassMap, logits: NDArray[Any], size_wh: tuple[int, int]
) -> ClassMap:
    """Return the argmax of logits that `cv2.resize` would upsample linearly: uint8 (H, W).

    class_map: uint8 (h, w), the argmax of the logits. logits: (h, w, C) of any dtype.
    The lowest class wins a tie. Where two classes differ by no more than the last digits of a
    float32, either may win.
    """
    across = _Axis.of(logits.shape[1], size_wh[0])
    down = _Axis.of(logits.shape[0], size_wh[1])

    flat = logits.reshape(-1, logits.shape[2])
    width = logits.shape[1]

    def at_node(columns: _Indices, rows: _Indices) -> NDArray[Any]:
        return np.asarray(np.take(flat, rows * width + columns, axis=0))

    def at_row(rows: _Indices, pixels: _Indices) -> NDArray[Any]:
        columns, share = across.node[pixels], across.share[pixels, None]
        # Where there is no next column the share is 0.
        following = np.minimum(columns + 1, width - 1)
        return at_node(columns, rows) * (1 - share) + at_node(following, rows) * share

    with np.errstate(invalid="ignore"):  # a broken network may return infinity or NaN
        wide = _upsample_axis(np.ascontiguousarray(class_map.T), across, at_node)
        return _upsample_axis(np.ascontiguousarray(wide.T), down, at_row)


@dataclass(frozen=True, slots=True)
class _Axis:
    """Positions of one axis's pixels between its nodes.

    node: intp (pixels,), the node at or before each pixel.
    share: float32 (pixels,), how far the pixel is towards the next node; 0 beyond the outer nodes.
    first: intp (nodes,), the first pixel at or after each node.
    """

    node: _Indices
    share: NDArray[np.float32]
    first: _Indices

    @classmethod
    def of(cls, nodes: int, pixels: int) -> _Axis:
        # Centres of pixels, as `cv2.resize` aligns them with the centres of nodes.
        places = (np.arange(pixels) + 0.5) * nodes / pixels - 0.5
        inside = np.clip(places, 0, nodes - 1)
        node = inside.astype(np.intp)
        share = (inside - node).astype(np.float32)
        return cls(node, share, np.searchsorted(places, np.arange(nodes)))


def _upsample_axis(
    best: ClassMap, axis: _Axis, logits_at: Callable[[_Indices, _Indices], NDArray[Any]]
) -> ClassMap:
    """Return best classes upsampled along the first axis: (nodes, lines) to (pixels, lines).

    best: uint8. logits_at: takes nodes (n,) and lines (n,), returns logits (n, C).
    """
    pixels = np.take(best, axis.node, axis=0)
    node, line = np.divmod(np.flatnonzero(best[:-1] != best[1:]), best.shape[1])
    near, far = logits_at(node, line), logits_at(node + 1, line)
    here, there = best[node, line], best[node + 1, line]
    lead_near = _pick(near, here) - _pick(near, there)
    lead_far = _pick(far, there) - _pick(far, here)
    cross = lead_near / (lead_near + lead_far)  # where the two logits are equal, 0 to 1
    third = np.flatnonzero(_is_third_between(near, far, here, there, cross))
    # The lowest class wins a tie.
    cross = np.where(here < there, np.nextafter(cross, np.float32(2)), cross)
    first, end = axis.first[node], axis.first[node + 1]
    for pixel, pair in _steps(first, end):
        winner = np.where(axis.share[pixel] < cross[pair], here[pair], there[pair])
        pixels[pixel, line[pair]] = winner
    for pixel, pair in _steps(first[third], end[third]):
        share, pair = axis.share[pixel, None], third[pair]
        pixels[pixel, line[pair]] = (near[pair] * (1 - share) + far[pair] * share).argmax(axis=1)
    return pixels


def _steps(first: _Indices, end: _Indices) -> Iterator[tuple[_Indices, _Indices | slice]]:
    """Yield the n-th pixel of all pairs at once, and the pairs that have one: (n,) and (n,)."""
    count = end - first
    least = count.min(initial=0)
    for step in range(count.max(initial=0)):
        pair = slice(None) if step < least else np.flatnonzero(step < count)
        yield first[pair] + step, pair


def _is_third_between(
    near: NDArray[Any], far: NDArray[Any], here: ClassMap, there: ClassMap, cross: NDArray[Any]
) -> NDArray[np.bool_]:
    """Return whether a third class reaches the two classes of a pair where they cross: (n,)."""
    share = cross[:, None]
    between = near * (1 - share) + far * share
    highest = _pick(between, here)
    pairs = np.arange(here.size)
    between[pairs, here] = between[pairs, there] = -np.inf
    # argmax takes a third of the time of max here.
    return np.asarray(_pick(between, between.argmax(axis=1)) >= highest)


def _pick(logits: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.float32]:
    """Return one logit of each row: (n, C) and (n,) to float32 (n,)."""
    return np.asarray(logits[np.arange(classes.size), classes], np.float32)
