"""Recipes as the rules of ai-edge-quantizer."""

from dataclasses import replace

import pytest

from edge_app.errors import ModelError
from edge_app.model.recipe import Recipe
from host_tools.convert.quantizer_rules import Rules, rules_of
from host_tools.tflite.flatbuffer import FlatbufferGraph, Operator

GRAPH = FlatbufferGraph(
    (
        Operator("CONV_2D", "net/stem;net/relu", ("image",), ("net/stem;net/relu",), (8, 3, 3, 3)),
        Operator("SOFTMAX", "net/scores", ("net/stem;net/relu",), ("net/scores",)),
    ),
    ("image",),
    ("net/scores",),
    float32=True,
)
INT8 = Recipe(scheme="int8")


def bits(rules: Rules, operation: str) -> tuple[int, int | None, str]:
    """Return bits of weights and activations, and the algorithm, of the last rule of a kind."""
    rule = [one for one in rules if one["operation"] in {"*", operation}][-1]
    activations = rule["op_config"].get("activation_tensor_config", {})
    weights = rule["op_config"]["weight_tensor_config"]
    return weights["num_bits"], activations.get("num_bits"), rule["algorithm_key"]


@pytest.mark.parametrize(
    ("recipe", "convolution", "depthwise"),
    [
        (INT8, (8, 8, "min_max_uniform_quantize"), (8, 8, "min_max_uniform_quantize")),
        (replace(INT8, weights="octav"), (8, 8, "OCTAV"), (8, 8, "OCTAV")),
        (Recipe(scheme="int16x8", weights="mse"), (8, 16, "MSE"), (8, 16, "MSE")),
        (Recipe(scheme="int4", weights="mse"), (4, 8, "MSE"), (8, 8, "MSE")),
        (Recipe(scheme="int4"), (4, 8, "min_max_uniform_quantize"),
         (8, 8, "min_max_uniform_quantize")),
    ],
)  # fmt: skip
def test_weights_and_activations_have_the_bits_of_the_scheme(
    recipe: Recipe, convolution: tuple[int, int, str], depthwise: tuple[int, int, str]
) -> None:
    """Only int4 differs by operator: where there are no kernels for 4 bits, weights have 8."""
    rules = rules_of(recipe, GRAPH)
    assert bits(rules, "CONV_2D") == convolution
    assert bits(rules, "DEPTHWISE_CONV_2D") == depthwise


def test_the_weights_rule_is_that_of_dynamic_range_too() -> None:
    """Its activations stay in float, and kinds that would leave the delegate are not named."""
    rules = rules_of(Recipe(scheme="dynamic_range", weights="octav"), GRAPH)
    assert bits(rules, "CONV_2D") == (8, None, "OCTAV")
    assert {one["operation"] for one in rules} == {"CONV_2D", "FULLY_CONNECTED"}


def test_kept_operators_come_last_and_are_named_exactly() -> None:
    """A kind becomes the names of its operators, first those in 16 bits, then those in float."""
    recipe = replace(INT8, keep=("SOFTMAX",), keep_int16=("stem", "CONV_2D"))
    wide, kept = rules_of(recipe, GRAPH)[-2:]
    assert wide["regex"] == "^net/stem;net/relu;?$"
    assert wide["op_config"]["activation_tensor_config"]["num_bits"] == 16
    assert kept["regex"] == "^net/scores;?$"
    assert kept["algorithm_key"] == "no_quantize"


@pytest.mark.parametrize("field", ["keep", "keep_int16"])
def test_an_operator_that_is_not_there_is_refused(field: str) -> None:
    """The message lists those that are."""
    with pytest.raises(ModelError, match=r"no operator matches 'LSTM'; there are the kinds CONV"):
        rules_of(Recipe.from_record({"scheme": "int8", field: ["LSTM"]}), GRAPH)


@pytest.mark.parametrize(
    ("recipe", "ends"),
    [
        (INT8, [("INPUT", "UINT")]),
        (replace(INT8, io="int8"), []),
        (replace(INT8, io="float32"), [("INPUT", None), ("OUTPUT", None)]),
        (Recipe(scheme="int16x8"), [("INPUT", None), ("OUTPUT", None)]),
        (Recipe(scheme="int4"), [("INPUT", "UINT")]),
    ],
)
def test_input_and_output_have_the_type_that_was_asked_for(
    recipe: Recipe, ends: list[tuple[str, str | None]]
) -> None:
    """uint8 takes pixels; float leaves both ends alone."""
    found = [
        (rule["operation"], rule["op_config"].get("activation_tensor_config", {}).get("dtype"))
        for rule in rules_of(recipe, GRAPH)
        if rule["operation"] in {"INPUT", "OUTPUT"}
    ]
    assert found == ends
