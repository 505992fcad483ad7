"""What is said of a conversion."""

from pathlib import Path

from edge_app.model.card import Variant
from edge_app.model.recipe import Recipe
from host_tools.convert.conversion_summary import is_calibrated


def test_only_what_has_ranges_is_calibrated() -> None:
    """Float variants and those of weights alone take no images; int4 has 8-bit activations."""
    names = ("float32", "float16", "dynamic_range", "int8")
    made = [Variant(name, Path(name), 1, "") for name in names]
    made += [
        Variant(scheme, Path(scheme), 1, "", recipe=Recipe(scheme=scheme))
        for scheme in ("int16x8", "int4")
    ]
    assert [one.name for one in made if is_calibrated(one)] == ["int8", "int16x8", "int4"]
