"""Choose the charts of one model, from the results that stand side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edge_app.style import NOTHING, count, file_size, variant_colour
from host_tools.charts.bars import Group, Row, row_chart, stage_chart, tail_chart
from host_tools.charts.drawing import Chart
from host_tools.charts.scatter import Point, class_chart, pareto_chart
from host_tools.report.figures import FLOAT, Figures, Result, Score, Spread, labels
from host_tools.report.sentences import figure, quality_text


def charts_of(results: Sequence[Result], prefix: str) -> list[Chart]:
    """Return the charts that these results of one model have figures for.

    prefix: begins the charts' names, so that files of several models stay apart.
    """
    named = list(zip(labels(results), results, strict=True))
    made = [
        _sizes(named, prefix),
        _qualities(named, prefix),
        _times(
            named,
            f"{prefix}-network",
            "Time of the network alone",
            "Median of one invoke; the whisker ends at the 90th percentile.",
            lambda one: one.network,
        ),
        _rates(named, prefix),
        _times(
            named,
            f"{prefix}-latency",
            "Time from capture to canvas",
            "Median, whisker to the 90th percentile; frames that overlap wait for one another. "
            "Published figures are means of a loop without overlap.",
            lambda one: one.line,
        ),
        _tails(named, prefix),
        _stages(named, prefix),
        _against(named, prefix),
        *_classes(named, prefix),
    ]
    return [chart for chart in made if chart is not None]


Named = Sequence[tuple[str, Result]]


def _sizes(named: Named, prefix: str) -> Chart | None:
    """Show each set of files once, for a file is as large on every machine."""
    everything = [one.bytes or 0 for _, result in named for one in result.figures.values()]
    unit = 1e6 if max(everything, default=0) >= 1e6 else 1e3
    seen: set[tuple[int | None, ...]] = set()
    groups: list[Group] = []
    for name, result in named:
        sizes = tuple(one.bytes for one in result.figures.values())
        if sizes in seen or not any(sizes):
            continue
        seen.add(sizes)
        rows = [
            _row(
                one, one.bytes and one.bytes / unit, file_size(one.bytes) if one.bytes else NOTHING
            )
            for one in result.figures.values()
        ]
        title = "files as published" if result.published else "this model's files"
        taken = any(group.title == title for group in groups)
        groups.append(Group(f"{title}, {name}" if taken else title, tuple(rows)))
    if not groups:
        return None
    note = f"Of the .tflite file, in {'millions' if unit == 1e6 else 'thousands'} of bytes."
    name = f"{prefix}-size"
    return row_chart(name, "File size", note, groups, "MB" if unit == 1e6 else "kB")


def _qualities(named: Named, prefix: str) -> Chart | None:
    """Show the headline score, once for each set of frames it was taken on."""
    seen: set[tuple[object, ...]] = set()
    groups, measures = [], dict[str, None]()
    for _, result in named:
        scores = {name: one.score for name, one in result.figures.items() if one.score}
        if not scores:
            continue
        key = tuple((name, score.on, score.headline) for name, score in scores.items())
        if key in seen:
            continue
        seen.add(key)
        rows = []
        for one in result.figures.values():
            headline = one.score.headline if one.score else None
            if headline:
                measures[headline[0]] = None
            value = _scaled(headline) if headline else None
            rows.append(_row(one, value, quality_text(headline)))
        groups.append(Group(f"on {_scored_on(next(iter(scores.values())))}", tuple(rows)))
    if not groups:
        return None
    title = f"Quality: {', '.join(measures)}"
    top = 1.0 if "mIoU" in measures else 100.0
    note = "Scores on different frames cannot be compared."
    unit = _unit(next(iter(measures)))
    return row_chart(f"{prefix}-quality", title, note, groups, unit, top=top)


def _unit(measure: str) -> str:
    return measure if measure == "mIoU" else f"{measure}, %"


def _scaled(headline: tuple[str, float]) -> float:
    """Return a score as its axis shows it: mIoU up to 1, the others in per cent."""
    return headline[1] if headline[0] == "mIoU" else 100 * headline[1]


def _scored_on(score: Score) -> str:
    frames = count(score.frames, "frame") if score.frames else ""
    told = frames and str(score.frames) not in score.on.replace(",", "")
    return f"{score.on}, {frames}" if told else score.on


def _times(
    named: Named,
    name: str,
    title: str,
    note: str,
    pick: Callable[[Figures], Spread | None],
) -> Chart | None:
    spreads = [pick(one) for _, result in named for one in result.figures.values()]
    slowest_ms = max((spread.typical_ms for spread in spreads if spread), default=0.0)
    unit, per = ("s a frame", 1e3) if slowest_ms >= 10_000 else ("ms a frame", 1.0)
    groups = []
    for label, result in named:
        rows = []
        for one in result.figures.values():
            spread = pick(one)
            value = spread.typical_ms / per if spread else None
            end = spread.p90_ms / per if spread and spread.p90_ms else None
            rows.append(_row(one, value, figure(value), end=end))
        if any(row.value is not None for row in rows):
            groups.append(Group(label, tuple(rows)))
    return row_chart(name, title, note, groups, unit) if groups else None


def _rates(named: Named, prefix: str) -> Chart | None:
    groups = []
    for label, result in named:
        if not result.has("line_fps", "network_fps"):
            continue
        rows = []
        for one in result.figures.values():
            text = figure(one.line_fps)
            if one.network_fps is not None:
                text += f" ({figure(one.network_fps)})"
            # A rate of the network alone is only a mark: it is not what one gets to see.
            rows.append(_row(one, one.line_fps, text, mark=one.network_fps))
        groups.append(Group(label, tuple(rows)))
    note = (
        "Of the whole line, from reading a frame to the finished canvas; "
        "at the mark, and in brackets, of the network alone."
    )
    name = f"{prefix}-fps"
    return row_chart(name, "Frames a second", note, groups, "frames/s") if groups else None


def _tails(named: Named, prefix: str) -> Chart | None:
    """Show how the time of the network is spread, for what was measured run by run."""
    series = {}
    for label, result in named:
        spreads = {
            one.variant: one.network
            for one in result.figures.values()
            if one.network and one.network.p99_ms and one.network.max_ms
        }
        if spreads:
            series[label] = spreads
    note = (
        "The network alone: from the median (dot) over the 90th, 95th and 99th percentile "
        "(thinner each time) to the slowest run (stroke). Short tails do not stutter."
    )
    name = f"{prefix}-tails"
    return tail_chart(name, "How latency is spread", note, series) if series else None


def _stages(named: Named, prefix: str) -> Chart | None:
    groups = {}
    for label, result in named:
        variants = {
            one.variant: {
                stage: spread.typical_ms
                for stage, spread in one.stages.items()
                if stage != "end_to_end"
            }
            for one in result.figures.values()
        }
        variants = {variant: stages for variant, stages in variants.items() if stages}
        if variants:
            groups[label] = variants
    note = (
        "Shares of the stages' medians, with their sum in ms. Capture, network and drawing "
        "overlap in three threads, so that the line may beat the sum."
    )
    return stage_chart(f"{prefix}-stages", "Where the time goes", note, groups) if groups else None


def _against(named: Named, prefix: str) -> Chart | None:
    """Show quality against time for what was measured; published times are of another kind."""
    series, measure = {}, ""
    for label, result in named:
        points = []
        for one in result.figures.values():
            headline = one.score.headline if one.score else None
            if headline and one.network:
                measure = headline[0]
                points.append(
                    Point(one.variant, one.network.typical_ms, _scaled(headline), one.bytes)
                )
        if len(points) > 1:
            series[label] = points
    if not series:
        return None
    note = (
        "Further left is faster, higher is better; the line joins what nothing beats in both. "
        "A dot's area is the file's size."
    )
    return pareto_chart(f"{prefix}-pareto", "Quality against time", note, series, _unit(measure))


def _classes(named: Named, prefix: str) -> list[Chart]:
    """Show each set of frames that was scored by class."""
    charts: list[Chart] = []
    seen: set[str] = set()
    for _, result in named:
        scores = {name: one.score for name, one in result.figures.items() if one.score}
        scores = {name: score for name, score in scores.items() if _has_iou(score)}
        if not scores:
            continue
        best = scores.get(FLOAT) or next(iter(scores.values()))
        classes = {
            name: {variant: score.per_class.get(name) for variant, score in scores.items()}
            for name in sorted(best.per_class, key=lambda name: -(best.per_class[name] or 0))
        }
        classes = {
            name: values
            for name, values in classes.items()
            if any(value is not None for value in values.values())
        }
        key = repr(classes)
        if key in seen or not classes:
            continue
        seen.add(key)
        name = f"{prefix}-classes" + (f"-{len(charts) + 1}" if charts else "")
        note = f"On {_scored_on(best)}. Variants that agree lie on one another."
        charts.append(class_chart(name, "IoU by class", note, classes))
    return charts


def _has_iou(score: Score) -> bool:
    """Tell whether the classes' shares are IoU, and not the accuracy of each digit."""
    return bool(score.per_class) and score.miou is not None


def _row(
    one: Figures,
    value: float | None,
    text: str,
    *,
    end: float | None = None,
    mark: float | None = None,
) -> Row:
    return Row(one.variant, value, text, variant_colour(one.variant), end, mark)
