"""Offer the ways there are to make each variant of a loaded model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from edge_app.errors import ModelError
from edge_app.model.card import InputSpec
from host_tools.convert.ai_edge import measure_ranges, quantize
from host_tools.convert.calibration import Calibration
from host_tools.convert.conversion_options import ConversionOptions, input_spec
from host_tools.convert.tf_converter import convert_saved_model
from host_tools.models.loaded_model import LoadedModel


class VariantBuilders:
    """Make variants with TensorFlow's converter and with ai-edge-quantizer.

    What both int8 variants need, the float32 bytes and the ranges, is made once.
    """

    def __init__(
        self,
        recipe: ConversionOptions,
        loaded: LoadedModel,
        calibration: Calibration,
        progress: Progress,
    ) -> None:
        self.calibration = calibration
        self.given: InputSpec = input_spec(recipe, loaded)[0]
        self._recipe = recipe
        self._loaded = loaded
        self._progress = progress

    def float32(self) -> bytes:
        """Return the float32 variant that all others are compared with."""
        return self._float32

    def of(self, name: str) -> Mapping[str, Callable[[], bytes]]:
        """Return the makers of a variant by the quantizer's name."""
        recipe, saved = self._recipe, self._loaded.saved
        makers: dict[str, Callable[[], bytes]] = {}
        if saved is not None and not recipe.keep_float and recipe.quantizer != "ai-edge-quantizer":
            makers["tensorflow"] = lambda: convert_saved_model(
                saved, name, self._pictures, io=recipe.io
            )
        if recipe.quantizer != "tensorflow" or saved is None:
            makers["ai-edge-quantizer"] = lambda: self._quantize(name)
        return makers

    @cached_property
    def _float32(self) -> bytes:
        if self._loaded.float32 is not None:
            return self._loaded.float32
        if self._loaded.saved is None:
            raise ModelError("nothing of the model was loaded; convert another file")
        return convert_saved_model(self._loaded.saved, "float32", self._pictures)

    @cached_property
    def _ranges(self) -> Any:
        step = self._progress.add_task("calibrating int8", total=len(self.calibration.images))
        return measure_ranges(
            self._float32,
            (tensor for [tensor] in self._tensors()),
            tick=lambda: self._progress.advance(step),
        )

    def _quantize(self, name: str) -> bytes:
        return quantize(
            self._float32,
            name,
            ranges=self._ranges if name == "int8" else None,
            input=self.given,
            io=self._recipe.io,
            keep_float=self._recipe.keep_float,
        )

    def _tensors(self) -> Iterator[list[NDArray[np.float32]]]:
        return self.calibration.tensors(self.given, self._loaded.shape)

    def _pictures(self) -> Iterator[list[NDArray[np.float32]]]:
        return self.calibration.spanning(self.given, self._loaded.shape)
