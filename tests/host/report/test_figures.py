"""Results are joined, named and compared in sentences."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge_app.model.card import read_card
from host_tools.charts.drawing import LIGHT
from host_tools.charts.quality_charts import class_charts, quality_chart
from host_tools.report.build_report import by_model
from host_tools.report.figures import Figures, LatencySummary, Result, Score, in_order, labels
from host_tools.report.merging import join, with_scores
from host_tools.report.page import ModelSection
from host_tools.report.sentences import figure, sentences


def result(*figures: Figures, **more: Any) -> Result:
    """Return a result of some figures."""
    return Result(**{"machine": "Pi", "model": "m", "figures": in_order(figures), **more})


def scored(miou: float, on: str = "val") -> Score:
    """Return a score."""
    return Score(on=on, frames=10, miou=miou)


def test_variants_have_one_order() -> None:
    """The order is the same everywhere, and unknown names come last."""
    names = ["int4", "int8", "float32", "dynamic_range"]
    assert list(in_order(Figures(name) for name in names)) == [
        "float32", "dynamic_range", "int8", "int4",
    ]  # fmt: skip


def test_runs_of_several_variants_are_one_result() -> None:
    """Runs of several variants under the same conditions are joined."""
    runs = [result(Figures(name), origin=(name,)) for name in ("int8", "float32")]
    (joined,) = join(runs)
    assert list(joined.figures) == ["float32", "int8"]
    assert joined.origin == ("int8", "float32")


@pytest.mark.parametrize(
    "other",
    [
        result(Figures("int8")),
        result(Figures("float32"), machine="laptop"),
        result(Figures("float32"), runtime="TensorFlow"),
        result(Figures("float32"), threads=1),
        result(Figures("float32"), source="elsewhere"),
        result(Figures("float32"), how="bench"),
    ],
)
def test_what_differs_stays_apart(other: Result) -> None:
    """The same variant twice, or other conditions, are never mixed or averaged."""
    assert join([result(Figures("int8")), other]) == [result(Figures("int8")), other]


def test_scores_go_to_the_same_files_elsewhere() -> None:
    """A bench gets the score of its own file, not of another size or model."""
    run = result(
        Figures("float32", bytes=8, score=scored(0.8)), Figures("int8", bytes=2, score=scored(0.7))
    )
    bench = result(Figures("float32", bytes=8), Figures("int8", bytes=3), how="bench")
    stranger = result(Figures("float32", bytes=8), model="n")
    _, filled, left = with_scores([run, bench, stranger])
    assert filled.figures["float32"].score == scored(0.8)
    assert filled.figures["int8"].score is None
    assert left.figures["float32"].score is None


def test_scores_all_come_from_one_place() -> None:
    """Variants scored on different frames would not be comparable."""
    few = result(Figures("int8", bytes=2, score=scored(0.9, "easy")))
    both = result(
        Figures("float32", bytes=8, score=scored(0.8, "hard")),
        Figures("int8", bytes=2, score=scored(0.7, "hard")),
    )
    bench = result(Figures("float32", bytes=8), Figures("int8", bytes=2), how="bench")
    filled = with_scores([few, both, bench])[-1]
    assert [one.score.on for one in filled.figures.values() if one.score] == ["hard", "hard"]


def test_a_card_lends_what_it_was_proved_with(assets: Path) -> None:
    """The card of the shipped digits has the quality of its files."""
    spec = read_card(assets / "models" / "mnist")
    figures = [Figures(name, bytes=one.bytes) for name, one in spec.variants.items()]
    (filled,) = with_scores([result(*figures, model="mnist", how="bench")], spec)
    top1 = [one.score.top1 for one in filled.figures.values() if one.score]
    assert top1 == [one.quality["top1"] for one in spec.variants.values()]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([{}, {"machine": "laptop"}], ["Pi", "laptop"]),
        ([{"how": "bench"}, {"how": "run"}], ["Pi, bench", "Pi, run"]),
        (
            [{"threads": 1}, {"threads": 4}, {"machine": "b"}],
            ["Pi, 1 thread", "Pi, 4 threads", "b"],
        ),
        (
            [{"how": "bench", "runtime": "a"}, {"how": "bench", "runtime": "b"}, {"how": "run"}],
            ["Pi, bench, a", "Pi, bench, b", "Pi, run"],
        ),
        ([{"origin": ("x.json",)}, {"origin": ("y.json",)}], ["Pi, x.json", "Pi, y.json"]),
    ],
)
def test_a_label_tells_what_differs(changes: list[dict[str, Any]], expected: list[str]) -> None:
    """A machine's name is enough until two results share it."""
    assert labels([result(Figures("int8"), **change) for change in changes]) == expected


def test_published_results_stand_beside_the_models_they_suit() -> None:
    """One that suits none has a section of its own, behind the others."""
    own = result(Figures("int8"), model="My-DeepLab-513")
    beside = result(
        Figures("int8"), model="deeplab", published=True, comparable_models=("*deeplab*",)
    )
    published = replace(beside, model="digits", comparable_models=("digits*",))
    assert by_model([beside, published, own]) == {
        "My-DeepLab-513": [own, beside],
        "digits": [published],
    }


