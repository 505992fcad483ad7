"""What recipes make of a model: python -m tests.benchmarks.bench_recipes MODEL.

Each scheme, and some with and without equalization and bias correction: size, partitions in each
runtime, agreement with float32 and score. The part `per-tensor` rounds the float32 weights with one
scale per layer, as the paper of both methods does (arXiv:1906.04721), and runs them in float.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.model.card import ModelSpec, Variant
from edge_app.model.catalog import resolve_model, sample
from edge_app.model.engine import load_engine
from edge_app.model.interpreter.loading import load_network
from edge_app.model.interpreter.runtimes import installed
from edge_app.model.recipe import Recipe
from host_tools.convert.bias_correction import output_shift
from host_tools.convert.calibration import Calibration, CalibrationOptions, choose_images
from host_tools.convert.equalization import EqualizedModel, equalize
from host_tools.convert.evaluation import Evaluation, parse_evaluation
from host_tools.convert.recipe_quantizer import RecipeCalibration, quantize
from host_tools.convert.verify import Predictions, difference, time_interleaved, verify
from host_tools.tflite.flatbuffer import read_graph
from host_tools.tflite.intermediate import GraphRunner
from host_tools.tflite.layer_weights import LayerEditor
from host_tools.tflite.parsed_model import model_bytes, parse_model, tensor_name
from tests.benchmarks.script import bench_parser, say

SCHEMES = [
    Recipe(scheme="float16"),
    Recipe(scheme="dynamic_range"),
    Recipe(scheme="int8"),
    Recipe(scheme="int4"),
    Recipe(scheme="int4", weights="octav"),
    Recipe(scheme="int16x8"),
]
_WAYS = [(False, False), (True, False), (False, True), (True, True)]
Means = Mapping[str, NDArray[np.float64]]


@dataclass
class Measured:
    """The float32 network of a model, its images, and what float32 makes of them."""

    spec: ModelSpec
    model: bytes
    images: Calibration
    evaluation: Evaluation | None
    calibration: RecipeCalibration
    scratch: Path
    reference: Predictions
    timed: bool = False
    runtimes: tuple[str, ...] = ("litert",)

    def show(self, name: str, content: bytes) -> None:
        """Measure one file, and print its line."""
        path = self.scratch / f"{name}.tflite"
        path.write_bytes(content)
        variant = Variant("int8", path, len(content))
        spec = replace(self.spec, variants={"int8": variant}, golden={})
        shown = () if self.evaluation else self.images.images
        found = verify(spec, "int8", self.evaluation, shown)
        quality = found.variant.quality
        figures = [f"{key} {quality[key]:.4f}" for key in ("miou", "top1") if key in quality]
        if self.reference.classes:
            agreement = difference(self.reference, found.predictions)["agreement"]
            figures.insert(0, f"agreement {agreement:.4f}")
        else:
            self.reference = found.predictions
        if self.timed:
            figures.append(self._time(spec))
        parts = ", ".join(f"{one} {_partitions(path, one)}" for one in self.runtimes)
        say(f"{name:<34} {len(content):>9} bytes  {'  '.join(figures)}  parts: {parts}")

    def _time(self, spec: ModelSpec) -> str:
        whole = replace(self.spec, golden={})
        engines = [load_engine(whole, "float32", threads=2), load_engine(spec, "int8", threads=2)]
        image = self.images.images[0]
        first_ms, own_ms = time_interleaved(engines, image)
        return f"{own_ms:.2f} ms, {own_ms / first_ms:.2f} of float32"


def measured_model(
    name: str, calibration: str, evaluation: str, every: int, samples: int, scratch: Path
) -> Measured:
    """Return a model folder's float32 network with images to calibrate and to score on."""
    spec = resolve_model(name)
    chosen = choose_images(
        CalibrationOptions(calibration or sample(spec)[0], samples, allow_weak=True)
    )
    model = spec.variant("float32").path.read_bytes()
    shape = GraphRunner(model, inner=False).input.shape

    def tensors() -> Iterator[NDArray[np.float32]]:
        return (tensor for [tensor] in chosen.tensors(spec.input, shape))

    return Measured(
        spec=spec,
        model=model,
        images=chosen,
        evaluation=parse_evaluation(evaluation, every) if evaluation else None,
        calibration=RecipeCalibration(tensors, spec.input),
        scratch=scratch,
        reference=Predictions(),
    )


def rounded_per_tensor(model: bytes, means: Means | None = None, bits: int = 8) -> bytes:
    """Return a float32 .tflite whose weights are rounded with one scale per layer.

    means: of the channels of each tensor; with them the biases make up for the rounding.
    """
    parsed = parse_model(model)
    editor = LayerEditor(parsed)
    for layer in list(editor.layers()):
        weights = layer.weights.astype(np.float64)
        scale = np.abs(weights).max() / (2 ** (bits - 1) - 1) or 1.0
        rounded = np.rint(weights / scale) * scale
        editor.set_weights(layer, rounded)
        given = editor.graph.tensors[layer.given]
        mean = (means or {}).get(tensor_name(given))
        if mean is None:
            continue
        shift = output_shift(layer, rounded - weights, mean, tuple(map(int, given.shape)))
        if shift is not None:
            before = np.zeros(len(shift)) if layer.bias is None else layer.bias
            editor.set_bias(layer, before - shift)
    return model_bytes(parsed)


