"""Which charts there are, that they are drawn, and from what."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edge_app.style import variant_colour
from host_tools.report.figures import Figures, LatencySummary, Result, Score, in_order

pytest.importorskip("matplotlib", reason="needs the report extra: pip install -e '.[report]'")

from host_tools.charts.bars import Row, row_chart
from host_tools.charts.drawing import DARK, LIGHT, shortened, typefaces
from host_tools.charts.report_charts import charts_of
from host_tools.charts.scatter import Point, pareto_front

PAGES = {"light": LIGHT, "dark": DARK}
STAGES = {
    "prepare": LatencySummary(1.0),
    "invoke": LatencySummary(20.0),
    "end_to_end": LatencySummary(60.0),
}


def full(name: str, ratio: float = 1.0) -> Figures:
    """Return a variant with all figures."""
    return Figures(
        name,
        bytes=int(2_000_000 * ratio),
        invoke_only=LatencySummary(20.0 * ratio, 25.0 * ratio),
        end_to_end=LatencySummary(60.0 * ratio, 70.0 * ratio),
        invoke_only_fps=50.0 / ratio,
        end_to_end_fps=40.0 / ratio,
        stages=STAGES,
        score=Score(
            on="val", frames=10, miou=0.8 / ratio**0.01, per_class={"road": 0.9, "pole": 0.4}
        ),
    )


def result(*figures: Figures, **more: Any) -> Result:
    """Return a result of some figures."""
    return Result(**{"machine": "Pi", "model": "m", "figures": in_order(figures), **more})


def pixels(png: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return a PNG as RGB."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def near(image: np.ndarray[Any, Any], colour: str) -> int:
    """Return how many pixels have nearly a colour."""
    target = np.array(list(bytes.fromhex(colour.removeprefix("#"))))
    return int((np.abs(image.astype(int) - target).max(axis=2) < 8).sum())


def test_the_typeface_is_the_projects_own() -> None:
    """Charts have the overlay's typeface, in both weights."""
    assert typefaces() == ("IBM Plex Sans", "IBM Plex Sans SmBld")


def test_full_results_give_every_chart() -> None:
    """Size, quality, times, rates, stages, quality against time, and classes."""
    charts = charts_of([result(full("float32", 3.0), full("int8"))], "m")
    assert [chart.name for chart in charts] == [
        "m-size", "m-quality", "m-network", "m-fps",
        "m-latency", "m-stages", "m-pareto", "m-classes",
    ]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_every_chart_is_drawn_for_every_page(page: str) -> None:
    """All have the same width, the page's background and the variants' colours."""
    theme = PAGES[page]
    for chart in charts_of([result(full("float32", 3.0), full("int8"))], "m"):
        image = pixels(chart.render(theme))
        assert image.shape[1] == 880
        assert near(image[:3, :3], theme.ground) == 9
        if chart.name != "m-stages":
            assert near(image, "#E69F00") > 50
            assert near(image, "#CC79A7") > 50


def test_variants_of_any_name_have_colours_of_their_own() -> None:
    """In each chart the same ones, and of many variants the last has a dot as well."""
    names = ["float32", "int8", *(f"int8-{at}" for at in range(7))]
    shown = result(*(full(name, 1 + at / 4) for at, name in enumerate(names)))
    colours = {name: variant_colour(name, names) for name in names}
    assert len(set(colours.values())) == len(names)
    for chart in charts_of([shown], "m"):
        if chart.name in {"m-network", "m-pareto", "m-classes"}:
            image = pixels(chart.render(LIGHT))
            assert [name for name in names if near(image, colours[name]) < 20] == [], chart.name


@pytest.mark.parametrize(
    ("one", "names"),
    [
        (Figures("int8"), []),
        (Figures("int8", bytes=5), ["m-size"]),
        (Figures("int8", invoke_only=LatencySummary(3.0)), ["m-network"]),
        (Figures("int8", invoke_only_fps=3.0), ["m-fps"]),
        (Figures("int8", score=Score(on="val", top1=0.5, per_class={"7": 0.5})), ["m-quality"]),
        (Figures("int8", stages={"invoke": LatencySummary(2.0)}), ["m-stages"]),
    ],
)
def test_a_chart_without_figures_is_left_out(one: Figures, names: list[str]) -> None:
    """Missing figures give no empty chart, and the other charts are drawn."""
    charts = charts_of([result(one, Figures("float32"))], "m")
    assert [chart.name for chart in charts] == names
    for chart in charts:
        assert pixels(chart.render(LIGHT)).std() > 0


def test_equal_files_and_scores_are_shown_once() -> None:
    """Two machines with the same files and scores share one group of each."""
    both = [result(full("int8")), result(full("int8"), machine="laptop")]
    alone = {chart.name: pixels(chart.render(LIGHT)) for chart in charts_of(both[:1], "m")}
    shared = {chart.name: pixels(chart.render(LIGHT)) for chart in charts_of(both, "m")}
    assert shared["m-size"].shape == alone["m-size"].shape
    assert shared["m-quality"].shape == alone["m-quality"].shape
    assert shared["m-network"].shape[0] > alone["m-network"].shape[0]


def drawn(title: str, **values: float) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return a chart of one group of rows."""
    rows = {name: Row(value, str(value)) for name, value in values.items()}
    chart = row_chart("c", "t", "n", [(title, rows)], "ms")
    assert chart is not None
    return pixels(chart.render(LIGHT))


def test_bars_are_as_long_as_their_values() -> None:
    """Half the value is half the bar."""
    image = drawn("g", float32=4, int8=2)
    long, short = near(image, "#E69F00"), near(image, "#CC79A7")
    assert short / long == pytest.approx(0.5, abs=0.02)


def test_values_far_apart_become_dots() -> None:
    """A bar of a hundredth of another would be invisible."""
    image = drawn("g", float32=400, int8=2)
    assert near(image, "#E69F00") == pytest.approx(near(image, "#CC79A7"), rel=0.1)
    assert near(image, "#CC79A7") > 100


def test_a_long_name_does_not_squeeze_the_chart() -> None:
    """Bars keep their length, however long the machine's name is."""
    lengths = [near(drawn(title, float32=4), "#E69F00") for title in ("x" * 200 + "$", "short")]
    assert lengths[0] == lengths[1] > 0
    assert len(shortened("x" * 200)) <= 46


@pytest.mark.parametrize(
    ("points", "front"),
    [
        ([("a", 50, 0.8), ("b", 20, 0.7)], "ba"),
        ([("a", 50, 0.8), ("b", 20, 0.8)], "b"),
        ([("a", 50, 0.8), ("b", 20, 0.9), ("c", 10, 0.5)], "cb"),
        ([("a", 50, 0.8), ("b", 50, 0.9)], "b"),
        ([("a", 50, 0.8)], "a"),
    ],
)
def test_the_front_has_no_beaten_point(points: list[tuple[str, float, float]], front: str) -> None:
    """A slower point has to be better, or it is beaten."""
    made = [Point(name, time_ms, quality, None) for name, time_ms, quality in points]
    assert "".join(point.variant for point in pareto_front(made)) == front
