"""Quantization of a float32 .tflite without TensorFlow, by ai-edge-quantizer."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.model.card import VARIANTS, InputSpec
from edge_app.python_environment import this_environment
from host_tools.convert.biases import preserve_dead_filter_biases
from host_tools.framework import captured_stderr, check_host_package
from host_tools.models.loaded_model import one_line
from host_tools.tflite.flatbuffer import (
    FlatbufferGraph,
    first_name,
    read_graph,
    with_current_schema,
)
from host_tools.tflite.intermediate import GraphRunner

Sample = NDArray[np.float32]
# Minimum and maximum of each tensor, by its name.
TensorRanges = Mapping[str, tuple[float, float]]


class NotFiniteError(ModelError):
    """An image makes a layer NaN or infinite."""


IO = ("uint8", "int8", "float32")
# The range of a tensor that is zero for every image. Without one its scale is 4e-12, which XNNPACK
# does not take, so that the graph falls apart.
_SILENT = (0.0, 1.0)
# XNNPACK takes 8-bit weights with float activations only in these two. With 8-bit depthwise filters
# DeepLab at 257x513 fell into 16 partitions, and took 75 ms instead of 34.
_DYNAMIC = ("CONV_2D", "FULLY_CONNECTED")
_FLOAT16 = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "CONV_2D_TRANSPOSE")


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
    if variant not in VARIANTS or io not in IO:
        raise ModelError(
            f"there is no variant '{variant}' with {io} input; "
            f"choose from {', '.join(VARIANTS)} and {', '.join(IO)}"
        )
    graph = read_graph(model)
    if not graph.float32:
        raise ModelError("the model is already quantized; start from its float32 .tflite")
    if variant == "float32":
        return model
    model = with_current_schema(model)
    if variant != "int8":
        return _run(model, _weights_recipe(variant) + _keep_float(graph, keep_float), None)
    found = measure_ranges(model, samples) if ranges is None else ranges
    found = {name: _SILENT if not any(ends) else ends for name, ends in found.items()}
    found = {**found, **{name: pixel_range(input) for name in graph.inputs}, **trained}
    ready = preserve_dead_filter_biases(model, found)
    return _run(ready, _int8_recipe(io) + _keep_float(graph, keep_float), found)


def measure_ranges(
    model: bytes,
    samples: Iterable[Sample],
    *,
    names: Sequence[str] = (),
    on_sample: Callable[[], None] = lambda: None,
) -> TensorRanges:
    """Return the minimum and maximum of each tensor over all samples.

    ai-edge-quantizer's own calibration is a moving average with a weight of 0.05 for each new
    image: it depends on the order, and clips values that a single image reaches.
    names: of the samples, for errors; else their numbers.
    Raises ModelError without samples, NotFiniteError if a tensor's values are not finite.
    """
    graph = GraphRunner(model, delegated=True)
    found: dict[str, tuple[float, float]] = {}
    for number, sample in enumerate(samples):
        graph.run(sample)
        ranges = list(graph.ranges())
        bad = [name for name, low, high in ranges if not np.isfinite([low, high]).all()]
        if bad:
            # The graph's own outputs come first among the tensors, the others as they are written.
            layer = next((name for name in bad if name != graph.output.name), bad[0])
            image = names[number] if number < len(names) else f"sample {number}"
            raise NotFiniteError(
                f"the image {image} makes the layer {first_name(layer)} NaN or infinite, so the "
                "layer has no range; leave that image out, or check --mean and --std"
            )
        for name, low, high in ranges:
            before = found.get(name, (low, high))
            found[name] = (min(low, before[0]), max(high, before[1]))
        on_sample()
    if not found:
        raise ModelError("int8 needs real images for calibration; give some")
    return found


def pixel_range(given: InputSpec) -> tuple[float, float]:
    """Return the input's minimum and maximum for pixels from 0 to 255.

    Channels of different scaling share one range that holds all of them.
    """
    ends = (np.array([[0.0], [255.0]]) - np.asarray(given.mean)) / np.asarray(given.std)
    return float(ends.min()), float(ends.max())


# A recipe of ai-edge-quantizer: rules for operators, of which the last match counts.
Recipe = list[dict[str, Any]]


def _weights_recipe(variant: str) -> Recipe:
    """Return the recipe of a variant with quantized weights only."""
    if variant == "float16":
        half = _tensor("FLOAT", bits=16)
        return [
            _rule(kind, half, compute="FLOAT", explicit=True, algorithm="float_casting")
            for kind in _FLOAT16
        ]
    return [_rule(kind, _tensor("INT", per_channel=kind != "FULLY_CONNECTED")) for kind in _DYNAMIC]


def _int8_recipe(io: str) -> Recipe:
    """Return the recipe for integer arithmetic, with input and output as in `quantize`."""
    weights = _tensor("INT")
    recipe = [_rule("*", weights, _tensor("INT", per_channel=False, symmetric=False))]
    if io == "uint8":
        pixels = _tensor("UINT", per_channel=False, symmetric=False)
        recipe.append(_rule("INPUT", weights, pixels))
    if io == "float32":
        recipe += [_no_quantize("INPUT"), _no_quantize("OUTPUT")]
    return recipe


def _keep_float(graph: FlatbufferGraph, patterns: Sequence[str]) -> Recipe:
    """Return the rules that keep matching operators in float."""
    names = dict.fromkeys(operator.name for operator in graph.matching(patterns))
    return [_no_quantize("*", regex=f"^{re.escape(name)};?$") for name in names]


def _tensor(
    dtype: str, *, bits: int = 8, per_channel: bool = True, symmetric: bool = True
) -> dict[str, Any]:
    granularity = "CHANNELWISE" if per_channel else "TENSORWISE"
    return {"num_bits": bits, "symmetric": symmetric, "granularity": granularity, "dtype": dtype}


def _rule(
    kind: str,
    weights: dict[str, Any],
    activations: dict[str, Any] | None = None,
    *,
    compute: str = "INTEGER",
    explicit: bool = False,
    algorithm: str = "min_max_uniform_quantize",
) -> dict[str, Any]:
    config = {
        "weight_tensor_config": weights,
        "compute_precision": compute,
        "explicit_dequantize": explicit,
    }
    if activations:
        config["activation_tensor_config"] = activations
    return {"regex": ".*", "operation": kind, "algorithm_key": algorithm, "op_config": config}


def _no_quantize(kind: str, regex: str = ".*") -> dict[str, Any]:
    return {"regex": regex, "operation": kind, "algorithm_key": "no_quantize", "op_config": {}}


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


def _run(model: bytes, recipe: Recipe, ranges: TensorRanges | None) -> bytes:
    """Run ai-edge-quantizer; raise ModelError with its reason."""
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
            result = quantizer.Quantizer(bytearray(model), recipe).quantize(
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