def show_recipes(measured: Measured, recipes: Sequence[Recipe]) -> None:
    """Measure every recipe, or print why it cannot be made."""
    for recipe in recipes:
        name = " ".join(f"{key}={value}" for key, value in recipe.to_record().items())
        name = name.removeprefix("scheme=").replace("=True", "")
        _try(measured, name, partial(quantize, measured.model, recipe, measured.calibration))


def show_per_tensor(measured: Measured, widths: Sequence[int]) -> None:
    """Measure rounding with one scale per layer, with ReLU6 and, as in the paper, without."""
    for words, model in (("", measured.model), ("no ReLU6, ", without_caps(measured.model))):
        if words and model == measured.model:
            continue
        for bits in widths:
            for scaled, corrected in _WAYS:
                source = equalized(measured, model).model if scaled else model
                statistics = measured.calibration.statistics(source, histograms=False)
                means = {key: one.means for key, one in statistics.items() if one.rows}
                content = rounded_per_tensor(source, means if corrected else None, bits)
                ways = (" equalize" if scaled else "") + (" correct_bias" if corrected else "")
                measured.show(f"{words}{bits} bits per tensor{ways}", content)
        measured.show(f"{words}float32, equalized", equalized(measured, model).model)


def equalized(measured: Measured, model: bytes) -> EqualizedModel:
    """Return a float32 model with equalized pairs."""
    statistics = measured.calibration.statistics(model, histograms=False)
    return equalize(model, {name: one.tops for name, one in statistics.items() if one.rows})


def without_caps(model: bytes) -> bytes:
    """Return a float32 .tflite with ReLU in place of fused ReLU6."""
    parsed = parse_model(model)
    layers = list(LayerEditor(parsed).layers())
    capped = [one for one in layers if one.operator.builtinOptions.fusedActivationFunction == 3]
    for layer in capped:
        layer.operator.builtinOptions.fusedActivationFunction = 1
    return model_bytes(parsed) if capped else model


def ablation(schemes: Sequence[str]) -> list[Recipe]:
    """Return each scheme with and without both methods."""
    return [
        Recipe(scheme=scheme, equalize=scaled, correct_bias=corrected)
        for scheme in schemes
        for scaled, corrected in _WAYS
    ]


def _try(measured: Measured, name: str, make: Callable[[], bytes]) -> None:
    try:
        measured.show(name, make())
    except ModelError as fault:
        say(f"{name}: {fault}")


def _partitions(path: Path, runtime: str) -> str:
    try:
        split = load_network(path, runtime=runtime, threads=1).delegation
    except ModelError:
        return "does not load"
    return f"{split.partitions} ({split.delegated} of {split.operators})"


def main() -> None:
    """Measure the digit network or another model folder."""
    parser = bench_parser(__doc__)
    parser.add_argument("model", nargs="?", default="mnist", help="(default: mnist)")
    parser.add_argument("--calibration", default="", metavar="IMAGES", help="(default: a sample)")
    parser.add_argument("--eval", default="", help="as for host-tools convert (default: none)")
    parser.add_argument("--eval-every", type=int, default=1, help="(default: 1)")
    parser.add_argument("--samples", type=int, default=20, help="of calibration (default: 20)")
    parser.add_argument("--parts", default="schemes,ablation,per-tensor", help="what to measure")
    parser.add_argument(
        "--ablated", default="int8,int4,dynamic_range", help="schemes of the ablation"
    )
    parser.add_argument("--times", action="store_true", help="measure times (default: off)")
    options = parser.parse_args()
    if find_spec("ai_edge_quantizer") is None:
        say("0 recipes measured: it needs the host extra, pip install -e '.[host]'")
        return
    samples = 2 if options.smoke else options.samples
    bits = (8,) if options.smoke else (8, 6)
    parts = options.parts.split(",")
    with tempfile.TemporaryDirectory() as scratch:
        measured = measured_model(
            options.model,
            options.calibration,
            options.eval,
            options.eval_every,
            samples,
            Path(scratch),
        )
        operators = len(read_graph(measured.model).operators)
        pairs = equalized(measured, measured.model).pairs
        say(f"{options.model}: {operators} operators, {pairs} pairs that can be equalized")
        measured.show("float32", measured.model)
        measured.timed = options.times
        if "schemes" in parts:
            measured.runtimes = ("litert",) if options.smoke else installed()
            show_recipes(measured, SCHEMES[2:3] if options.smoke else SCHEMES)
        measured.runtimes = ("litert",)
        if "ablation" in parts and not options.smoke:
            show_recipes(measured, ablation(options.ablated.split(",")))
        if "per-tensor" in parts:
            show_per_tensor(measured, bits)


if __name__ == "__main__":
    main()
