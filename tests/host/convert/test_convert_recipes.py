"""A conversion makes further variants by their recipes, and makes them again."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.progress import Progress

from edge_app.errors import UsageError
from edge_app.model.card import read_card, write_card
from edge_app.model.engine import load_engine
from edge_app.model.recipe import Recipe
from edge_app.sources.factory import open_source
from host_tools.commands import convert as command
from host_tools.convert.bundle import check_replaceable
from host_tools.convert.calibration import CalibrationOptions
from host_tools.convert.conversion_options import (
    ConversionOptions,
    check_options,
    with_images_of_recipes,
)
from host_tools.convert.conversion_summary import notes
from host_tools.convert.convert import ConversionResult, convert
from tests.support.whole_runs import ROOT

pytest.importorskip("ai_edge_quantizer", reason="needs the host extra: pip install -e '.[host]'")

RECIPES = {
    "int8-corrected": Recipe(scheme="int8", weights="octav", equalize=True, correct_bias=True),
    "int16x8": Recipe(scheme="int16x8"),
    "int4": Recipe(scheme="int4", correct_bias=True, samples=24, seed=3),
}
MNIST = ROOT / "assets" / "models" / "mnist"


@pytest.fixture(scope="module")
def options(mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> ConversionOptions:
    """Return a conversion of the digits' float32 file into three recipes, without int8."""
    return ConversionOptions(
        model=MNIST / "float32.tflite",
        out=tmp_path_factory.mktemp("models") / "digits",
        calibration=CalibrationOptions(str(mnist / "train-images-idx3-ubyte.gz"), samples=24),
        variants=("float32",),
        recipes=RECIPES,
    )


@pytest.fixture(scope="module")
def result(options: ConversionOptions) -> ConversionResult:
    """Convert once."""
    return convert(options, Progress(disable=True))


@pytest.fixture(scope="module")
def folder(result: ConversionResult, options: ConversionOptions) -> Path:
    """Return the model folder of that conversion."""
    assert result.spec.variants
    return options.out


def test_what_is_left_in_float_is_said(result: ConversionResult) -> None:
    """Nothing of the digits' network is; else kinds and numbers stand behind the variant."""
    assert not [line for line in notes(result) if "computes in float" in line]
    variants = dict(result.spec.variants)
    measured = {**variants["int16x8"].measured, "left_in_float": {"HARD_SWISH": 3, "NEG": 1}}
    variants["int16x8"] = replace(variants["int16x8"], measured=measured)
    lines = notes(replace(result, spec=replace(result.spec, variants=variants)))
    (line,) = [line for line in lines if "computes in float" in line]
    assert line.startswith("int16x8 ")
    assert line.endswith(": 3 HARD_SWISH, 1 NEG")


def test_each_recipe_is_a_variant_that_runs(folder: Path, options: ConversionOptions) -> None:
    """Measured as the others, with its recipe in the card, and golden checked when loaded."""
    spec = read_card(folder)
    assert list(spec.variants) == ["float32", *RECIPES]
    for name, recipe in RECIPES.items():
        variant = spec.variants[name]
        assert variant.recipe == recipe
        assert variant.measured["agreement"] > 0.9
        assert variant.measured["quantizer"].startswith("ai-edge-quantizer ")
        with open_source(options.calibration.source, max_frames=3) as source:
            images = [frame.image for frame in source]
        engine, float32 = load_engine(spec, name), load_engine(spec, "float32")
        for image in images:
            assert engine.predict(image).class_id == float32.predict(image).class_id  # type: ignore[union-attr]
        engine.close()
        float32.close()


def test_the_recipe_of_a_card_repeats_its_variant(
    folder: Path, options: ConversionOptions, tmp_path: Path
) -> None:
    """Bit by bit, from the float32 file of the folder."""
    spec = read_card(folder)
    recipes = {name: one.recipe for name, one in spec.variants.items() if one.recipe}
    again = replace(
        options, model=folder / "float32.tflite", out=tmp_path / "again", recipes=recipes
    )
    convert(again, Progress(disable=True))
    for name in RECIPES:
        written = (folder / f"{name}.tflite").read_bytes()
        assert (again.out / f"{name}.tflite").read_bytes() == written


