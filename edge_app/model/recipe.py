"""A recipe: everything that decides how a float32 .tflite becomes one quantized variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

import msgspec

from edge_app.results.json_file import readable

SCHEMES = ("float16", "dynamic_range", "int8", "int16x8", "int4")
WEIGHT_RANGES = ("min_max", "mse", "octav")
ACTIVATION_RANGES = ("min_max", "percentile", "moving_average", "mse")
INPUT_TYPES = ("uint8", "int8", "float32")
# Schemes whose activations are integers, so that they need calibration images.
CALIBRATED = frozenset({"int8", "int16x8", "int4"})
_CHOICES = {
    "scheme": SCHEMES,
    "weights": WEIGHT_RANGES,
    "activations": ACTIVATION_RANGES,
    "io": INPUT_TYPES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a float32 .tflite is quantized; the same recipe and images give the same bytes.

    scheme: float16 and dynamic_range have small weights only. int8 computes in 8 bits, int16x8
        with 16-bit activations and 8-bit weights, int4 with 8-bit activations and 4-bit weights
        where operators have them.
    weights: range of the weights: their extremes, or one that clips for a smaller mean error.
    activations: range of each activation: the extremes over all images; `percentile` of the
        values; the average of each image's extremes, in which a new image has the weight
        `new_image`; or the range with the least mean squared error.
    equalize: scale pairs of layers to like ranges first. correct_bias: take the mean error that
        rounded weights cause out of the biases.
    keep: operators that stay in float: kinds, names, or patterns with *. keep_int16: those that
        get 16-bit activations in int8.
    io: type of the input of int8 and int4, as for `host-tools convert --io`; int16x8 has float32.
    samples, seed: number and choice of the calibration images; None is the usual number.
    Raises ValueError naming the field that is wrong, also where it has no effect.
    """

    scheme: str
    weights: str = "min_max"
    activations: str = "min_max"
    percentile: float = 99.99
    new_image: float = 0.05
    equalize: bool = False
    correct_bias: bool = False
    keep: tuple[str, ...] = ()
    keep_int16: tuple[str, ...] = ()
    io: str = "uint8"
    samples: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the fields, and that none is given where it has no effect."""
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                given = getattr(self, name)
                raise ValueError(f"{name}: '{given}' is not one of {', '.join(choices)}")
        if not 50 < self.percentile < 100:
            raise ValueError(f"percentile: {self.percentile:g} is not between 50 and 100")
        if not 0 < self.new_image <= 1:
            raise ValueError(f"new_image: {self.new_image:g} is not above 0 and at most 1")
        if self.samples is not None and self.samples < 1:
            raise ValueError(f"samples: {self.samples} is not at least 1")
        if self.seed < 0:
            raise ValueError(f"seed: {self.seed} is negative")
        self._check_effects()

    def _check_effects(self) -> None:
        """Raise ValueError for a field that this scheme or choice of ranges does not read."""
        in_half = self.scheme == "float16"
        unused = {
            "weights": in_half,
            "correct_bias": in_half,
            "activations": not self.calibrated,
            "io": self.scheme not in {"int8", "int4"},
            "keep_int16": self.scheme != "int8",
        }
        for name, useless in unused.items():
            if useless and name in self.to_record():
                raise ValueError(f"{name}: it has no effect in {self.scheme}")
        for name, kind in (("percentile", "percentile"), ("new_image", "moving_average")):
            if self.activations != kind and name in self.to_record():
                raise ValueError(f"{name}: it has no effect without activations '{kind}'")

    @property
    def calibrated(self) -> bool:
        """Whether its activations are integers, with ranges from images."""
        return self.scheme in CALIBRATED

    @property
    def needs_images(self) -> bool:
        """Whether images decide its bytes."""
        return self.calibrated or self.correct_bias or self.equalize

    def to_record(self) -> dict[str, Any]:
        """Return the fields that are not as usual, as JSON has them."""
        values = {one.name: (getattr(self, one.name), one.default) for one in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, (value, usual) in values.items()
            if usual is MISSING or value != usual
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Recipe:
        """Return the recipe of a record; raise ValueError naming the field that is wrong."""
        known = [one.name for one in fields(cls)]
        unknown = [str(name) for name in record if name not in known]
        if unknown:
            raise ValueError(f"'{unknown[0][:40]}' is no field of a recipe; it has {_list(known)}")
        try:
            return msgspec.convert(dict(record), cls)
        except msgspec.ValidationError as fault:
            raise ValueError(readable(fault)) from None


def _list(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
