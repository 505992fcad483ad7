"""Names of variants are checked, ordered, and found when they are misspelt."""

from __future__ import annotations

import pytest

from edge_app.variant_names import (
    LONGEST,
    VARIANTS,
    check_variant_names,
    in_shown_order,
    nearest_name,
)


def test_usual_names_are_names() -> None:
    """Letters, digits, dash and underscore, beside the canonical four."""
    check_variant_names([*VARIANTS, "int8-mixed", "int16x8", "int4", "W4_a8", "7", "x" * LONGEST])


@pytest.mark.parametrize(
    "name", ["", "-v", "_x", "a b", "a.b", "a/b", "..", "é", "x" * (LONGEST + 1), "a\n"]
)
def test_other_characters_are_refused(name: str) -> None:
    """A name is that of a file, an option's value and a word of a table."""
    with pytest.raises(ValueError, match="is no name of a variant: letters"):
        check_variant_names([name])


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["Int8"], "'Int8' is too much like 'int8'"),
        (["dynamic-range"], "'dynamic-range' is too much like 'dynamic_range'"),
        (["all"], "'all' is too much like 'all'"),
        (["int8-mixed", "int8_Mixed"], "'int8_Mixed' is too much like 'int8-mixed'"),
    ],
)
def test_names_that_are_almost_the_same_are_refused(names: list[str], said: str) -> None:
    """Some file systems take them for one, and so would a person."""
    with pytest.raises(ValueError, match=said):
        check_variant_names(names)


def test_the_canonical_come_first() -> None:
    """The others stay in their order."""
    assert in_shown_order(["z", "int8", "a", "float32"]) == ["float32", "int8", "z", "a"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("int8-mixd", "int8-mixed"), ("INT8", "int8"), ("dynamic", "dynamic_range"),
        ("int16", "int16x8"), ("int4", None), ("best", None), ("", None),
    ],
)  # fmt: skip
def test_a_misspelt_name_is_found(name: str, meant: str | None) -> None:
    """But not one that a person may well have meant otherwise."""
    assert nearest_name(name, [*VARIANTS, "int8-mixed", "int16x8"]) == meant
