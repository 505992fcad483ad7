"""A recipe is whole and goes into a record and back, or its wrong field is named."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.model.recipe import ACTIVATION_RANGES, SCHEMES, WEIGHT_RANGES, Recipe

NAMES = st.lists(st.text(min_size=1, max_size=8), max_size=3).map(tuple)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """Return any recipe that is allowed."""
    scheme = draw(st.sampled_from(SCHEMES))
    fields: dict[str, Any] = {
        "scheme": scheme,
        "equalize": draw(st.booleans()),
        "keep": draw(NAMES),
        "samples": draw(st.none() | st.integers(1, 500)),
        "seed": draw(st.integers(0, 2**40)),
    }
    if scheme != "float16":
        fields["weights"] = draw(st.sampled_from(WEIGHT_RANGES))
        fields["correct_bias"] = draw(st.booleans())
    if scheme in {"int8", "int16x8", "int4"}:
        fields["activations"] = draw(st.sampled_from(ACTIVATION_RANGES))
    if scheme in {"int8", "int4"}:
        fields["io"] = draw(st.sampled_from(("uint8", "int8", "float32")))
    if scheme == "int8":
        fields["keep_int16"] = draw(NAMES)
    if fields.get("activations") == "percentile":
        fields["percentile"] = draw(st.floats(90, 99.999))
    if fields.get("activations") == "moving_average":
        fields["new_image"] = draw(st.floats(0.01, 1))
    return Recipe(**fields)


@given(recipes())
def test_a_recipe_comes_back_from_its_json(recipe: Recipe) -> None:
    """Its record is JSON, and gives an equal recipe of the same hash."""
    again = Recipe.from_record(json.loads(json.dumps(recipe.to_record())))
    assert again == recipe
    assert hash(again) == hash(recipe)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_is_as_usual_is_not_written(scheme: str) -> None:
    """A plain recipe is its scheme alone."""
    assert Recipe(scheme=scheme).to_record() == {"scheme": scheme}
    assert Recipe.from_record({"scheme": scheme, "equalize": False}) == Recipe(scheme=scheme)


def test_which_recipes_need_images() -> None:
    """Integer activations, equalization and corrected biases need them; small weights do not."""
    assert [name for name in SCHEMES if Recipe(scheme=name).needs_images] == [
        "int8",
        "int16x8",
        "int4",
    ]
    assert Recipe(scheme="dynamic_range", correct_bias=True).needs_images
    assert Recipe(scheme="float16", equalize=True).needs_images
    assert not Recipe(scheme="dynamic_range", correct_bias=True).calibrated


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ({}, "required field scheme is missing"),
        ({"scheme": "int7"}, "scheme: 'int7' is not one of float16, dynamic_range"),
        ({"scheme": "int8", "bits": 8}, "'bits' is no field of a recipe; it has scheme, weights"),
        ({"scheme": "int8", "keep": "SOFTMAX"}, "keep: expected array, got str"),
        ({"scheme": "int8", "equalize": "yes"}, "equalize: expected bool, got str"),
        ({"scheme": "int8", "weights": "gptq"}, "weights: 'gptq' is not one of min_max, mse"),
        ({"scheme": "int8", "activations": "entropy"}, "activations: 'entropy' is not"),
        (
            {"scheme": "int8", "activations": "percentile", "percentile": 100},
            "percentile: 100 is not between 50 and 100",
        ),
        (
            {"scheme": "int8", "activations": "moving_average", "new_image": 0},
            "new_image: 0 is not above 0",
        ),
        ({"scheme": "int8", "percentile": 99}, "percentile: it has no effect without activations"),
        ({"scheme": "int8", "samples": 0}, "samples: 0 is not at least 1"),
        ({"scheme": "int8", "seed": -1}, "seed: -1 is negative"),
        ({"scheme": "float16", "weights": "mse"}, "weights: it has no effect in float16"),
        ({"scheme": "float16", "correct_bias": True}, "correct_bias: it has no effect in float16"),
        ({"scheme": "dynamic_range", "io": "int8"}, "io: it has no effect in dynamic_range"),
        ({"scheme": "int16x8", "io": "int8"}, "io: it has no effect in int16x8"),
        ({"scheme": "int16x8", "keep_int16": ["MUL"]}, "keep_int16: it has no effect in int16x8"),
    ],
)
def test_a_wrong_record_is_refused_in_one_line(record: dict[str, Any], problem: str) -> None:
    """The message begins with the field, or names the one that is not known."""
    with pytest.raises(ValueError, match=f"^{re.escape(problem)}") as caught:
        Recipe.from_record(record)
    assert "\n" not in str(caught.value)
