"""Leave everything an evaluation found in one folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2

from edge_app.errors import SinkError
from edge_app.evaluate.dataset import ImageSet
from edge_app.evaluate.evaluation_result import EvaluationResult
from edge_app.evaluate.matrix_image import matrix_picture
from edge_app.evaluate.partial_counts import Worst
from edge_app.evaluate.worst_images import worst_picture
from edge_app.frame import Image
from edge_app.labels import label_set
from edge_app.model.engine import Engine
from edge_app.style import count, fraction, percent


def write_matrices(outcome: EvaluationResult, out: Path) -> list[Path]:
    """Write confusion-VARIANT.png for each variant; raise SinkError where it cannot be."""
    paths = []
    for name in outcome.variants:
        quality = outcome.quality(name)
        score = (
            f"top-1 {percent(quality.top1)}"
            if quality.miou is None
            else (f"mIoU {fraction(quality.miou)}, pixels {percent(quality.pixel_accuracy)}")
        )
        title = f"{outcome.model} {name}: {score}, {count(quality.frames, 'frame')}"
        picture = matrix_picture(outcome.variants[name].matrix, outcome.classes, title)
        paths.append(_write(out / f"confusion-{name}.png", picture))
    return paths


def write_worst(
    engine: Engine,
    pictures: ImageSet,
    worst: tuple[Worst, ...],
    out: Path,
    going: Callable[[], bool] = lambda: True,
) -> list[Path]:
    """Answer the worst frames again and write worst-VARIANT/01-NAME.png and so on.

    Pictures that an earlier evaluation left there are replaced. Raises SinkError.
    """
    folder = out / f"worst-{engine.variant.name}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("[0-9][0-9]-*.png"):
            old.unlink()
    except OSError as fault:
        raise SinkError(f"{folder} cannot be written ({fault.strerror}); name another") from None
    paths = []
    truth_labels = label_set(pictures.labels)
    for place, one in enumerate(worst, 1):
        if not going():
            break
        for _, frame in pictures.frames(one.position, one.position + 1, []):
            result = engine.predict(frame.image)
            how = f"{percent(one.right)} of its pixels are right"
            if engine.spec.task == "classification":
                how = f"frame {one.position}"
            title = f"{engine.variant.name}, {place}. worst: {one.name}, {how}"
            picture = worst_picture(frame, result, engine.spec.labels, truth_labels, title)
            name = Path(one.name).stem
            paths.append(_write(folder / f"{place:02}-{name}.png", picture))
    return paths


def _write(path: Path, picture: Image) -> Path:
    if not cv2.imwrite(str(path), picture):
        raise SinkError(f"{path} cannot be written; make room, or name another folder with --out")
    return path
