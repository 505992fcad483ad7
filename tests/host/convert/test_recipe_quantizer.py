"""A float32 .tflite becomes a variant by its recipe, the same bytes each time."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_app.errors import ModelError
from edge_app.model.recipe import Recipe
from host_tools.convert import ai_edge
from host_tools.convert.recipe_quantizer import RecipeCalibration, left_in_float, quantize
from host_tools.tflite.flatbuffer import read_graph
from host_tools.tflite.intermediate import GraphRunner
from host_tools.tflite.variant_types import OperatorTypes, read_operator_types
from tests.support.tiny_networks import GIVEN, tiny_samples, tiny_segmenter, uneven_chain

pytest.importorskip("ai_edge_quantizer", reason="needs the host extra: pip install -e '.[host]'")
pytestmark = pytest.mark.tensorflow

INT8 = Recipe(scheme="int8")
ALL = Recipe(
    scheme="int8", weights="octav", activations="mse", equalize=True, correct_bias=True
)  # fmt: skip


@pytest.fixture(scope="module")
def chain() -> bytes:
    """Return a chain of layers with channels of very unlike weights."""
    pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
    return uneven_chain()


@pytest.fixture(scope="module")
def even() -> bytes:
    """Return the same layers with channels of like weights."""
    pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")
    return uneven_chain(spread=1.5)


@pytest.fixture(scope="module")
def calibration() -> RecipeCalibration:
    """Return images whose measurements all tests share."""
    return RecipeCalibration(tiny_samples, GIVEN)


def output(model: bytes, sample: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what a file makes of an input."""
    graph = GraphRunner(model, inner=False)
    graph.run(sample)
    return graph.output_values()


def relative_error(model: bytes, small: bytes) -> float:
    """Return the root mean square error over the root mean square of float32's output."""
    pairs = [(output(model, sample), output(small, sample)) for sample in tiny_samples()]
    errors = sum(float(np.square(a - b).sum()) for a, b in pairs)
    return float(np.sqrt(errors / sum(float(np.square(a).sum()) for a, _ in pairs)))


def types(model: bytes) -> dict[str, OperatorTypes]:
    """Return the types of a file's operators by kind; the last one counts."""
    return {one.kind: one for one in read_operator_types(model)}


@pytest.mark.parametrize("variant", ["float16", "dynamic_range", "int8"])
def test_canonical_variants_are_recipes_too(
    chain: bytes, calibration: RecipeCalibration, variant: str
) -> None:
    """The plain recipe of a scheme gives the bytes of the variant of that name."""
    made = quantize(chain, Recipe(scheme=variant), calibration)
    assert made == ai_edge.quantize(chain, variant, samples=tiny_samples(), input=GIVEN)


@pytest.mark.parametrize("recipe", [ALL, Recipe(scheme="int4", correct_bias=True)])
def test_the_same_recipe_gives_the_same_bytes(chain: bytes, recipe: Recipe) -> None:
    """Also with images that are measured again."""
    one, other = (quantize(chain, recipe, RecipeCalibration(tiny_samples, GIVEN)) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    ("recipe", "most"),
    [
        (Recipe(scheme="float16"), 0.002),
        (Recipe(scheme="dynamic_range", weights="mse", correct_bias=True), 0.05),
        (INT8, 0.1),
        (replace(INT8, weights="mse"), 0.1),
        (replace(INT8, weights="octav"), 0.1),
        (replace(INT8, activations="percentile", percentile=99.9), 0.15),
        (replace(INT8, activations="moving_average", new_image=0.5), 0.3),
        (replace(INT8, equalize=True), 0.1),
        (replace(INT8, correct_bias=True), 0.1),
        (ALL, 0.1),
        (Recipe(scheme="int16x8"), 0.03),
        (Recipe(scheme="int4", weights="octav"), 0.5),
    ],
)
def test_every_recipe_runs_and_is_close(
    even: bytes, calibration: RecipeCalibration, recipe: Recipe, most: float
) -> None:
    """The output is near float32's, and no two recipes are the same file by accident."""
    made = quantize(even, recipe, calibration)
    assert relative_error(even, made) < most
    plain = quantize(even, Recipe(scheme=recipe.scheme), calibration)
    assert (made == plain) == (recipe == Recipe(scheme=recipe.scheme))


def test_equalization_helps_where_channels_are_unlike(
    chain: bytes, calibration: RecipeCalibration
) -> None:
    """Activations of unlike channels share one range, which equalization makes them fill."""
    plain, equalized = (
        relative_error(chain, quantize(chain, recipe, calibration))
        for recipe in (INT8, replace(INT8, equalize=True))
    )
    assert equalized < 0.7 * plain


