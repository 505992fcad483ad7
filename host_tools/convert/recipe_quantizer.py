"""Quantization of a float32 .tflite by a recipe: one candidate of a search, or a card's variant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from edge_app.errors import ModelError
from edge_app.model.card import InputSpec
from edge_app.model.recipe import Recipe
from host_tools.convert.activation_ranges import choose_ranges, needs_histograms
from host_tools.convert.activation_statistics import (
    ActivationStatistics,
    Sample,
    TensorRanges,
    measure_activations,
)
from host_tools.convert.ai_edge import run_quantizer, whole_ranges
from host_tools.convert.bias_correction import correct_biases
from host_tools.convert.biases import preserve_dead_filter_biases, with_live_filters
from host_tools.convert.equalization import equalize
from host_tools.convert.quantizer_rules import rules_of
from host_tools.tflite.flatbuffer import read_graph, with_current_schema
from host_tools.tflite.variant_types import read_operator_types

Statistics = Mapping[str, ActivationStatistics]


@dataclass
class RecipeCalibration:
    """Calibration images as inputs of a network, and what was measured on them.

    Recipes of one network share the measurements, so that a search runs the images once for each
    network that differs: the model itself and its equalized form.
    samples: returns float32 in the input's shape, the same each time. input: the preprocessing,
        which gives the input's range. trained: ranges that training has found, by tensor; they
        replace measured ones. names: of the images, for errors. on_sample: called after each run.
    """

    samples: Callable[[], Iterable[Sample]]
    input: InputSpec
    trained: TensorRanges = field(default_factory=dict)
    names: tuple[str, ...] = ()
    on_sample: Callable[[], None] = lambda: None
    _measured: dict[tuple[bytes, bool], Statistics] = field(default_factory=dict, repr=False)

    def statistics(self, model: bytes, *, histograms: bool) -> Statistics:
        """Return the statistics of each activation of a float32 model, measured once.

        Raises ModelError as `measure_activations`.
        """
        known = self._measured.get((model, True))
        if known is None and not histograms:
            known = self._measured.get((model, False))
        if known is None:
            known = measure_activations(
                model,
                self.samples,
                histograms=histograms,
                channels=_next_to_layers(model),
                names=self.names,
                on_sample=self.on_sample,
            )
            self._measured[model, histograms] = known
        return known


def quantize(float_model: bytes, recipe: Recipe, calibration: RecipeCalibration) -> bytes:
    """Return the .tflite that a recipe makes of a float32 one; the same bytes each time.

    Raises ModelError for a model that is no float32 .tflite, operators that it does not have, or
    a form that the quantizer cannot make.
    """
    graph = read_graph(float_model)
    if not graph.float32:
        raise ModelError("the model is already quantized; start from its float32 .tflite")
    rules = rules_of(recipe, graph)
    model = with_current_schema(float_model)
    trained = calibration.trained
    if recipe.equalize:
        before = calibration.statistics(model, histograms=False)
        equalized = equalize(model, {name: one.tops for name, one in before.items() if one.rows})
        model = equalized.model
        trained = {name: ends for name, ends in trained.items() if name not in equalized.scaled}
    statistics: Statistics = {}
    if recipe.needs_images:
        statistics = calibration.statistics(model, histograms=needs_histograms(recipe))
    ranges: TensorRanges | None = None
    if recipe.calibrated:
        measured = choose_ranges(statistics, recipe)
        ranges = whole_ranges(measured, graph, calibration.input, trained)
    model = _with_safe_scales(model, recipe, ranges)
    quantized = run_quantizer(model, rules, ranges)
    if not recipe.correct_bias:
        return quantized
    means = {name: one.means for name, one in statistics.items() if one.rows}
    corrected = correct_biases(model, quantized, means)
    return quantized if corrected is model else run_quantizer(corrected, rules, ranges)


def left_in_float(quantized: bytes, recipe: Recipe, float_model: bytes) -> dict[str, int]:
    """Return how many operators of each kind compute in float without being kept there.

    The quantizer has no integers for them, and says nothing. Empty where activations are floats.
    """
    if not recipe.calibrated:
        return {}
    kept = {operator.name for operator in read_graph(float_model).matching(recipe.keep)}
    found = [one for one in read_operator_types(quantized) if one.in_float]
    return dict(sorted(Counter(one.kind for one in found if one.name not in kept).items()))


def _with_safe_scales(model: bytes, recipe: Recipe, ranges: TensorRanges | None) -> bytes:
    """Return the model with filters whose scale can hold their bias, and is not zero.

    A bias of int16x8 has 64 bits, which hold any.
    """
    if recipe.weights != "min_max":
        model = with_live_filters(model)
    if ranges is None or recipe.scheme == "int16x8":
        return model
    return preserve_dead_filter_biases(model, ranges, by_energy=recipe.weights == "mse")


def _next_to_layers(model: bytes) -> frozenset[str]:
    """Return the names of the tensors that layers with weights read and write."""
    layers = [one for one in read_graph(model).operators if one.weights]
    return frozenset(name for one in layers for name in (*one.inputs[:1], *one.outputs))