def test_a_folder_with_further_variants_can_be_replaced(folder: Path, tmp_path: Path) -> None:
    """Files that its card lists are its own; any other would be lost."""
    check_replaceable(folder)
    spec = read_card(folder)
    fewer = {name: one for name, one in spec.variants.items() if name != "int4"}
    other = tmp_path / "other"
    other.mkdir()
    for one in spec.variants.values():
        (other / one.path.name).write_bytes(one.path.read_bytes())
    write_card(replace(spec, variants=fewer), other)
    with pytest.raises(Exception, match=r"holds int4\.tflite, which a new model would replace"):
        check_replaceable(other)


@pytest.mark.parametrize(
    ("recipes", "problem"),
    [
        ({"int8": Recipe(scheme="int8")}, "--recipe int8: the variant of this name is made"),
        ({"a b": Recipe(scheme="int8")}, "--recipe 'a b' is no name of a variant"),
        ({"int-8": Recipe(scheme="int4"), "INT_8": Recipe(scheme="int4")}, "too much like"),
    ],
)
def test_names_that_cannot_be_are_refused(recipes: dict[str, Recipe], problem: str) -> None:
    """Those of the canonical variants, and what is no file's name."""
    options = ConversionOptions(Path("a.tflite"), Path("out"), recipes=recipes)
    with pytest.raises(UsageError, match=problem):
        check_options(replace(options, calibration=CalibrationOptions("photos")))


def test_a_recipe_that_needs_images_is_refused_without_them() -> None:
    """The others need none."""
    options = ConversionOptions(Path("a.tflite"), Path("out"), variants=("float32",))
    check_options(replace(options, recipes={"half": Recipe(scheme="float16")}))
    with pytest.raises(UsageError, match="even needs real images for calibration"):
        check_options(
            replace(options, recipes={"even": Recipe(scheme="dynamic_range", correct_bias=True)})
        )


def test_the_images_are_those_that_the_recipes_name() -> None:
    """And each recipe in the card names those that were used."""
    given = CalibrationOptions("photos", samples=None, seed=0)
    plain, small = Recipe(scheme="int8"), Recipe(scheme="float16")
    recipes = {"a": plain, "b": replace(plain, samples=40, seed=7), "c": small}
    images, named = with_images_of_recipes(given, recipes)
    assert (images.samples, images.seed) == (40, 7)
    assert named == {"a": recipes["b"], "b": recipes["b"], "c": small}
    images, named = with_images_of_recipes(replace(given, samples=30), {"a": plain})
    assert named["a"].samples == 30


@pytest.mark.parametrize(("field", "value"), [("samples", 50), ("seed", 2)])
def test_two_choices_of_images_are_refused(field: str, value: int) -> None:
    """Of two recipes, or of a recipe and the option."""
    recipe = Recipe(scheme="int8", samples=40, seed=1)
    other = replace(recipe, **{field: value})  # type: ignore[arg-type]
    given = CalibrationOptions("photos")
    with pytest.raises(UsageError, match=f"{field} .* name different images"):
        with_images_of_recipes(given, {"a": recipe, "b": other})
    with pytest.raises(UsageError, match=f"--{field} name different images"):
        with_images_of_recipes(replace(given, **{field: value}), {"a": recipe})  # type: ignore[arg-type]


def test_the_command_reads_recipes(tmp_path: Path, mnist: Path) -> None:
    """By the file's name and by the one in front of it."""
    import argparse

    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    path = tmp_path / "wide.json"
    path.write_text('{"scheme": "int16x8", "samples": 25}')
    model, images = str(MNIST / "float32.tflite"), str(mnist / "train-images-idx3-ubyte.gz")
    words = [model, "--out", "x", "--calibration", images]
    parsed = parser.parse_args([*words, "--recipe", str(path), "--recipe", f"other={path}"])
    found = command.conversion_options(parsed)
    assert found.recipes == dict.fromkeys(
        ("wide", "other"), Recipe(scheme="int16x8", samples=25)
    )  # fmt: skip
    assert found.calibration.samples == 25
