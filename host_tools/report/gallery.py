"""The gallery: the outputs of every variant of a model for a few images."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from edge_app.errors import SourceError, UsageError
from edge_app.frame import Classification, Decoded, Frame, Image, Segmentation
from edge_app.labels import LabelSet
from edge_app.model.answer_check import answers_are_finite
from edge_app.model.card import ModelSpec
from edge_app.model.engine import load_engine
from edge_app.overlay.class_memory import ClassesInView
from edge_app.overlay.mask import MaskPainter, class_shares
from edge_app.overlay.resize import nearest, smooth
from edge_app.quality import agreement
from edge_app.results.gains import FLOAT
from edge_app.sources.factory import open_source
from edge_app.style import percent

_WIDTH = 640  # of the images on the page
_ALPHA = 0.55  # as the live view begins
_DIGIT = 168
_MARK_BGR = (245, 90, 255)  # no class has this colour


@dataclass(frozen=True, slots=True)
class VariantOutput:
    """The output of one variant for one image.

    class_map: PNG; overlay, difference: JPEG; None for a classification.
    difference: marks the pixels that differ from float32; None for float32 itself.
    top_classes: the likeliest classes in text, empty for a segmentation.
    agreement: share of pixels equal to float32's (1 or 0 for a classification); None for
        float32 itself and if there is no float32.
    """

    variant: str
    class_map: bytes | None
    overlay: bytes | None
    difference: bytes | None
    top_classes: tuple[str, ...]
    agreement: float | None


@dataclass(frozen=True, slots=True)
class GalleryImage:
    """One image (JPEG of a street, PNG of a digit) and the output of every variant for it.

    classes: name and RGB of the classes in view, for the legend.
    """

    name: str
    image: bytes
    outputs: tuple[VariantOutput, ...]
    classes: tuple[tuple[str, tuple[int, int, int]], ...]


@dataclass(frozen=True, slots=True)
class Gallery:
    """The images of a model's gallery, and each variant's mean agreement with float32."""

    spec: ModelSpec
    images: tuple[GalleryImage, ...]
    agreement: Mapping[str, float]

    @property
    def segmented(self) -> bool:
        """Whether the model paints images, and does not classify them."""
        return self.spec.task == "segmentation"


def make_gallery(spec: ModelSpec, source: str, count: int, progress: Progress) -> Gallery:
    """Run all variants on `count` images, spread evenly over the source.

    Raises SourceError and ModelError, and UsageError for a count below 1.
    """
    if count < 1:
        raise UsageError(f"--samples {count}: give 1 or more")
    frames = list(_spread(source, count))
    results: dict[str, list[Decoded]] = {}
    # float32 comes first: the others are compared with it.
    task = progress.add_task("gallery", total=len(spec.variants))
    for variant in sorted(spec.variants, key=lambda name: name != FLOAT):
        progress.update(task, description=f"gallery: {variant}", advance=1)
        engine = load_engine(spec, variant)
        results[variant] = [engine.predict(frame.image) for frame in frames]
    images = tuple(
        _gallery_image(frame, {name: made[place] for name, made in results.items()}, spec)
        for place, frame in enumerate(frames)
    )
    known: dict[str, list[float]] = {}
    for image in images:
        for output in image.outputs:
            if output.agreement is not None:
                known.setdefault(output.variant, []).append(output.agreement)
    means = {name: sum(values) / len(values) for name, values in known.items()}
    return Gallery(spec, images, means)


def _spread(source: str, count: int) -> Iterator[Frame]:
    """Yield frames spread evenly over a source, or its first ones if its length is unknown."""
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
            raise SourceError(f"no image for the gallery in {source}; name other --images")


def _gallery_image(frame: Frame, results: Mapping[str, Decoded], spec: ModelSpec) -> GalleryImage:
    base = results.get(FLOAT)
    height, width = frame.image.shape[:2]
    if spec.task == "segmentation":
        image = frame.image
        if width > _WIDTH:
            image = smooth(image, (_WIDTH, max(1, round(height * _WIDTH / width))))
        encoded = _encode(image, ".jpg")
    else:
        image = nearest(frame.image, (_DIGIT, max(1, round(_DIGIT * height / width))))
        encoded = _encode(image, ".png")
    outputs = [
        _output(image, name, results[name], base if name != FLOAT else None, spec.labels)
        for name in spec.variants
    ]
    return GalleryImage(frame.name, encoded, tuple(outputs), _in_view(results, spec.labels))


def _output(
    image: Image, variant: str, result: Decoded, base: Decoded | None, labels: LabelSet
) -> VariantOutput:
    if isinstance(result, Classification):
        names = {label.train_id: label.name for label in labels.classes}
        top = tuple(f"{names.get(i, str(i))}: {percent(share)}" for i, share in result.top(3))
        same = isinstance(base, Classification) and result.class_id == base.class_id
        return VariantOutput(variant, None, None, None, top, None if base is None else float(same))
    painter = MaskPainter(labels.palette_bgr())
    class_map = _encode(painter.paint(np.zeros_like(image), result, 1.0), ".png")
    overlay = _encode(painter.paint(image, result, _ALPHA), ".jpg")
    if not isinstance(base, Segmentation):
        return VariantOutput(variant, class_map, overlay, None, (), None)
    # A graph with an argmax of its own may have another resolution.
    here, there = result.class_map, base.class_map
    if here.shape != there.shape:
        here = nearest(here, (there.shape[1], there.shape[0]))
    difference = _encode(mark_difference(image, np.asarray(here != there)), ".jpg")
    finite = answers_are_finite(result.logits) and answers_are_finite(base.logits)
    share = agreement(here, there) if finite else 0.0
    return VariantOutput(variant, class_map, overlay, difference, (), share)


def mark_difference(image: Image, differs: NDArray[np.bool_]) -> Image:
    """Return the image dim and grey, with `differs` marked in a colour no class has.

    differs: bool (h, w), of any size.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    dim = cv2.cvtColor(cv2.convertScaleAbs(grey, alpha=0.45), cv2.COLOR_GRAY2BGR)
    size_wh = (image.shape[1], image.shape[0])
    dim[nearest(differs.astype(np.uint8), size_wh) > 0] = _MARK_BGR
    return np.asarray(dim, np.uint8)


def _in_view(
    results: Mapping[str, Decoded], labels: LabelSet
) -> tuple[tuple[str, tuple[int, int, int]], ...]:
    """Return the classes that some variant finds, in label order."""
    total: NDArray[np.float64] = np.zeros(len(labels.classes))
    for result in results.values():
        if isinstance(result, Segmentation):
            total += class_shares(result.class_map, len(labels.classes)) / len(results)
    in_view = ClassesInView(labels.palette_bgr()).update(total, 0.0)
    shown = (label for label in labels.classes if label.train_id in in_view)
    return tuple((label.name, label.colour_rgb) for label in shown)


def _encode(image: Image, suffix: str) -> bytes:
    """Return an image, uint8 (H, W, 3) BGR, as ".jpg" or ".png"."""
    options = [cv2.IMWRITE_JPEG_QUALITY, 88] if suffix == ".jpg" else []
    encoded, data = cv2.imencode(suffix, image, options)
    if not encoded:
        raise SourceError("cannot encode an image of the gallery; name other --images")
    return data.tobytes()
