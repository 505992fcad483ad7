"""Put results, charts and gallery together into one page that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge_app.board import UNKNOWN
from edge_app.style import (
    NOTHING,
    count,
    file_size,
)
from host_tools.report.figures import FLOAT, Figures, Result, labels
from host_tools.report.gallery import Gallery
from host_tools.report.gallery_html import gallery_section
from host_tools.report.markup import Html, picture, table, tag, variant_name
from host_tools.report.sentences import figure, lost_points, quality_text, sentences, speed_ratio
from host_tools.report.stylesheet import stylesheet


@dataclass(frozen=True, slots=True)
class Drawn:
    """Hold a finished chart: its name, title and note, and the PNG for either theme."""

    name: str
    title: str
    note: str
    light: bytes
    dark: bytes


@dataclass(frozen=True, slots=True)
class Section:
    """Hold what stands together on the page: one model, its results, its charts."""

    model: str
    results: tuple[Result, ...]
    charts: tuple[Drawn, ...]


_COLUMNS: tuple[tuple[str, Callable[[Figures, Figures | None], str | None]], ...] = (
    ("size", lambda one, _: file_size(one.bytes) if one.bytes else None),
    ("quality", lambda one, _: _quality(one)),
    ("points lost", lambda one, base: _lost(one, base)),
    (
        "network ms, p50",
        lambda one, _: figure(one.network.typical_ms) if one.network else None,
    ),
    ("p90", lambda one, _: _p90(one)),
    ("network frames/s", lambda one, _: figure(one.network_fps) if one.network_fps else None),
    ("line frames/s", lambda one, _: figure(one.line_fps) if one.line_fps else None),
    ("to canvas ms", lambda one, _: figure(one.line.typical_ms) if one.line else None),
    ("vs float32", lambda one, base: _ratio(one, base)),
    ("load ms", lambda one, _: figure(one.init_ms) if one.init_ms else None),
    ("peak MB", lambda one, _: figure(one.peak_rss_mb) if one.peak_rss_mb else None),
)


def page(title: str, made: str, sections: Sequence[Section], gallery: Gallery | None = None) -> str:
    """Return the page as HTML.

    made: when and from what, in words.
    """
    parts = [tag("h1", title), tag("p", made, class_="soft")]
    links = [(section.model, _anchor(section.model)) for section in sections]
    links += [("Gallery", "gallery")] if gallery else []
    links += [("Machines", "machines")]
    parts.append(tag("nav", [tag("a", name, href=f"#{anchor}") for name, anchor in links]))
    parts += [_section(section) for section in sections]
    if gallery:
        parts.append(gallery_section(gallery))
    parts.append(_machines([result for section in sections for result in section.results]))
    parts.append(tag("footer", [tag("p", note, class_="note") for note in _NOTES]))
    head = [
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Html(stylesheet())),
    ]
    body = tag("body", tag("main", parts))
    return f'<!DOCTYPE html>\n<html lang="en">{tag("head", head)}{body}</html>\n'


_NOTES = (
    "p50 is the median and p90 the 90th percentile of single frames. The line is everything from "
    "reading a frame to the finished canvas; its rate may be higher than one over its latency, "
    "since capture, network and drawing overlap.",
    f"{NOTHING} stands for what was not measured. Machines stand side by side and are never "
    "averaged; scores can be compared only where they were taken on the same frames.",
)


def _section(section: Section) -> Html:
    named = list(zip(labels(section.results), section.results, strict=True))
    parts = [tag("h2", section.model, id=_anchor(section.model))]
    for label, result in named:
        parts += [tag("p", f"{label}: {text}.", class_="warning") for text in result.warnings]
    for label, result in named:
        said = sentences(result)
        if said:
            parts.append(tag("h3", label))
            parts.append(tag("p", _conditions(result), class_="soft"))
            parts.append(tag("ul", [tag("li", sentence) for sentence in said]))
        parts += _why(label, result)
    parts.append(_table(named))
    parts.append(tag("div", [_chart(chart) for chart in section.charts], class_="charts"))
    return tag("section", parts)


def _why(label: str, result: Result) -> list[Html]:
    """Return, folded away, why each variant is as fast as it is."""
    told = [
        tag("li", [variant_name(one.variant), f": {'; '.join(one.why)}."])
        for one in result.figures.values()
        if one.why
    ]
    if not told:
        return []
    return [tag("details", [tag("summary", f"Why, on {label}"), tag("ul", told)])]


def _conditions(result: Result) -> str:
    """Say under which conditions a result was measured."""
    if result.published:
        return f"Published, on {result.source}. {result.about}"
    parts = [
        result.how,
        result.runtime,
        count(result.threads, "thread") if result.threads else "",
        result.source,
        ", ".join(result.origin),
    ]
    scored = {one.score.on for one in result.figures.values() if one.score}
    if scored - {result.source}:
        parts.append(f"quality on {' and '.join(sorted(scored))}")
    return "; ".join(part for part in parts if part)


def _table(named: Sequence[tuple[str, Result]]) -> Html:
    """Return a row per variant below each machine, with the columns that hold something."""
    lines: list[tuple[str, list[tuple[Figures, list[str | None]]]]] = []
    for label, result in named:
        base = result.figures.get(FLOAT)
        cells = [
            (one, [write(one, base) for _, write in _COLUMNS]) for one in result.figures.values()
        ]
        lines.append((label, cells))
    used = [
        place
        for place in range(len(_COLUMNS))
        if any(values[place] for _, cells in lines for _, values in cells)
    ]
    rows = []
    for label, cells in lines:
        rows.append(
            tag("tr", tag("td", tag("b", label), colspan=str(len(used) + 1)), class_="machine")
        )
        for one, values in cells:
            numbers = [tag("td", values[place] or NOTHING, class_="num") for place in used]
            rows.append(tag("tr", [tag("td", variant_name(one.variant), class_="name"), *numbers]))
    return table(["variant", *(_COLUMNS[place][0] for place in used)], rows)


def _quality(one: Figures) -> str | None:
    headline = one.score.headline if one.score else None
    return f"{quality_text(headline)} {headline[0]}" if headline else None


def _lost(one: Figures, base: Figures | None) -> str | None:
    if base is None or one is base:
        return None
    lost = lost_points(base, one)
    return None if lost is None else f"{lost + 0.0:.2f}".replace("-", "\N{MINUS SIGN}")


def _p90(one: Figures) -> str | None:
    known = one.network and one.network.p90_ms
    return figure(known) if known else None


def _ratio(one: Figures, base: Figures | None) -> str | None:
    ratio = speed_ratio(base, one) if base and one is not base else None
    return None if ratio is None else f"{ratio:.{2 if ratio >= 0.1 else 3}f}x"


def _chart(chart: Drawn) -> Html:
    alt = f"Chart: {chart.title}. Its figures are in the table above."
    caption = tag("figcaption", [tag("b", chart.title), tag("span", chart.note)])
    return tag("figure", [caption, picture(chart.light, alt, chart.dark)], class_="chart")


def _machines(results: Sequence[Result]) -> Html:
    """Tell of every machine once what it is, and how it was doing for each file."""
    machines: dict[tuple[object, ...], list[Result]] = {}
    for result in results:
        key = (result.machine, result.published, *result.facts.items())
        machines.setdefault(key, []).append(result)
    parts = [tag("h2", "Machines", id="machines")]
    for members in machines.values():
        facts = {**members[0].facts, **_states(members)}
        unknown = [name for name, value in facts.items() if value == UNKNOWN]
        lines = {name: value for name, value in facts.items() if value and name not in unknown}
        if unknown:
            lines["not known"] = ", ".join(unknown)
        files = dict.fromkeys(file for result in members for file in result.origin)
        lines["results"] = ", ".join(files)
        parts.append(tag("h3", members[0].machine))
        rows = [tag("tr", [tag("th", name), tag("td", value)]) for name, value in lines.items()]
        parts.append(tag("table", tag("tbody", rows), class_="facts"))
    return tag("section", parts)


def _states(results: Sequence[Result]) -> dict[str, str]:
    """Return how a machine was doing: one value where it was the same for all files."""
    told: dict[str, dict[str, list[str]]] = {}
    states = {file: state for result in results for file, state in result.states}
    for file, state in states.items():
        for name, value in state.items():
            told.setdefault(name, {}).setdefault(value, []).append(file)
    return {
        name: next(iter(values))
        if len(values) == 1
        else "; ".join(f"{value} ({', '.join(files)})" for value, files in values.items())
        for name, values in told.items()
    }


def _anchor(text: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in text.lower())
