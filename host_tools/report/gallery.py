"""Run every variant of a model on a few pictures, and keep what each makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_app.errors import SourceError, UsageError
from edge_app.frame import Classification, Decoded, Frame, Image, Segmentation
from edge_app.labels import LabelSet
from edge_app.model.card import ModelSpec
from edge_app.model.engine import load_engine
from edge_app.overlay.legend import IN_VIEW
from edge_app.overlay.mask import Painter, shares
from edge_app.overlay.resize import nearest, smooth
from edge_app.quality import agreement
from edge_app.sources.factory import open_source
from edge_app.style import percent
from host_tools.report.figures import FLOAT

_WIDTH = 640  # of the pictures on the page
_ALPHA = 0.55  # as the live view begins
_DIGIT = 168
_MARK_BGR = (245, 90, 255)


@dataclass(frozen=True, slots=True)
class Shown:
    """Hold what one variant made of a picture.

    class_map, overlay, differs: uint8 (H, W, 3) BGR, None where the model classifies whole
    pictures; `differs` marks what float32 has otherwise, None for itself.
    answer: the likeliest classes in words, empty where the model paints. agrees: the share of
    pixels (or 1 or 0 for a whole picture) that are as float32 has them, None for itself or
    where there is no float32.
    """

    variant: str
    class_map: Image | None
    overlay: Image | None
    differs: Image | None
    answer: tuple[str, ...]
    agrees: float | None


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Hold one picture, uint8 (H, W, 3) BGR, and what every variant made of it.

    classes: name and RGB of what is in view, for the legend.
    """

    name: str
    picture: Image
    shown: tuple[Shown, ...]
    classes: tuple[tuple[str, tuple[int, int, int]], ...]


@dataclass(frozen=True, slots=True)
class Gallery:
    """Hold the exhibits of a model, and each variant's mean agreement with float32."""

    spec: ModelSpec
    exhibits: tuple[Exhibit, ...]
    agrees: dict[str, float]


def make_gallery(
    spec: ModelSpec,
    source: str,
    count: int = 3,
    progress: Callable[[str], None] = lambda _variant: None,
) -> Gallery:
    """Answer `count` pictures, spread evenly over the source, with all variants.

    progress: told the variant in hand. Raises SourceError and ModelError.
    """
    if count < 1:
        raise UsageError(f"a gallery of {count} pictures cannot be; ask for at least 1")
    frames = list(_spread(source, count))
    answers: dict[str, list[Decoded]] = {}
    # float32 comes first: the others are compared with it.
    for variant in sorted(spec.variants, key=lambda name: name != FLOAT):
        progress(variant)
        engine = load_engine(spec, variant)
        answers[variant] = [engine.answer(frame.image) for frame in frames]
    exhibits = []
    for place, frame in enumerate(frames):
        exhibits.append(
            _exhibit(frame, {name: results[place] for name, results in answers.items()}, spec)
        )
    known: dict[str, list[float]] = {}
    for exhibit in exhibits:
        for one in exhibit.shown:
            if one.agrees is not None:
                known.setdefault(one.variant, []).append(one.agrees)
    means = {name: sum(values) / len(values) for name, values in known.items()}
    return Gallery(spec, tuple(exhibits), means)


def _spread(source: str, count: int) -> Iterator[Frame]:
    """Yield frames spread evenly over a source, or its first ones where its length is unknown."""
    with open_source(source) as opened:
        total = opened.frame_count or count
        wanted = {round((place + 0.5) * total / count - 0.5) for place in range(min(count, total))}
        found = 0
        for position, frame in enumerate(opened):
            if position in wanted:
                found += 1
                yield frame
            if position >= max(wanted):
                break
        if not found:
            raise SourceError(f"{source} gave no picture for the gallery; name other --images")


def _exhibit(frame: Frame, answers: dict[str, Decoded], spec: ModelSpec) -> Exhibit:
    base = answers.get(FLOAT)
    if spec.task == "segmentation":
        picture = _fitted(frame.image)
    else:
        height, width = frame.image.shape[:2]
        picture = nearest(frame.image, (_DIGIT, max(1, round(_DIGIT * height / width))))
    shown = [
        _shown(picture, name, answers[name], base if name != FLOAT else None, spec.labels)
        for name in spec.variants
    ]
    return Exhibit(frame.name, picture, tuple(shown), _in_view(answers, spec.labels))


def _shown(
    picture: Image, variant: str, result: Decoded, base: Decoded | None, labels: LabelSet
) -> Shown:
    if isinstance(result, Classification):
        names = {label.train_id: label.name for label in labels.classes}
        top = tuple(f"{names.get(i, str(i))}: {percent(share)}" for i, share in result.top(3))
        same = isinstance(base, Classification) and result.class_id == base.class_id
        return Shown(variant, None, None, None, top, None if base is None else float(same))
    painter = Painter(labels.palette_bgr())
    class_map = painter.paint(np.zeros_like(picture), result, 1.0)
    overlay = painter.paint(picture, result, _ALPHA)
    if not isinstance(base, Segmentation):
        return Shown(variant, class_map, overlay, None, (), None)
    # A graph that ends in an argmax of its own may answer at another resolution.
    here, there = result.class_map, base.class_map
    if here.shape != there.shape:
        here = nearest(here, (there.shape[1], there.shape[0]))
    differs = _marked(picture, np.asarray(here != there))
    return Shown(variant, class_map, overlay, differs, (), agreement(here, there))


def _marked(picture: Image, differs: NDArray[np.bool_]) -> Image:
    """Return the picture dim and grey, with what differs in a colour no class has."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    dim = cv2.cvtColor(cv2.convertScaleAbs(grey, alpha=0.45), cv2.COLOR_GRAY2BGR)
    size_wh = (picture.shape[1], picture.shape[0])
    dim[nearest(differs.astype(np.uint8), size_wh) > 0] = _MARK_BGR
    return np.asarray(dim, np.uint8)


def _in_view(
    answers: dict[str, Decoded], labels: LabelSet
) -> tuple[tuple[str, tuple[int, int, int]], ...]:
    """List the classes that some variant sees, by how much of the picture they take."""
    total: NDArray[np.float64] = np.zeros(len(labels.classes))
    for result in answers.values():
        if isinstance(result, Segmentation):
            total += shares(result.class_map, len(labels.classes)) / len(answers)
    order = [int(i) for i in np.argsort(-total, kind="stable") if total[i] >= IN_VIEW]
    by_id = {label.train_id: label for label in labels.classes}
    return tuple((by_id[i].name, by_id[i].colour_rgb) for i in order)


def _fitted(picture: Image) -> Image:
    """Shrink a picture to the page's width, once it has been answered."""
    height, width = picture.shape[:2]
    if width <= _WIDTH:
        return picture
    return smooth(picture, (_WIDTH, max(1, round(height * _WIDTH / width))))


def encoded(picture: Image, suffix: str) -> bytes:
    """Return a picture as ".jpg" or ".png": uint8 (H, W, 3) BGR."""
    options = [cv2.IMWRITE_JPEG_QUALITY, 88] if suffix == ".jpg" else []
    done, data = cv2.imencode(suffix, picture, options)
    if not done:
        raise SourceError("a picture of the gallery cannot be encoded; name other --images")
    return data.tobytes()
