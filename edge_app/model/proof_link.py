"""Comparison of two ways to compute the answers of a variant: a link of its proof chain."""

from __future__ import annotations

import time
from collections.abc import Iterable

import numpy as np

from edge_app.frame import Decoded, Image, Segmentation
from edge_app.model.answer_check import answers_are_finite, not_finite
from edge_app.model.engine import Engine
from edge_app.quality import agreement
from edge_app.results.model_card import ProofLink, ProofStep
from edge_app.style import NOTHING, percent

# Below it a link is not what rounding does: int8 on other kernels keeps 98 % and more.
SAME = 0.9


def compare_engines(
    link: ProofStep,
    engines: tuple[Engine, Engine],
    names: tuple[str, str],
    images: Iterable[Image],
    *,
    enough: float = SAME,
    limit_s: float = float("inf"),
) -> ProofLink:
    """Return how two engines of one variant agree on images: uint8 (H, W, 3) BGR each.

    enough: the share of equal classes below which they do not agree.
    limit_s: no further image is begun after so many seconds.
    """
    first, second = engines
    agreements: list[float] = []
    errors: list[float] = []
    note = ""
    start_s = time.perf_counter()
    for image in images:
        one, other = first.predict(image), second.predict(image)
        outputs = [engine.network.read() for engine in engines]
        problem = next(filter(None, map(not_finite, outputs)), "")
        note = note or problem
        agreements.append(0.0 if problem else equal_share(one, other))
        tensors = [engine.network.output for engine in engines]
        if not problem and all(each.dtype.kind == "f" or each.quantized for each in tensors):
            real = [each.dequantize(out) for each, out in zip(tensors, outputs, strict=True)]
            errors.append(float(np.abs(real[0] - real[1]).max()))
        if time.perf_counter() - start_s > limit_s:
            break
    same = float(np.mean(agreements)) if agreements else None
    if not note and same is not None and same < enough:
        note = "they do not agree"
    return ProofLink(
        link=link,
        variant=first.variant.name,
        first=names[0],
        second=names[1],
        images=len(agreements),
        agreement=None if same is None else round(same, 6),
        max_abs_error=largest(errors),
        note=note,
    )


def largest(errors: Iterable[float]) -> float | None:
    """Return the largest difference with three digits; None if there is none."""
    found = max(errors, default=None)
    return None if found is None else float(f"{found:.3g}")


def equal_share(one: Decoded, other: Decoded) -> float:
    """Return the share of equal classes of two results: of the pixels, or 0 or 1 for an image.

    Scores that are NaN equal nothing.
    """
    if not (answers_are_finite(one.logits) and answers_are_finite(other.logits)):
        return 0.0
    if isinstance(one, Segmentation) and isinstance(other, Segmentation):
        return agreement(one.class_map, other.class_map)
    if isinstance(one, Segmentation) or isinstance(other, Segmentation):
        return 0.0
    return float(one.class_id == other.class_id)


def proof_cells(link: ProofLink) -> tuple[str, str, str, str]:
    """Return a link as the cells of PROOF_COLUMNS: what, on how many images, how much is the same.

    The last is the largest difference of the outputs, or what went wrong.
    """
    same = NOTHING if link.agreement is None else percent(link.agreement)
    error = NOTHING if link.max_abs_error is None else f"{link.max_abs_error:g}"
    images = f"{link.images:,}" if link.images else NOTHING
    return f"{link.first} = {link.second}", images, same, link.note or error


PROOF_COLUMNS = ("compared", "images", "same", "largest difference")
