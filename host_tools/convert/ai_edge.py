"""Quantization of a float32 .tflite without TensorFlow, by ai-edge-quantizer."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import MappingProxyType

import numpy as np

from edge_app.errors import ModelError
from edge_app.model.card import VARIANTS, InputSpec
from edge_app.model.recipe import INPUT_TYPES, Recipe
from edge_app.python_environment import this_environment
from host_tools.convert.activation_statistics import Sample, TensorRanges, measure_ranges
from host_tools.convert.biases import preserve_dead_filter_biases
from host_tools.convert.quantizer_rules import Rules, rules_of
from host_tools.framework import captured_stderr, check_host_package
from host_tools.models.loaded_model import one_line
from host_tools.tflite.flatbuffer import (
    FlatbufferGraph,
    read_graph,
    with_current_schema,
)

# The range of a tensor that is zero for every image. Without one its scale is 4e-12, which XNNPACK
# does not take, so that the graph falls apart.
_SILENT = (0.0, 1.0)


def quantize(
    model: bytes,
    variant: str,
    *,
    samples: Iterable[Sample] = (),
    input: InputSpec,  # noqa: A002  # its name in the card
    io: str = "uint8",
    keep_float: Sequence[str] = (),
    ranges: TensorRanges | None = None,
    trained: TensorRanges = MappingProxyType({}),
) -> bytes:
    """Return the bytes of one of the four variants of a float32 .tflite.

    float16: weights in half precision, converted to float32 when the file is loaded.
    dynamic_range: 8-bit weights per channel in CONV_2D, per tensor in FULLY_CONNECTED.
    int8: weights per channel and activations in 8 bits, with the ranges that `samples` reach.

    samples: float32 in the input's shape, as edge_app prepares images. ranges: replaces samples by
        a result of `measure_ranges`, to save its runs if several variants are made.
    trained: ranges that training has found, which replace the measured ones.
    input: the preprocessing. Its scaling becomes the input's scale and zero point, so that a uint8
        image is the tensor. io: type of the input; "float32" keeps the output in float too, else
        the output is int8.
    keep_float: patterns of operators that stay in float; see `Operator.matches`.
    Raises ModelError for a model that is no float32 .tflite or cannot be quantized.
    """
    if variant not in VARIANTS or io not in INPUT_TYPES:
        raise ModelError(
            f"there is no variant '{variant}' with {io} input; "
            f"choose from {', '.join(VARIANTS)} and {', '.join(INPUT_TYPES)}"
        )
    graph = read_graph(model)
    if not graph.float32:
        raise ModelError("the model is already quantized; start from its float32 .tflite")
    if variant == "float32":
        return model
    model = with_current_schema(model)
    kept = tuple(keep_float)
    if variant != "int8":
        return run_quantizer(model, rules_of(Recipe(scheme=variant, keep=kept), graph), None)
    found = measure_ranges(model, samples) if ranges is None else ranges
    found = whole_ranges(found, graph, input, trained)
    ready = preserve_dead_filter_biases(model, found)
    return run_quantizer(ready, rules_of(Recipe(scheme="int8", keep=kept, io=io), graph), found)


def whole_ranges(
    measured: TensorRanges, graph: FlatbufferGraph, given: InputSpec, trained: TensorRanges
) -> TensorRanges:
    """Return measured ranges with that of the pixels and those that training has found."""
    found = {name: ends if any(ends) else _SILENT for name, ends in measured.items()}
    return {**found, **{name: pixel_range(given) for name in graph.inputs}, **trained}


def pixel_range(given: InputSpec) -> tuple[float, float]:
    """Return the input's minimum and maximum for pixels from 0 to 255.

    Channels of different scaling share one range that holds all of them.
    """
    ends = (np.array([[0.0], [255.0]]) - np.asarray(given.mean)) / np.asarray(given.std)
    return float(ends.min()), float(ends.max())


def check_ai_edge() -> None:
    """Raise ModelError if ai-edge-quantizer is not installed; it is not loaded."""
    check_host_package("ai_edge_quantizer", "ai-edge-quantizer")


@contextmanager
def _quiet_root_logger() -> Iterator[None]:
    """Show errors alone of what is logged without a name, as the quantizer does."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(max(logging.ERROR, before))
    try:
        yield
    finally:
        root.setLevel(before)


def run_quantizer(model: bytes, rules: Rules, ranges: TensorRanges | None) -> bytes:
    """Run ai-edge-quantizer; raise ModelError with its reason.

    model: bytes of a float32 .tflite of today's schema. ranges: None for schemes without any.
    """
    try:
        from ai_edge_quantizer import quantizer
    except ImportError as fault:
        raise ModelError(
            f"ai-edge-quantizer does not load ({fault}); "
            f"run: {this_environment().install_extra('host')}"
        ) from fault
    values = (
        None
        if ranges is None
        else {
            name: {"min": np.array([low], np.float32), "max": np.array([high], np.float32)}
            for name, (low, high) in ranges.items()
        }
    )
    lines: list[str] = []
    try:
        with captured_stderr() as lines, warnings.catch_warnings(), _quiet_root_logger():
            warnings.simplefilter("ignore")  # about the interpreter that it reads the model with
            result = quantizer.Quantizer(bytearray(model), rules).quantize(
                values, enable_progress_bar=False, enable_progress_report=False
            )
    except Exception as fault:  # it may raise anything, even KeyError
        raise ModelError(
            f"ai-edge-quantizer cannot make this variant: {one_line(fault, *lines)}; leave the "
            "operator in float with --keep-float, or start from the Keras model"
        ) from fault
    if result.quantized_model is None:
        raise ModelError(
            "ai-edge-quantizer found nothing to quantize; check that it is the right model"
        )
    return bytes(result.quantized_model)
