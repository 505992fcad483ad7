"""The values that a network expects for black and white pixels: the usual ones, and their names."""

from __future__ import annotations

from dataclasses import dataclass

Scaling = tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class ValueRange:
    """A usual scaling of pixels: (pixel - mean) / std. name: as it is shown."""

    name: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    channels: str = "rgb"

    @property
    def limits(self) -> tuple[float, float]:
        """The values of the darkest and the brightest pixel over all channels."""
        stds = self.std if len(self.std) == len(self.mean) else self.std * len(self.mean)
        pairs = list(zip(self.mean, stds, strict=True))
        return min(-m / s for m, s in pairs), max((255 - m) / s for m, s in pairs)

    @property
    def is_wide(self) -> bool:
        """Whether its values are pixels, a hundred times those of the other ranges."""
        return max(map(abs, self.limits)) > 10

    @property
    def options(self) -> str:
        """The options that choose it."""
        order = "" if self.channels == "rgb" else f" --channels {self.channels}"
        return f"--mean {numbers_text(self.mean)} --std {numbers_text(self.std)}{order}"


MINUS_ONE = ValueRange("-1 to 1", (127.5,), (127.5,))
UNIT = ValueRange("0 to 1", (0.0,), (255.0,))
PIXELS = ValueRange("0 to 255", (0.0,), (1.0,))
# Source: torchvision.transforms, "Normalize" of all pretrained networks; in pixels, RGB.
IMAGENET = ValueRange(
    "ImageNet's mean and deviation", (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
)
# Source: keras.applications.imagenet_utils, mode "caffe" of ResNet50 and VGG.
CAFFE = ValueRange("ImageNet's mean alone, BGR", (103.939, 116.779, 123.68), (1.0,), "bgr")
# Digits are trained as 0..1 (the Keras examples, the reference), photographs as -1..1 (MobileNets).
USUAL_BY_DEPTH = {1: (UNIT, MINUS_ONE, PIXELS), 3: (MINUS_ONE, UNIT, PIXELS, IMAGENET, CAFFE)}


def usual_scaling(depth: int) -> Scaling:
    """Return mean and std of a float input with 1 or 3 channels, in pixel values."""
    first = USUAL_BY_DEPTH[depth][0]
    return first.mean, first.std


def numbers_text(values: tuple[float, ...]) -> str:
    """Return numbers as an option takes them."""
    return ",".join(f"{value:g}" for value in values)


def scaling_text(mean: tuple[float, ...], std: tuple[float, ...]) -> str:
    """Return a scaling as a formula: (pixel - 127.5) / 127.5."""

    def group(values: tuple[float, ...]) -> str:
        text = numbers_text(values)
        return f"[{text}]" if len(values) > 1 else text

    return f"(pixel - {group(mean)}) / {group(std)}"


def nearest_range(low: float, high: float, depth: int, share: float) -> ValueRange | None:
    """Return the usual range whose limits are closest; None if none is within a share of its span.

    low, high: real values of the lowest and highest number that an input takes.
    """

    def distance(one: ValueRange) -> float:
        first, last = one.limits
        return max(abs(low - first), abs(high - last)) / (last - first)

    best = min(USUAL_BY_DEPTH[depth], key=distance)
    return best if distance(best) <= share else None
