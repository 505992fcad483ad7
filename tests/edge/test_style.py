"""Numbers and colours look the same wherever they are shown."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge_app import style
from edge_app.model.card import VARIANTS
from edge_app.timing import STAGES

REPOSITORY = Path(style.__file__).parents[1]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, style.NOTHING),
        (float("nan"), style.NOTHING),
        (float("inf"), style.NOTHING),
        (0.0, "0.00"),
        (0.424, "0.42"),
        (9.994, "9.99"),
        (9.996, "10.0"),
        (14.43, "14.4"),
        (99.96, "100"),
        (1597.3, "1597"),
    ],
)
def test_numbers_have_three_digits_or_their_whole_integer_part(
    value: float | None, text: str
) -> None:
    """Rates and milliseconds keep about the same width from 0.01 to 9999."""
    assert style.significant(value) == text


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (style.duration, 92.14, "92.1 ms"),
        (style.duration, 9999.0, "9999 ms"),
        (style.duration, 12_345.0, "12.3 s"),
        (style.duration, None, style.NOTHING),
        (style.file_size, 84_452, "84.5 kB"),
        (style.file_size, 2_721_376, "2.72 MB"),
        (style.fraction, 0.5839, ".584"),
        (style.fraction, 1.0, "1.000"),
        (style.fraction, float("nan"), style.NOTHING),
        (style.miou_text, 0.6384, "mIoU .638"),
        (style.miou_text, None, f"mIoU {style.NOTHING}"),
        (style.percent, 0.97951, "98.0 %"),
        (style.percent, None, style.NOTHING),
        (style.spaced, "end_to_end", "end to end"),
    ],
)
def test_each_quantity_has_its_unit(write: Callable[[Any], str], value: Any, text: str) -> None:
    """A number has a unit, a dash has none."""
    assert write(value) == text


def test_a_count_agrees_with_its_noun() -> None:
    """One frame has no plural."""
    assert [style.count(n, "frame") for n in (1, 10_000)] == ["1 frame", "10,000 frames"]


def test_every_variant_and_stage_has_its_own_colour() -> None:
    """No two of them share a colour."""
    colours = [style.VARIANT_COLOURS[name] for name in VARIANTS]
    colours += [style.STAGE_COLOURS[name] for name in STAGES]
    assert len(set(colours)) == len(VARIANTS) + len(STAGES)


def luminance(colour: str) -> float:
    """Return the relative luminance of #RRGGBB, 0 to 1, as WCAG defines it."""
    channels = [value / 255 for value in style.bgr(colour)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.0722, 0.7152, 0.2126), linear, strict=True))


def test_further_variants_have_colours_of_their_own() -> None:
    """No two of a model are the same, none is that of a canonical one, and each stays as it is."""
    names = [*VARIANTS, "int8-mixed", "int16x8", "int4", "a", "b", "c", "d", "e"]
    colours = [style.variant_colour(name, names) for name in names]
    assert len(set(colours)) == len(names)
    assert [style.variant_colour(name, names) for name in reversed(names)] == colours[::-1]
    alone = [style.variant_colour(name) for name in names]
    assert alone[:7] == colours[:7], "the usual names have one each, whatever is beside them"
    assert [style.variant_colour(name, ["zebra", *VARIANTS]) for name in VARIANTS] == colours[:4]
    assert style.variant_colour("") == style.NEUTRAL
    many = [f"trial-{number}" for number in range(30)]
    assert {style.variant_colour(name, many) for name in many} == set(style.FURTHER_COLOURS)


def test_dark_text_can_be_read_on_every_chip() -> None:
    """Names stand in dark letters on these colours: a contrast of 4.5 and more, as WCAG counts."""
    for colour in (*style.VARIANT_COLOURS.values(), *style.FURTHER_COLOURS):
        assert (luminance(colour) + 0.05) / (luminance("#0B0E11") + 0.05) >= 4.5, colour


def test_a_colour_becomes_blue_green_red() -> None:
    """Okabe and Ito's orange has most red and no blue."""
    assert style.bgr(style.VARIANT_COLOURS["float32"]) == (0, 159, 230)


def test_a_list_is_written_as_in_a_sentence() -> None:
    """With one "and", before the last."""
    assert [style.listed(list("abc")[:number]) for number in range(4)] == [
        "", "a", "a and b", "a, b and c",
    ]  # fmt: skip


def test_names_and_scores_are_written_one_way() -> None:
    """MIoU is formatted by `style` alone, and no variant has a second spelling."""
    for folder in ("edge_app", "host_tools"):
        for path in (REPOSITORY / folder).rglob("*"):
            if path.suffix in {".py", ".js", ".html", ".j2", ".md"} and path.name != "style.py":
                text = path.read_text("utf-8")
                assert "mIoU {" not in text, path
                assert not re.search(r"dynamic[ -]range", text, re.IGNORECASE), path
