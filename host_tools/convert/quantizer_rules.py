"""Recipes in the form that ai-edge-quantizer takes: rules for operators, of which the last counts.

Weights are symmetric, with a scale per channel. In dynamic_range those of FULLY_CONNECTED have one
for all, since older runtimes lack the other form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from edge_app.model.recipe import Recipe
from host_tools.tflite.flatbuffer import FlatbufferGraph

Rules = list[dict[str, Any]]
# XNNPACK takes 8-bit weights with float activations only in these two. With 8-bit depthwise filters
# DeepLab at 257x513 fell into 16 partitions, and took 75 ms instead of 34.
_DYNAMIC = ("CONV_2D", "FULLY_CONNECTED")
_FLOAT16 = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "CONV_2D_TRANSPOSE")
# Operators that have kernels for 4-bit weights and 8-bit activations.
_INT4 = ("CONV_2D", "FULLY_CONNECTED")
_ALGORITHMS = {"min_max": "min_max_uniform_quantize", "mse": "MSE", "octav": "OCTAV"}


def rules_of(recipe: Recipe, graph: FlatbufferGraph) -> Rules:
    """Return the rules that quantize a float32 graph as a recipe says.

    Raises ModelError for an operator to keep that the graph does not have.
    """
    if recipe.scheme == "float16":
        rules = _float16_rules()
    elif recipe.scheme == "dynamic_range":
        rules = _dynamic_rules(_ALGORITHMS[recipe.weights])
    else:
        rules = _integer_rules(recipe)
    wide = _names(graph, recipe.keep_int16)
    rules += [_rule("*", _tensor("INT"), _activations(16), regex=_only(name)) for name in wide]
    kept = _names(graph, recipe.keep)
    return rules + [_no_quantize("*", regex=_only(name)) for name in kept]


def _float16_rules() -> Rules:
    half = _tensor("FLOAT", bits=16)
    return [
        _rule(kind, half, compute="FLOAT", explicit=True, algorithm="float_casting")
        for kind in _FLOAT16
    ]


def _dynamic_rules(algorithm: str) -> Rules:
    return [
        _rule(kind, _tensor("INT", per_channel=kind != "FULLY_CONNECTED"), algorithm=algorithm)
        for kind in _DYNAMIC
    ]


def _integer_rules(recipe: Recipe) -> Rules:
    """Return the rules for integer arithmetic, with input and output as in `ai_edge.quantize`."""
    weights, activations = _tensor("INT"), _activations(16 if recipe.scheme == "int16x8" else 8)
    rules = [_rule("*", weights, activations)]
    algorithm = _ALGORITHMS[recipe.weights]
    if recipe.weights != "min_max":
        rules += [
            _rule(kind, weights, activations, algorithm=algorithm)
            for kind in _FLOAT16  # all that have weights
        ]
    if recipe.scheme == "int4":
        small = _tensor("INT", bits=4)
        rules += [_rule(kind, small, activations, algorithm=algorithm) for kind in _INT4]
    if recipe.scheme == "int16x8" or recipe.io == "float32":
        return [*rules, _no_quantize("INPUT"), _no_quantize("OUTPUT")]
    if recipe.io == "uint8":
        pixels = _tensor("UINT", per_channel=False, symmetric=False)
        rules.append(_rule("INPUT", weights, pixels))
    return rules


def _names(graph: FlatbufferGraph, patterns: Sequence[str]) -> Iterable[str]:
    """Return the names of matching operators, each once."""
    return dict.fromkeys(operator.name for operator in graph.matching(patterns))


def _only(name: str) -> str:
    """Return the pattern of an operator's scope, which the package ends with a semicolon."""
    return f"^{re.escape(name)};?$"


def _activations(bits: int) -> dict[str, Any]:
    return _tensor("INT", bits=bits, per_channel=False, symmetric=bits == 16)


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
    algorithm: str = _ALGORITHMS["min_max"],
    regex: str = ".*",
) -> dict[str, Any]:
    config = {
        "weight_tensor_config": weights,
        "compute_precision": compute,
        "explicit_dequantize": explicit,
    }
    if activations:
        config["activation_tensor_config"] = activations
    return {"regex": regex, "operation": kind, "algorithm_key": algorithm, "op_config": config}


def _no_quantize(kind: str, regex: str = ".*") -> dict[str, Any]:
    return {"regex": regex, "operation": kind, "algorithm_key": "no_quantize", "op_config": {}}
