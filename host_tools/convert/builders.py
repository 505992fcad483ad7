"""The ways to make each variant of a loaded model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from edge_app.errors import ModelError
from edge_app.model.card import InputSpec
from host_tools.convert.ai_edge import TensorRanges, measure_ranges, quantize
from host_tools.convert.calibration import Calibration
from host_tools.convert.conversion_options import ConversionOptions
from host_tools.convert.small_layers import quantize_small_layers
from host_tools.convert.tf_converter import convert_saved_model, quantize_tflite
from host_tools.models.loaded_model import LoadedModel
from host_tools.tflite.flatbuffer import read_graph
from host_tools.tflite.variant_check import check_variant_types


@dataclass(frozen=True)
class VariantBuilders:
    """Builders of variants with TensorFlow's converter and with ai-edge-quantizer.

    The float32 file and the ranges, which several builders need, are computed once.
    """

    options: ConversionOptions
    loaded: LoadedModel
    given: InputSpec
    calibration: Calibration
    progress: Progress

    @cached_property
    def float32(self) -> bytes:
        """The float32 .tflite, which all other variants are compared with."""
        if self.loaded.float32 is not None:
            return self.loaded.float32
        if self.loaded.saved is None:
            raise ModelError("the model has no graph to convert; convert another file")
        return convert_saved_model(self.loaded.saved, "float32", self._spanning_tensors)

    def builders(self, variant: str) -> Mapping[str, Callable[[], bytes]]:
        """Return functions that build a variant's .tflite, by the name of their quantizer."""
        options, saved = self.options, self.loaded.saved
        found: dict[str, Callable[[], bytes]] = {}
        if saved and options.quantizer != "ai-edge-quantizer" and not options.keep_float:
            found["tensorflow"] = lambda: self._convert(saved, variant)
        if options.quantizer != "tensorflow" or saved is None:
            found["ai-edge-quantizer"] = lambda: self._quantize(variant)
        return {name: self._checked(name, variant, build) for name, build in found.items()}

    def fallback(self, variant: str) -> Mapping[str, Callable[[], bytes]]:
        """Return further builders, as `builders`, for when none of those makes the variant.

        TensorFlow quantizes a .tflite file too, and more kinds of operators, but calibrates slowly.
        """
        if self.loaded.saved or variant != "int8" or self.options.keep_float:
            return {}
        return {"tensorflow": self._checked("tensorflow", variant, self._quantize_with_tensorflow)}

    @cached_property
    def _ranges(self) -> TensorRanges:
        task = self.progress.add_task(
            "calibrating int8", total=len(self.calibration.images), even=True
        )
        return measure_ranges(
            self.float32,
            (tensor for [tensor] in self.calibration.tensors(self.given, self.loaded.shape)),
            names=self.calibration.names,
            on_sample=lambda: self.progress.advance(task),
        )

    def _checked(
        self, quantizer: str, variant: str, build: Callable[[], bytes]
    ) -> Callable[[], bytes]:
        """Return a builder whose file is checked to be what the name of the variant says."""

        def build_and_check() -> bytes:
            content = build()
            kept = read_graph(self.float32).matching(self.options.keep_float)
            try:
                check_variant_types(content, variant, {operator.name for operator in kept})
            except ModelError as fault:
                raise ModelError(f"{quantizer} made a {variant} that is none: {fault}") from fault
            return content

        return build_and_check

    def _convert(self, saved: Path, variant: str) -> bytes:
        content = convert_saved_model(saved, variant, self._spanning_tensors, io=self.options.io)
        return quantize_small_layers(content) if variant == "dynamic_range" else content

    def _quantize(self, variant: str) -> bytes:
        return quantize(
            self.float32,
            variant,
            ranges=self._ranges if variant == "int8" else None,
            input=self.given,
            io=self.options.io,
            keep_float=self.options.keep_float,
        )

    def _quantize_with_tensorflow(self) -> bytes:
        return quantize_tflite(self.float32, self._spanning_tensors, io=self.options.io)

    def _spanning_tensors(self) -> Iterator[list[NDArray[np.float32]]]:
        return self.calibration.spanning_tensors(self.given, self.loaded.shape)
