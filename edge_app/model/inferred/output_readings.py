"""What an output may mean by its shape: class scores, or a class map in a usual layout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

SCORES, MAP = "classification", "segmentation"
# ImageNet, ADE20K, COCO, Pascal VOC, Cityscapes, CamVid, MNIST, each with and without a background.
KNOWN_COUNTS = {1000, 1001, 150, 151, 80, 81, 90, 91, 133, 171, 182, 20, 21, 19, 11, 12, 10}
_STRIDES = (1, 2, 4, 8, 16, 32)
_FINE = (1, 2, 4, 8)  # coarser masks in one row are unknown, and as many classes are not
_MOST_SCORES = 25_000  # ImageNet's largest set has 21,843


@dataclass(frozen=True, slots=True)
class OutputReading:
    """One reading of an output.

    task: SCORES or MAP. layout: nhwc, nchw or flat. classes: how many values a pixel or an image
    has; 1 is a mask, a yes or no, or class ids. map_hw: (1, 1) for scores.
    fits: whether a map has the proportions of the input.
    """

    task: str
    classes: int
    layout: str = "nhwc"
    map_hw: tuple[int, int] = (1, 1)
    fits: bool = True

    @property
    def text(self) -> str:
        """The reading to show."""
        if self.task == SCORES:
            return f"{self.classes} scores"
        of_what = f" of {self.classes} classes" if self.classes > 1 else ""
        return f"a map of {self.map_hw[1]}x{self.map_hw[0]}{of_what}"


def output_readings(shape: tuple[int, ...], input_hw: tuple[int, int]) -> list[OutputReading]:
    """Return the readings of a shape, the most plausible first; none if it has no known form."""
    return sorted(_forms(shape, input_hw), key=lambda form: _oddness(form, input_hw))


def _forms(shape: tuple[int, ...], input_hw: tuple[int, int]) -> Iterator[OutputReading]:
    if not shape or min(shape) < 1:
        return
    if all(side == 1 for side in shape[:-1]):
        yield OutputReading(SCORES, shape[-1])
        if side := _side(shape[-1], input_hw, _FINE):
            yield OutputReading(MAP, 1, "flat", side)
        return
    sides = shape[1:] if shape[0] == 1 and len(shape) > 2 else shape  # else without a batch axis
    if len(sides) == 2:
        rows = [(_side(pixels, input_hw), depth) for pixels, depth in (sides, sides[::-1])]
        flat = [(side, depth) for side, depth in rows if side]
        if flat and not _fits(sides, input_hw):
            side, depth = flat[0]
            yield OutputReading(MAP, depth, "flat", side)
        else:
            yield OutputReading(MAP, 1, "nhwc", (sides[0], sides[1]), _fits(sides, input_hw))
    if len(sides) == 3:
        first, middle, last = sides
        yield OutputReading(MAP, last, "nhwc", (first, middle), _fits((first, middle), input_hw))
        yield OutputReading(MAP, first, "nchw", (middle, last), _fits((middle, last), input_hw))


def _oddness(form: OutputReading, input_hw: tuple[int, int]) -> tuple[float, ...]:
    """Return numbers that order readings: the smaller, the more plausible."""
    pixels = form.map_hw[0] * form.map_hw[1]
    if form.layout == "flat":
        # As many scores as the input has pixels are a mask, unless as many classes are known.
        full = pixels == input_hw[0] * input_hw[1] and form.classes == 1
        return (0 if full and pixels not in KNOWN_COUNTS and pixels > 256 else 3,)
    if form.task == SCORES:
        return (1 if form.classes <= _MOST_SCORES else 4,)
    known = form.classes in KNOWN_COUNTS or form.classes == 1
    # There are more pixels along a side than classes in most maps.
    return (0 if form.fits else 2, 0 if known else 1, form.classes / max(form.map_hw))


def output_rank(form: OutputReading, *, is_helper: bool) -> tuple[float, ...]:
    """Return numbers that order the outputs of one network: the smallest has the answer.

    is_helper: whether its name says that it only helped training.
    """
    known = form.classes in KNOWN_COUNTS
    pixels = form.map_hw[0] * form.map_hw[1]
    return (form.task != MAP, is_helper, not known, not form.fits, -pixels)


def is_open_choice(one: OutputReading, other: OutputReading) -> bool:
    """Return whether two readings of one shape are both possible."""
    if one.task != other.task or "flat" in {one.layout, other.layout}:
        return True
    if not other.fits and one.fits:
        return False
    if one.fits != other.fits:
        return True
    known = one.classes in KNOWN_COUNTS or one.classes == 1
    return known == (other.classes in KNOWN_COUNTS or other.classes == 1)


def _side(
    pixels: int, input_hw: tuple[int, int], strides: tuple[int, ...] = _STRIDES
) -> tuple[int, int] | None:
    """Return the height and width of a flattened map of so many pixels, by usual strides."""
    height, width = input_hw
    for stride in strides:
        for side in {
            (height // stride, width // stride),
            (-(-height // stride), -(-width // stride)),
        }:
            if side[0] * side[1] == pixels and pixels >= 16:
                return side
    return None


def _fits(side_hw: tuple[int, ...], input_hw: tuple[int, int]) -> bool:
    """Return whether a map has the proportions of the input, to a pixel of it."""
    (rows, columns), (height, width) = side_hw, input_hw
    if 1 in (rows, columns):
        return rows == columns
    return abs(rows / height - columns / width) <= 1 / height + 1 / width