BASE = Figures(
    "float32", bytes=8, invoke_only=LatencySummary(50), end_to_end_fps=10, score=scored(0.813)
)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (
            Figures("int8", bytes=2, invoke_only=LatencySummary(19.2), score=scored(0.810)),
            "int8 is 2.6x faster than float32 (median network ms), loses 0.3 points of mIoU (.813 "
            "to .810) and has a file 4.0x smaller.",
        ),
        (
            Figures("dynamic_range", invoke_only=LatencySummary(85), score=scored(0.8132)),
            "dynamic_range is 1.7x slower than float32 (median network ms) and gains 0.02 points "
            "of mIoU (.8130 to .8132).",
        ),
        (
            Figures("float16", bytes=4, invoke_only=LatencySummary(51), score=scored(0.81302)),
            "float16 shows no measurable difference in speed from float32 (median network ms), has "
            "the same mIoU (.813) and has a file 2.0x smaller.",
        ),
        (Figures("int8", end_to_end_fps=450), "int8 is 45x faster than float32 (end-to-end fps)."),
        (
            Figures("int8", invoke_only=LatencySummary(46.7)),
            "int8 is 1.07x faster than float32 (median network ms).",
        ),
        (Figures("int8", bytes=9), "int8 has a file 1.1x larger."),
        (Figures("int8", bytes=8, score=scored(0.9, "other")), "int8 has a file of the same size."),
        (Figures("int8"), None),
    ],
)
def test_a_variant_is_compared_in_words(one: Figures, said: str | None) -> None:
    """Unknown figures are left out, and scores on other frames do not count."""
    assert sentences(result(BASE, one)) == ([said] if said else [])


def test_a_run_without_truth_has_no_score() -> None:
    """A drive is not the one on which the same file was scored."""
    sample = result(Figures("int8", bytes=2, score=scored(0.638)), how="run", source="sample")
    for how in ("run", "run without drawing"):
        drive = result(Figures("int8", bytes=2), how=how, source="drive")
        assert with_scores([sample, drive])[1] == drive


def test_scores_from_elsewhere_name_their_frames() -> None:
    """In the table of the page, whose other figures are of the result's own source."""
    bench = result(Figures("int8", bytes=2, score=scored(0.8)), how="bench", source="drive")
    own = replace(bench, source="val")
    table = ModelSection("m", [bench, own], []).table
    cells = [
        cells[table.columns.index("quality")] for _, rows in table.machines for _, cells in rows
    ]
    assert cells == ["mIoU .800 (on val)", "mIoU .800"]


def test_scores_from_elsewhere_are_charted_once() -> None:
    """Where they were measured, and not again for a bench of fewer files."""
    figures = [
        Figures(name, bytes=2, score=Score(on="val", frames=10, miou=0.8, per_class={"road": 0.8}))
        for name in ("float32", "int8")
    ]
    labelled = [("bench", result(figures[1], how="bench")), ("run", result(*figures, how="run"))]
    chart = quality_chart(labelled, "m")
    assert chart is not None
    alone = quality_chart(labelled[1:], "m")
    assert alone is not None
    assert chart.render(LIGHT) == alone.render(LIGHT)
    assert len(class_charts(labelled, "m")) == 1


def test_speed_of_an_invalid_result_says_so() -> None:
    """In its sentence and in the table; a ratio within noise is no ratio."""
    base = replace(BASE, range_ms=(49.0, 51.0))
    fast = Figures("int8", invoke_only=LatencySummary(20), range_ms=(19.0, 21.0))
    noisy = Figures("float16", invoke_only=LatencySummary(40), range_ms=(20.0, 60.0))
    valid = result(base, fast, noisy)
    assert sentences(valid) == [
        "float16 shows no measurable difference in speed from float32 (median network ms).",
        "int8 is 2.5x faster than float32 (median network ms).",
    ]
    invalid = replace(valid, invalid=True)
    assert all("not a valid measurement" in text for text in sentences(invalid))
    for one, mark in ((valid, ""), (invalid, " (not valid)")):
        table = ModelSection("m", [one], []).table
        place = table.columns.index("speed against float32")
        assert [cells[place] for _, cells in table.machines[0][1]][1:] == [
            f"no measurable difference{mark}",
            f"2.50x{mark}",
        ]


def test_without_float32_there_is_nothing_to_compare() -> None:
    """No ratio is made up."""
    assert sentences(result(Figures("int8", invoke_only=LatencySummary(3)))) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.01853, "0.0185"), (0.28, "0.280"), (1.5, "1.50"), (18.62, "18.6"), (999.4, "999"),
     (1597.2, "1,597"), (None, "\N{EN DASH}")],
)  # fmt: skip
def test_numbers_have_three_figures(value: float | None, text: str) -> None:
    """Small ones as well, and what is not known is a dash."""
    assert figure(value) == text
