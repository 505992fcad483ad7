"""The charts of one model, from the results shown side by side."""

from collections.abc import Sequence

from host_tools.charts.drawing import Chart
from host_tools.charts.quality_charts import (
    class_charts,
    quality_against_time_chart,
    quality_chart,
    size_chart,
)
from host_tools.charts.speed_charts import (
    end_to_end_chart,
    invoke_chart,
    rate_chart,
    stages_chart,
    tails_chart,
)
from host_tools.report.figures import Result, labels

_CHARTS = (
    size_chart, quality_chart, invoke_chart, rate_chart, end_to_end_chart,
    tails_chart, stages_chart, quality_against_time_chart,
)  # fmt: skip


def charts_of(results: Sequence[Result], prefix: str) -> list[Chart]:
    """Return the charts that these results of one model have figures for.

    prefix: of the charts' file names, so that those of several models differ.
    """
    labelled = list(zip(labels(results), results, strict=True))
    charts = [make(labelled, prefix) for make in _CHARTS] + class_charts(labelled, prefix)
    return [chart for chart in charts if chart is not None]
