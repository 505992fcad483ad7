"""The float32 files of a loaded model: the variant, and what int8 is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from host_tools.convert.fake_quantization import TrainedGraphs, split_fake_quantization
from host_tools.convert.tf_converter import convert_saved_model
from host_tools.models.loaded_model import LoadedModel
from host_tools.tflite.float_graph import FloatGraph, without_fake_quantization
from host_tools.tflite.variant_types import check_variant_types


@dataclass(frozen=True)
class FloatModels:
    """What the other variants are made of, each computed once."""

    loaded: LoadedModel

    @cached_property
    def float32(self) -> bytes:
        """The float32 .tflite, which all other variants are compared with."""
        if self.loaded.float32 is not None:
            model = self.to_int8.model
        else:
            model = convert_saved_model(self.graphs.without, "float32", _no_images)
        try:
            check_variant_types(model, "float32")
        except ModelError as fault:
            raise ModelError(f"the float32 file is not float32: {fault}") from fault
        return model

    @cached_property
    def to_int8(self) -> FloatGraph:
        """The float32 .tflite that ai-edge-quantizer makes int8 of, with the ranges of training."""
        if self.loaded.float32 is not None:
            return without_fake_quantization(self.loaded.float32)
        if not self.graphs.removed:
            return FloatGraph(self.float32, {})
        model = convert_saved_model(self.graphs.for_int8, "float32", _no_images)
        return without_fake_quantization(model)

    @cached_property
    def graphs(self) -> TrainedGraphs:
        """The SavedModel for int8 and for the other variants."""
        if self.loaded.saved is None:
            raise ModelError("the model has no graph to convert; convert another file")
        return split_fake_quantization(self.loaded.saved)

    @property
    def source(self) -> Path | None:
        """The SavedModel that float32 is made of; None for a .tflite file."""
        return None if self.loaded.saved is None else self.graphs.without

    @property
    def notes(self) -> Mapping[str, str]:
        """Entries for the card's source."""
        given = self.loaded.float32
        if given is not None:
            found, count = self.to_int8.model is not given, len(self.to_int8.ranges)
        else:
            found, count = self.graphs.removed > 0, self.graphs.ranges
        if not found:
            return {}
        used = f"int8 uses {count} of its ranges" if count else "it gives no ranges for int8"
        return {"fake_quantization": f"{used}; the other variants are without it"}


def _no_images() -> Iterator[list[NDArray[np.float32]]]:
    """Float32 is made without any."""
    yield from ()
