"""The tables of a diagnosis say what its chart says, and cut no name."""

import io

from rich.console import Console

from host_tools.diagnose.advice import GOOD_DB, POOR_DB, layer_names, worst_layers
from host_tools.diagnose.layer_table import input_line, layer_legend, layer_table
from host_tools.diagnose.measure import LayerComparison, LayerError


def layer(order: int, name: str, lost_db: float, saturated: float = 0.0) -> LayerError:
    """Return a layer that loses so much."""
    return LayerError(
        order, name, "CONV_2D", (1, 8, 8, 4), 30.0 - order, lost_db, 45.0,
        low=-1.0, high=1.0, range_use=0.5, saturated=saturated,
    )  # fmt: skip


def comparison(*layers: LayerError) -> LayerComparison:
    """Return the comparison of some layers, on three images."""
    given = layer(-1, "serving_default_picture:0", 0.0)
    return LayerComparison(layers, given, "Identity", 3)


LONG = "street/expanded_conv_project_with_a_long_name_12/BatchNorm/FusedBatchNormV3"
FOUND = comparison(
    layer(0, "street/stem/Relu6;street/stem/Conv2D", 5.0),
    layer(1, LONG, 9.0),
    layer(2, "street/mean/Mean", 0.5),
    layer(3, "street/logits/BiasAdd", 0.0),
    layer(4, "Identity", 0.0),
)


def printed(found: LayerComparison, width: int) -> str:
    """Return the table in so many columns."""
    text = io.StringIO()
    Console(file=text, width=width).print(layer_table(found))
    return text.getvalue()


def test_names_lose_only_the_folder_that_nearly_all_share() -> None:
    """What is left of a name is whole."""
    names = layer_names(FOUND)
    assert list(names.values()) == [
        "stem/Relu6",
        LONG.removeprefix("street/"),
        "mean/Mean",
        "logits/BiasAdd",
        "Identity",
    ]
    several = comparison(layer(0, "a/x", 1.0), layer(1, "b/x", 1.0))
    assert list(layer_names(several).values()) == ["a/x", "b/x"]


def test_the_worst_comes_first_and_the_input_is_no_layer() -> None:
    """Rows are numbered as in the chart; the input has a line of its own."""
    rows = [line.split() for line in printed(FOUND, 120).splitlines()]
    numbered = {row[0]: row[1] for row in rows if row and row[0].isdecimal()}
    shown = layer_names(FOUND)
    assert list(numbered.values()) == [shown[one.name] for one in worst_layers(FOUND)]
    assert numbered["1"] == shown[LONG]
    assert "serving_default" not in printed(FOUND, 120)
    assert input_line(FOUND) == "input: SNR 31.0 dB, 50 % of 256 levels used, 0.0 % clipped"


def test_no_name_is_cut_in_a_narrow_terminal() -> None:
    """It is folded or the figures follow below."""
    text = printed(FOUND, 60)
    assert "\N{HORIZONTAL ELLIPSIS}" not in text
    assert "stem/Relu6" in text


def test_clipping_has_a_column_only_where_there_is_some() -> None:
    """A column of zeros would push others below the table; the legend explains it only then."""
    assert "clipped" not in printed(FOUND, 120)
    assert "clipped" not in layer_legend(FOUND)
    clipping = comparison(layer(0, "a", 4.0, saturated=0.12))
    assert "12.0 %" in printed(clipping, 120)
    assert " clipped: share of values beyond them. The chart" in layer_legend(clipping)


def test_the_legend_judges_as_the_verdict_and_the_chart_do() -> None:
    """There is one limit for good and one for poor."""
    assert f"{GOOD_DB:.0f} dB and more is good, below {POOR_DB:.0f} is poor" in layer_legend(FOUND)
