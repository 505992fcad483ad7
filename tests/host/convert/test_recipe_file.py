"""Recipes in files are read, named and refused in one line."""

import json
from pathlib import Path

import pytest

from edge_app.errors import EdgeError, UsageError
from edge_app.model.recipe import Recipe
from host_tools.convert.recipe_file import named_recipe, read_recipe, read_recipes

GOOD = Recipe(scheme="int8", keep=("SOFTMAX",), correct_bias=True)


def written(path: Path, recipe: Recipe = GOOD) -> Path:
    """Write a recipe; return its path."""
    path.write_text(json.dumps(recipe.to_record()), "utf-8")
    return path


def test_a_recipe_comes_back_from_its_file(tmp_path: Path) -> None:
    """Named as the file, or as the user says; a second = is part of the path."""
    path = written(tmp_path / "int8-mixed.json")
    assert read_recipe(path) == GOOD
    assert named_recipe(str(path)) == ("int8-mixed", GOOD)
    odd = written(tmp_path / "a=b.json")
    assert named_recipe(f"mine={odd}") == ("mine", GOOD)


def test_several_have_names_of_their_own(tmp_path: Path) -> None:
    """In the order given; a name that is given twice is refused."""
    one, other = written(tmp_path / "one.json"), written(tmp_path / "two.json")
    assert list(read_recipes([str(other), str(one)])) == ["two", "one"]
    with pytest.raises(UsageError, match="'one' is named twice; give NAME=FILE"):
        read_recipes([str(one), f"one={other}"])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is empty; write at least"),
        ("{", "is not a recipe: invalid JSON"),
        ("[]", "is not a recipe: it is no object with fields"),
        ("{}", "is not a recipe: required field scheme is missing"),
        ('{"scheme": "int3"}', "is not a recipe: scheme: 'int3' is not one of float16"),
        ('{"scheme": "int8", "bits": 4}', "is not a recipe: 'bits' is no field of a recipe"),
        ("[" * 100_000, "is not a recipe: it is nested too deeply"),
        ("\xff\xfe", "is not a recipe: invalid JSON"),
    ],
)
def test_a_file_without_a_recipe_is_refused_in_one_line(
    tmp_path: Path, content: str, problem: str
) -> None:
    """With the file, the problem, and what a recipe looks like."""
    path = tmp_path / "wrong.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(EdgeError) as caught:
        read_recipe(path)
    assert f"{path} {problem}" in str(caught.value)
    assert '{"scheme": "..."}' in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["=x.json", "name=", "="])
def test_a_name_without_a_file_is_refused(text: str) -> None:
    """And a file without a name in front of the sign."""
    with pytest.raises(UsageError, match="give a file, or NAME=FILE"):
        named_recipe(text)
