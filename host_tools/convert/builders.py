"""The ways to make each variant of a loaded model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from edge_app.errors import ModelError
from edge_app.model.card import InputSpec
from edge_app.model.recipe import Recipe
from host_tools.convert.activation_statistics import (
    NotFiniteError,
    TensorRanges,
    measure_ranges,
)
from host_tools.convert.ai_edge import quantize
from host_tools.convert.calibration import Calibration
from host_tools.convert.conversion_options import ConversionOptions
from host_tools.convert.float_models import FloatModels
from host_tools.convert.recipe_quantizer import RecipeCalibration, left_in_float
from host_tools.convert.recipe_quantizer import quantize as quantize_by_recipe
from host_tools.convert.select import with_version
from host_tools.convert.small_layers import quantize_small_layers
from host_tools.convert.tf_converter import convert_saved_model, quantize_tflite
from host_tools.tflite.flatbuffer import read_graph
from host_tools.tflite.variant_types import check_variant_types


@dataclass(frozen=True)
class VariantBuilders:
    """Builders of variants with TensorFlow's converter and with ai-edge-quantizer.

    The ranges, which several builders need, are computed once.
    """

    options: ConversionOptions
    floats: FloatModels
    given: InputSpec
    calibration: Calibration
    progress: Progress

    def builders(self, variant: str) -> Mapping[str, Callable[[], bytes]]:
        """Return functions that build a variant's .tflite, by the name of their quantizer."""
        options, saved = self.options, self.floats.loaded.saved
        found: dict[str, Callable[[], bytes]] = {}
        if saved and options.quantizer != "ai-edge-quantizer" and not options.keep_float:
            found["tensorflow"] = lambda: self._convert(variant)
        if saved is None and options.quantizer == "tensorflow" and variant == "int8":
            return self._with_tensorflow
        if options.quantizer != "tensorflow" or saved is None:
            found["ai-edge-quantizer"] = lambda: self._quantize(variant)
        return {name: self._checked(name, variant, build) for name, build in found.items()}

    def fallback(self, variant: str) -> Mapping[str, Callable[[], bytes]]:
        """Return further builders, as `builders`, for when none of those makes the variant.

        TensorFlow quantizes a .tflite file too, and more kinds of operators, but calibrates slowly.
        """
        if self.floats.loaded.saved or variant != "int8" or self.options.keep_float:
            return {}
        return self._with_tensorflow if self.options.quantizer == "auto" else {}

    def check_images(self) -> None:
        """Raise NotFiniteError if a calibration image makes a layer NaN or infinite.

        Every quantizer would use that image, and TensorFlow's would not say so.
        """
        try:
            _ = self._ranges
        except NotFiniteError:
            raise
        except ModelError:  # said where the variant is built, if that needs the ranges
            return

    def from_recipe(self, recipe: Recipe) -> tuple[bytes, dict[str, Any]]:
        """Return the .tflite that a recipe makes, and what the card says of it.

        Raises ModelError if it cannot be made.
        """
        source = self.floats.to_int8.model if recipe.calibrated else self.floats.float32
        content = quantize_by_recipe(source, recipe, self._recipe_calibration)
        measured: dict[str, Any] = {"quantizer": with_version("ai-edge-quantizer")}
        left = left_in_float(content, recipe, source)
        return content, {**measured, "left_in_float": left} if left else measured

    @property
    def _with_tensorflow(self) -> Mapping[str, Callable[[], bytes]]:
        """The builder of int8 that quantizes a .tflite file with TensorFlow."""
        return {"tensorflow": self._checked("tensorflow", "int8", self._quantize_with_tensorflow)}

    @cached_property
    def _ranges(self) -> TensorRanges:
        task = self.progress.add_task(
            "calibrating int8", total=len(self.calibration.images), even=True
        )
        return measure_ranges(
            self.floats.to_int8.model,
            (
                tensor
                for [tensor] in self.calibration.tensors(
                    self.given, self.floats.loaded.tensor_shape
                )
            ),
            names=self.calibration.names,
            on_sample=lambda: self.progress.advance(task),
        )

    @cached_property
    def _recipe_calibration(self) -> RecipeCalibration:
        """The images, and what recipes have measured on them."""
        task = self.progress.add_task("calibrating for recipes", total=None)
        return RecipeCalibration(
            lambda: (
                tensor
                for [tensor] in self.calibration.tensors(
                    self.given, self.floats.loaded.tensor_shape
                )
            ),
            self.given,
            trained=self.floats.to_int8.ranges,
            names=self.calibration.names,
            on_sample=lambda: self.progress.advance(task),
        )

    def _checked(
        self, quantizer: str, variant: str, build: Callable[[], bytes]
    ) -> Callable[[], bytes]:
        """Return a builder whose file is checked to be what the name of the variant says."""

        def build_and_check() -> bytes:
            content = build()
            source = self.floats.to_int8.model if variant == "int8" else self.floats.float32
            kept = read_graph(source).matching(self.options.keep_float)
            try:
                check_variant_types(content, variant, {operator.name for operator in kept})
            except ModelError as fault:
                raise ModelError(
                    f"{variant} as {quantizer} made it is not {variant}: {fault}"
                ) from fault
            return content

        return build_and_check

    def _convert(self, variant: str) -> bytes:
        saved = self.floats.graphs.for_int8 if variant == "int8" else self.floats.graphs.without
        content = convert_saved_model(saved, variant, self._spanning_tensors, io=self.options.io)
        return quantize_small_layers(content) if variant == "dynamic_range" else content

    def _quantize(self, variant: str) -> bytes:
        in_int8 = variant == "int8"
        return quantize(
            self.floats.to_int8.model if in_int8 else self.floats.float32,
            variant,
            ranges=self._ranges if in_int8 else None,
            trained=self.floats.to_int8.ranges if in_int8 else {},
            input=self.given,
            io=self.options.io,
            keep_float=self.options.keep_float,
        )

    def _quantize_with_tensorflow(self) -> bytes:
        source = self.floats.to_int8
        return quantize_tflite(
            source.model, self._spanning_tensors, io=self.options.io, trained=source.ranges
        )

    def _spanning_tensors(self) -> Iterator[list[NDArray[np.float32]]]:
        return self.calibration.spanning_tensors(self.given, self.floats.loaded.shape)
