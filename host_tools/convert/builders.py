"""The ways to make each variant of a loaded model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from edge_app.errors import ModelError
from edge_app.model.card import InputSpec
from host_tools.convert.ai_edge import TensorRanges, measure_ranges, quantize
from host_tools.convert.calibration import Calibration
from host_tools.convert.conversion_options import ConversionOptions
from host_tools.convert.tf_converter import convert_saved_model
from host_tools.models.loaded_model import LoadedModel


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
            found["tensorflow"] = lambda: convert_saved_model(
                saved, variant, self._spanning_tensors, io=options.io
            )
        if options.quantizer != "tensorflow" or saved is None:
            found["ai-edge-quantizer"] = lambda: self._quantize(variant)
        return found

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

    def _quantize(self, variant: str) -> bytes:
        return quantize(
            self.float32,
            variant,
            ranges=self._ranges if variant == "int8" else None,
            input=self.given,
            io=self.options.io,
            keep_float=self.options.keep_float,
        )

    def _spanning_tensors(self) -> Iterator[list[NDArray[np.float32]]]:
        return self.calibration.spanning_tensors(self.given, self.loaded.shape)
