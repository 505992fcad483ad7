"""Images of an evaluation: confusion matrices and worst frames, in its folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2

from edge_app.errors import SinkError
from edge_app.evaluate.dataset import ImageSet
from edge_app.evaluate.evaluation_file import counted_variants, quality_of_variant
from edge_app.evaluate.matrix_image import matrix_image
from edge_app.evaluate.worst_images import worst_image
from edge_app.frame import Image
from edge_app.label_fit import fit_labels
from edge_app.model.engine import Engine
from edge_app.results.evaluation_result import EvaluationResult, WorstFrame
from edge_app.style import count, miou_text, percent


def write_matrices(result: EvaluationResult, out: Path) -> list[Path]:
    """Write confusion-VARIANT.png for each variant. Raises SinkError."""
    paths = []
    for name in counted_variants(result):
        quality = quality_of_variant(result, name)
        score = (
            f"top-1 {percent(quality.top1)}"
            if quality.miou is None
            else f"{miou_text(quality.miou)}, pixel accuracy {percent(quality.pixel_accuracy)}"
        )
        title = f"{result.model} {name}: {score}, {count(quality.frames, 'frame')}"
        image = matrix_image(result.variants[name].matrix, result.classes, title)
        paths.append(_write(out / f"confusion-{name}.png", image))
    return paths


def worst_folder(out: Path, variant: str) -> Path:
    """Return the folder of a variant's worst frames."""
    return out / f"worst-{variant}"


def write_worst(
    engine: Engine,
    images: ImageSet,
    worst: tuple[WorstFrame, ...],
    out: Path,
    should_continue: Callable[[], bool] = lambda: True,
) -> list[Path]:
    """Answer the worst frames again and write worst-VARIANT/01-NAME.png and so on.

    Images of an earlier evaluation are removed. Raises SinkError.
    """
    folder = worst_folder(out, engine.variant.name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("[0-9][0-9]-*.png"):
            old.unlink()
    except OSError as fault:
        raise SinkError(
            f"cannot write to {folder}: {fault.strerror}; choose another folder with --out"
        ) from None
    paths = []
    fit = fit_labels(engine.spec.labels, images.labels)
    for rank, one in enumerate(worst, 1):
        if not should_continue():
            break
        for _, frame in images.frames(one.position, one.position + 1, []):
            result = engine.predict(frame.image)
            what = f"{percent(one.accuracy)} of its pixels are right"
            if engine.spec.task == "classification":
                what = f"frame {one.position}"
            title = f"{engine.variant.name}, {rank}. worst: {one.name}, {what}"
            image = worst_image(frame, result, engine.spec.labels, fit, title)
            paths.append(_write(folder / f"{rank:02}-{Path(one.name).stem}.png", image))
    return paths


def _write(path: Path, image: Image) -> Path:
    if not cv2.imwrite(str(path), image):
        raise SinkError(
            f"cannot write {path}; free some space, or choose another folder with --out"
        )
    return path
