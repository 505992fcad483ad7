"""Two images that compare float32 and int8 on the same frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import cv2

from edge_app.errors import SinkError
from edge_app.frame import Frame, Segmentation
from edge_app.metrics.agreement import compare
from edge_app.model.card import ModelSpec
from edge_app.model.engine import load_engine
from edge_app.overlay.stills import ComparedFrame, difference_image, split_image
from edge_app.quality import Quality

FIRST, SECOND = "float32", "int8"
STILLS = ("split", "difference")


def write_stills(
    spec: ModelSpec,
    frame: Frame,
    out: Path,
    qualities: Mapping[str, Quality | None],
    *,
    runtime: str = "auto",
    threads: int | None = None,
) -> list[Path]:
    """Write split.png and difference.png; return their paths.

    qualities: of whole runs, by variant, shown beside the names.
    Returns an empty list if the model lacks one of the two or does not segment.
    Raises SinkError if an image cannot be written.
    """
    if not {FIRST, SECOND} <= set(spec.variants):
        return []
    first, second = (
        load_engine(spec, name, runtime=runtime, threads=threads).predict(frame.image)
        for name in (FIRST, SECOND)
    )
    if not (isinstance(first, Segmentation) and isinstance(second, Segmentation)):
        return []
    comparison = compare(first, second, SECOND, spec.labels)
    comparison = replace(
        comparison, first_quality=qualities.get(FIRST), quality=qualities.get(SECOND)
    )
    compared = ComparedFrame(frame.image, first, comparison, spec.labels, FIRST)
    paths = []
    for name, draw in zip(STILLS, (split_image, difference_image), strict=True):
        path = out / f"{name}.png"
        if not cv2.imwrite(str(path), draw(compared)):
            raise SinkError(f"cannot write {path}; free some space or choose another folder")
        paths.append(path)
    return paths