def test_schemes_have_the_types_of_their_names(
    chain: bytes, calibration: RecipeCalibration
) -> None:
    """16-bit activations with float ends; 4-bit weights where there are kernels for them."""
    wide = types(quantize(chain, Recipe(scheme="int16x8"), calibration))
    assert wide["CONV_2D"].read == ("quantized INT16",)
    assert wide["CONV_2D"].weights == ("INT8",)
    assert wide["QUANTIZE"].read == ("FLOAT32",)
    small = types(quantize(chain, Recipe(scheme="int4"), calibration))
    assert small["CONV_2D"].weights == ("INT4",)
    assert small["CONV_2D"].read == ("quantized INT8",)
    assert small["DEPTHWISE_CONV_2D"].weights == ("INT8",)


def test_kept_operators_stay_in_float_or_16_bits(
    chain: bytes, calibration: RecipeCalibration
) -> None:
    """By kind or by name, each for itself."""
    recipe = replace(INT8, keep=("DEPTHWISE_CONV_2D",), keep_int16=("StatefulPartitionedCall*",))
    found = list(read_operator_types(quantize(chain, recipe, calibration)))
    depth = next(one for one in found if one.kind == "DEPTHWISE_CONV_2D")
    stem, head = (one for one in found if one.kind == "CONV_2D")
    assert depth.in_float
    assert stem.read == ("quantized INT8",)
    assert head.read == ("quantized INT16",)


def test_ranges_that_training_found_are_used(chain: bytes) -> None:
    """They replace measured ones, but not where equalization has changed the values."""
    stem = read_graph(chain).operators[0].outputs[0]
    trained = RecipeCalibration(tiny_samples, GIVEN, trained={stem: (0.0, 255.0)})
    plain, scaled = (
        GraphRunner(quantize(chain, recipe, trained))
        for recipe in (INT8, replace(INT8, equalize=True))
    )
    assert plain.tensors[stem].scale == pytest.approx(1.0)
    assert scaled.tensors[stem].scale < 0.5
    assert plain.input.scale == scaled.input.scale == pytest.approx(1 / 128)


def test_images_run_once_for_all_recipes_of_a_network(chain: bytes) -> None:
    """Histograms need a second run, equalization a network of its own, small weights nothing."""
    runs: list[int] = []

    def samples() -> Iterable[NDArray[np.float32]]:
        runs.append(1)
        return tiny_samples()

    images = RecipeCalibration(samples, GIVEN)
    quantize(chain, Recipe(scheme="dynamic_range"), images)
    assert not runs
    for recipe in (replace(INT8, activations="mse"), INT8, Recipe(scheme="int16x8")):
        quantize(chain, recipe, images)
        assert len(runs) == 2
    quantize(chain, replace(INT8, equalize=True), images)
    assert len(runs) == 3  # those of the model itself say which channels reach a cap


@pytest.mark.parametrize("weights", ["mse", "octav"])
@pytest.mark.parametrize("scheme", ["int8", "int4"])
def test_filters_of_zeros_have_a_scale(
    calibration: RecipeCalibration, scheme: str, weights: str
) -> None:
    """With or without a bias; a scale of zero would make the file useless."""
    model = tiny_segmenter()
    dead = _with_dead_filters(model)
    made = quantize(dead, Recipe(scheme=scheme, weights=weights), calibration)
    assert relative_error(dead, made) < (0.1 if scheme == "int8" else 0.5)


def _with_dead_filters(model: bytes) -> bytes:
    """Return a model whose first layer has two filters of zeros, one with a bias."""
    from host_tools.tflite.layer_weights import LayerEditor
    from host_tools.tflite.parsed_model import model_bytes, parse_model

    parsed = parse_model(model)
    editor = LayerEditor(parsed)
    stem = next(editor.layers())
    stem.weights[[1, 4]] = 0
    bias = np.zeros(8)
    bias[4] = 0.7
    editor.set_weights(stem, stem.weights)
    editor.set_bias(stem, bias)
    return model_bytes(parsed)


def test_wrong_models_are_refused(chain: bytes, calibration: RecipeCalibration) -> None:
    """One that is quantized already, and one without images."""
    with pytest.raises(ModelError, match="already quantized"):
        quantize(quantize(chain, INT8, calibration), INT8, calibration)
    with pytest.raises(ModelError, match="needs real images"):
        quantize(chain, INT8, RecipeCalibration(list, GIVEN))


def test_operators_without_integers_are_named(chain: bytes, calibration: RecipeCalibration) -> None:
    """Those that a recipe keeps in float are not among them."""
    recipe = replace(INT8, keep=("DEPTHWISE_CONV_2D",))
    made = quantize(chain, recipe, calibration)
    assert left_in_float(made, recipe, chain) == {}
    assert left_in_float(made, INT8, chain) == {"DEPTHWISE_CONV_2D": 1}
    half = Recipe(scheme="float16")
    assert left_in_float(quantize(chain, half, calibration), half, chain) == {}
