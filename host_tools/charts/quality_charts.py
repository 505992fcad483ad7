"""The charts of file size and quality; None if no result has the figures."""

from edge_app.results.gains import FLOAT, score_text
from edge_app.style import NOTHING, count, file_size
from host_tools.charts.bars import Row, row_chart
from host_tools.charts.drawing import Chart
from host_tools.charts.scatter import Point, class_chart, pareto_chart
from host_tools.report.figures import Labelled, Result, Score, all_variants


def size_chart(labelled: Labelled, prefix: str) -> Chart | None:
    """Return the chart of file sizes; each set of files once, as it is the same everywhere."""
    sizes = [one.bytes or 0 for _, result in labelled for one in result.figures.values()]
    unit, unit_bytes = ("MB", 1e6) if max(sizes, default=0) >= 1e6 else ("kB", 1e3)
    seen: set[tuple[int | None, ...]] = set()
    groups: list[tuple[str, dict[str, Row]]] = []
    for label, result in labelled:
        key = tuple(one.bytes for one in result.figures.values())
        if key in seen or not any(key):
            continue
        seen.add(key)
        rows = {
            one.variant: Row(one.bytes / unit_bytes, file_size(one.bytes))
            if one.bytes
            else Row(None, NOTHING)
            for one in result.figures.values()
        }
        title = "files as published" if result.published else "this model's files"
        if any(other == title for other, _ in groups):
            title = f"{title}, {label}"
        groups.append((title, rows))
    note = f"Of the .tflite file, in {'millions' if unit == 'MB' else 'thousands'} of bytes."
    return row_chart(
        f"{prefix}-size", "File size", note, groups, unit, among=all_variants(labelled)
    )


def quality_chart(labelled: Labelled, prefix: str) -> Chart | None:
    """Return the chart of the headline scores; each set of scores once."""
    groups, measures = [], dict[str, None]()
    for result in _with_own_scores(labelled):
        scores = {name: one.score for name, one in result.figures.items() if one.score}
        rows = {}
        for one in result.figures.values():
            headline = one.score.headline if one.score else None
            if headline:
                measures[headline[0]] = None
            value = _scaled(headline) if headline else None
            rows[one.variant] = Row(value, score_text(headline))
        groups.append((f"on {_scored_on(next(iter(scores.values())))}", rows))
    title = f"Quality: {', '.join(measures)}"
    note = "Scores on different frames cannot be compared."
    top = 1.0 if "mIoU" in measures else 100.0
    unit = _unit(next(iter(measures), ""))
    among = all_variants(labelled)
    return row_chart(f"{prefix}-quality", title, note, groups, unit, top, among)


def quality_against_time_chart(labelled: Labelled, prefix: str) -> Chart | None:
    """Return the chart of quality against invoke-only time; published results have no such time."""
    series, measure = {}, ""
    for label, result in labelled:
        points = []
        for one in result.figures.values():
            headline = one.score.headline if one.score else None
            if headline and one.invoke_only:
                measure = headline[0]
                points.append(
                    Point(one.variant, one.invoke_only.typical_ms, _scaled(headline), one.bytes)
                )
        if len(points) > 1:
            series[label] = points
    if not series:
        return None
    note = (
        "Further left is faster, higher is better; the line joins the variants that no other "
        "beats in both. A dot's area is the file's size."
    )
    name, title = f"{prefix}-pareto", "Quality against time"
    return pareto_chart(name, title, note, series, _unit(measure), all_variants(labelled))


def class_charts(labelled: Labelled, prefix: str) -> list[Chart]:
    """Return a chart of the classes' IoU for each set of frames that was scored by class."""
    charts: list[Chart] = []
    seen: set[str] = set()
    for result in _with_own_scores(labelled):
        scores = {
            name: one.score
            for name, one in result.figures.items()
            # Without mIoU the classes' shares are the accuracy of each digit.
            if one.score and one.score.per_class and one.score.miou is not None
        }
        if not scores:
            continue
        best = scores.get(FLOAT) or next(iter(scores.values()))
        classes = {
            name: {variant: score.per_class.get(name) for variant, score in scores.items()}
            for name in sorted(best.per_class, key=lambda name: -(best.per_class[name] or 0))
            if any(score.per_class.get(name) is not None for score in scores.values())
        }
        key = repr(classes)
        if key in seen or not classes:
            continue
        seen.add(key)
        name = f"{prefix}-classes" + (f"-{len(charts) + 1}" if charts else "")
        note = f"On {_scored_on(best)}. Equal values lie on top of one another."
        charts.append(class_chart(name, "IoU by class", note, classes, all_variants(labelled)))
    return charts


def _with_own_scores(labelled: Labelled) -> list[Result]:
    """Return each result whose scores are not all among those of another one, which shows them."""
    keys = [
        {
            (name, one.score.on, one.score.headline)
            for name, one in result.figures.items()
            if one.score
        }
        for _, result in labelled
    ]
    return [
        result
        for place, (_, result) in enumerate(labelled)
        if keys[place]
        and not any(keys[place] < other for other in keys)
        and keys[place] not in keys[:place]
    ]


def _unit(measure: str) -> str:
    return measure if measure == "mIoU" else f"{measure}, %"


def _scaled(headline: tuple[str, float]) -> float:
    """Return a score in the unit of its axis: mIoU as a fraction, the others in per cent."""
    return headline[1] if headline[0] == "mIoU" else 100 * headline[1]


def _scored_on(score: Score) -> str:
    """Return what was scored, with the number of frames unless the text has it already."""
    if not score.frames or str(score.frames) in score.on.replace(",", ""):
        return score.on
    return f"{score.on}, {count(score.frames, 'frame')}"
