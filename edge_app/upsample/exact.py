"""Find the best class of bilinearly upsampled logits without upsampling all of them.

Between two nodes every logit is linear, so the largest of them is convex. Where both nodes
have the same best class, it is best all the way; where they differ, a third class can come
between only if it does so where the two cross. So most of a picture needs no arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.frame import ClassMap

_Places = NDArray[np.intp]


def upsampled_classes(
    class_map: ClassMap, logits: NDArray[Any], size_wh: tuple[int, int]
) -> ClassMap:
    """Return the argmax of logits resized linearly, as `cv2.resize` does: uint8 (H, W).

    class_map: uint8 (h, w), the argmax of the logits. logits: (h, w, C).
    Ties go to the lowest class. Pixels where two classes differ by no more than the last
    digits of a float32 may go to either.
    """
    across = _Axis.of(logits.shape[1], size_wh[0])
    down = _Axis.of(logits.shape[0], size_wh[1])

    flat = logits.reshape(-1, logits.shape[2])
    columns_in_all = logits.shape[1]

    def at_node(columns: _Places, rows: _Places) -> NDArray[Any]:
        return np.asarray(np.take(flat, rows * columns_in_all + columns, axis=0))

    def at_row(rows: _Places, pixels: _Places) -> NDArray[Any]:
        columns, share = across.node[pixels], across.share[pixels, None]
        # The share is 0 where there is no next column.
        following = np.minimum(columns + 1, columns_in_all - 1)
        return at_node(columns, rows) * (1 - share) + at_node(following, rows) * share

    with np.errstate(invalid="ignore"):  # a broken network's answer may not be finite
        wide = _grow(np.ascontiguousarray(class_map.T), across, at_node)
        return _grow(np.ascontiguousarray(wide.T), down, at_row)


@dataclass(frozen=True, slots=True)
class _Axis:
    """Hold where the pixels of one axis lie between its nodes, pixel centres aligned.

    node: (pixels,) the node at or before each. share: float32 (pixels,), how far towards the
    next one, 0 beyond the outer nodes. first: (nodes,) the first pixel at or behind each node.
    """

    node: _Places
    share: NDArray[np.float32]
    first: _Places

    @classmethod
    def of(cls, nodes: int, pixels: int) -> _Axis:
        places = (np.arange(pixels) + 0.5) * nodes / pixels - 0.5
        inside = np.clip(places, 0, nodes - 1)
        node = inside.astype(np.intp)
        return cls(
            node, (inside - node).astype(np.float32), np.searchsorted(places, np.arange(nodes))
        )


def _grow(
    best: ClassMap, axis: _Axis, logits_at: Callable[[_Places, _Places], NDArray[Any]]
) -> ClassMap:
    """Bring lines of nodes to pixels: best classes uint8 (nodes, lines) to (pixels, lines).

    logits_at: takes nodes (n,) and lines (n,), returns logits (n, C).
    """
    grown = np.take(best, axis.node, axis=0)
    node, line = np.divmod(np.flatnonzero(best[:-1] != best[1:]), best.shape[1])
    near, far = logits_at(node, line), logits_at(node + 1, line)
    here, there = best[node, line], best[node + 1, line]
    lead = _pick(near, here) - _pick(near, there)
    chase = _pick(far, there) - _pick(far, here)
    cross = lead / (lead + chase)
    third = np.flatnonzero(_is_third_between(near, far, here, there, cross))
    # A tie is the lowest class's.
    cross = np.where(here < there, np.nextafter(cross, np.float32(2)), cross)
    first, end = axis.first[node], axis.first[node + 1]
    for pixel, pair in _steps(first, end):
        found = np.where(axis.share[pixel] < cross[pair], here[pair], there[pair])
        grown[pixel, line[pair]] = found
    for pixel, pair in _steps(first[third], end[third]):
        share, pair = axis.share[pixel, None], third[pair]
        grown[pixel, line[pair]] = (near[pair] * (1 - share) + far[pair] * share).argmax(axis=1)
    return grown


def _steps(first: _Places, end: _Places) -> Iterator[tuple[_Places, _Places | slice]]:
    """Go through the pixels of all pairs side by side: yield pixels, and which pairs' they are."""
    count = end - first
    least = count.min(initial=0)
    for step in range(count.max(initial=0)):
        pair = slice(None) if step < least else np.flatnonzero(step < count)
        yield first[pair] + step, pair


def _is_third_between(
    near: NDArray[Any],
    far: NDArray[Any],
    here: ClassMap,
    there: ClassMap,
    cross: NDArray[Any],
) -> NDArray[np.bool_]:
    """Tell for each pair of nodes whether another class reaches the two where they cross."""
    share = cross[:, None]
    between = near * (1 - share) + far * share
    highest = _pick(between, here)
    pairs = np.arange(here.size)
    between[pairs, here] = between[pairs, there] = -np.inf
    # argmax takes a third of the time of max here.
    return np.asarray(_pick(between, between.argmax(axis=1)) >= highest)


def _pick(logits: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.float32]:
    """Take one logit of each row: (n, C) and (n,) to float32 (n,)."""
    return np.asarray(logits[np.arange(classes.size), classes], np.float32)
