"""Values of the recipe from the command line."""

import pytest

pytest.importorskip("tensorflow", reason="needs the host extra: pip install -e '.[host]'")

from edge_app.errors import UsageError
from host_tools import cli
from host_tools.train.street.optimizer import TrainingRecipe
from host_tools.train.street.recipe_text import read_recipe, recipe_lines


def test_values_replace_those_of_the_recipe() -> None:
    """Of the recipe, and of its losses; whole numbers stay whole."""
    recipe = read_recipe(["batch=4", "lovasz=0.5", "zoom=0.5:2.5", "rate=1e-3"])
    assert (recipe.batch, recipe.losses.lovasz, recipe.zoom) == (4, 0.5, (0.5, 2.5))
    assert recipe.rate == pytest.approx(1e-3)
    assert recipe.losses.soft == TrainingRecipe().losses.soft


def test_the_values_shown_are_those_without_any() -> None:
    """What the help shows can be given, and changes nothing."""
    assert read_recipe(recipe_lines()) == read_recipe([]) == TrainingRecipe()


def test_the_help_shows_every_value(capsys: pytest.CaptureFixture[str]) -> None:
    """As it is without --set."""
    with pytest.raises(SystemExit):
        cli.main(["train", "street", "--help"])
    words = capsys.readouterr().out.split()
    assert set(recipe_lines()) <= set(words)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("lovasz", "NAME=VALUE; names: batch, rate"),
        ("speed=3", "NAME=VALUE; names: batch, rate"),
        ("batch=2.5", "a whole number from 1 to 64"),
        ("rate=fast", "a number from 1e-07 to 1"),
        ("rate=nan", "a number from 1e-07 to 1"),
        ("zoom=2:0.5", "the lower one first"),
        ("zoom=2:", "a number from 0.1 to 10"),
    ],
)
def test_another_value_is_refused(text: str, why: str) -> None:
    """In one line with what would be right."""
    with pytest.raises(UsageError, match=why) as refused:
        read_recipe([text])
    assert "\n" not in str(refused.value)
