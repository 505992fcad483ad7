"""The report page: results, charts and gallery in one HTML file that needs nothing beside it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge_app.board import UNKNOWN
from edge_app.errors import EdgeError
from edge_app.model.proof_link import PROOF_COLUMNS, proof_cells
from edge_app.paths import assets_dir
from edge_app.results.gains import FLOAT, score_text
from edge_app.style import NOTHING, count, file_size, percent, variant_colour
from host_tools.charts.drawing import DARK, LIGHT, TYPEFACE_FILES
from host_tools.report.figures import Figures, Labelled, Result, all_variants, labels
from host_tools.report.gallery import Gallery
from host_tools.report.sentences import figure, lost_points, sentences, speed

if TYPE_CHECKING:
    from jinja2 import Template


@dataclass(frozen=True, slots=True)
class RenderedChart:
    """A chart on the page: its name, title and note, and a PNG for each theme."""

    name: str
    title: str
    note: str
    light: bytes
    dark: bytes


@dataclass(frozen=True, slots=True)
class FiguresTable:
    """A row per variant below each machine; columns without any value are left out.

    machines: (label, [(variant, a cell per column)]) each.
    """

    columns: Sequence[str]
    machines: Sequence[tuple[str, Sequence[tuple[str, Sequence[str]]]]]


@dataclass(frozen=True, slots=True)
class ModelSection:
    """The part of the page on one model."""

    model: str
    results: Sequence[Result]
    charts: Sequence[RenderedChart]

    @property
    def labelled(self) -> Labelled:
        """The results with the names that tell them apart."""
        return list(zip(labels(self.results), self.results, strict=True))

    @property
    def variants(self) -> Sequence[str]:
        """The names of all variants, whose colours differ."""
        return all_variants(self.labelled)

    @property
    def table(self) -> FiguresTable:
        """The figures of all results."""
        return _table(self.labelled)


_COLUMNS: dict[str, Callable[[Figures, Figures | None, Result], str | None]] = {
    "file size": lambda one, _, __: file_size(one.bytes) if one.bytes else None,
    "quality": lambda one, _, result: _quality(one, result),
    "points lost to float32": lambda one, base, _: _lost(one, base),
    "network ms": lambda one, _, __: _figure(getattr(one.invoke_only, "typical_ms", None)),
    "network ms, p90": lambda one, _, __: _figure(getattr(one.invoke_only, "p90_ms", None)),
    "network frames/s": lambda one, _, __: _figure(one.invoke_only_fps),
    "end-to-end frames/s": lambda one, _, __: _figure(one.end_to_end_fps),
    "end-to-end ms": lambda one, _, __: _figure(getattr(one.end_to_end, "typical_ms", None)),
    "speed against float32": lambda one, base, result: _ratio(one, base, result),
    "loading ms": lambda one, _, __: _figure(one.init_ms),
    "peak memory MB": lambda one, _, __: _figure(one.peak_rss_mb),
}


def page_template() -> Template:
    """Load page.html.j2."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "anchor": _anchor,
        "conditions": _conditions,
        "data_url": _data_url,
        "percent": percent,
        "proof_cells": proof_cells,
        "sentences": sentences,
        "variant_colour": variant_colour,
    }
    return environment.get_template("page.html.j2")


def render_page(
    template: Template,
    title: str,
    made: str,
    sections: Sequence[ModelSection],
    gallery: Gallery | None = None,
) -> str:
    """Return the page as HTML.

    made: a line that says when it was made and from what.
    """
    return template.render(
        proof_columns=PROOF_COLUMNS,
        title=title,
        made=made,
        sections=sections,
        gallery=gallery,
        published={
            result.facts["published in"]: result.facts["source"]
            for section in sections
            for result in section.results
            if result.published
        },
        machines=_machines([result for section in sections for result in section.results]),
        faces=list(_typefaces()),
        light=LIGHT,
        dark=DARK,
        nothing=NOTHING,
    )


def _anchor(text: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in text.lower())


def _data_url(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _typefaces() -> Iterator[dict[str, object]]:
    """Yield the faces to inline; without the files the browser takes its own sans serif."""
    for weight, file in zip((400, 600), TYPEFACE_FILES, strict=True):
        try:
            content = (assets_dir() / "fonts" / file).read_bytes()
        except (OSError, EdgeError):
            continue
        yield {"weight": weight, "url": _data_url(content, "font/woff")}


def _conditions(result: Result) -> str:
    """Return what was measured, and how, in one line."""
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


def _table(labelled: Labelled) -> FiguresTable:
    machines = []
    for label, result in labelled:
        base = result.figures.get(FLOAT)
        rows = [
            (one.variant, [write(one, base, result) for write in _COLUMNS.values()])
            for one in result.figures.values()
        ]
        machines.append((label, rows))
    used = [
        place
        for place in range(len(_COLUMNS))
        if any(cells[place] for _, rows in machines for _, cells in rows)
    ]
    names = list(_COLUMNS)
    return FiguresTable(
        [names[place] for place in used],
        [
            (label, [(name, [cells[place] or NOTHING for place in used]) for name, cells in rows])
            for label, rows in machines
        ],
    )


def _figure(value: float | None) -> str | None:
    return figure(value) if value else None


def _quality(one: Figures, result: Result) -> str | None:
    score = one.score
    headline = score.headline if score else None
    if score is None or headline is None:
        return None
    elsewhere = f" (on {score.on})" if score.on != result.source else ""
    return f"{headline[0]} {score_text(headline)}{elsewhere}"


def _lost(one: Figures, base: Figures | None) -> str | None:
    lost = lost_points(base, one) if base and one is not base else None
    return None if lost is None else f"{round(lost, 2) + 0.0:.2f}".replace("-", "\N{MINUS SIGN}")


def _ratio(one: Figures, base: Figures | None, result: Result) -> str | None:
    found = speed(base, one) if base and one is not base else None
    if found is None:
        return None
    text = f"{found.ratio:.{2 if found.ratio >= 0.1 else 3}f}x"
    text = text if found.measurable else "no measurable difference"
    return f"{text} (not valid)" if result.invalid else text


def _machines(results: Sequence[Result]) -> list[tuple[str, dict[str, str]]]:
    """Return the name and facts of every machine once, with its state during each of its files."""
    machines: dict[tuple[object, ...], list[Result]] = {}
    for result in results:
        key = (result.machine, result.published, *result.facts.items())
        machines.setdefault(key, []).append(result)
    listed = []
    for members in machines.values():
        facts = {**members[0].facts, **_states(members)}
        unknown = [name for name, value in facts.items() if value == UNKNOWN]
        lines = {name: value for name, value in facts.items() if value and name not in unknown}
        if unknown:
            lines["not known"] = ", ".join(unknown)
        lines["results"] = ", ".join(
            dict.fromkeys(file for result in members for file in result.origin)
        )
        listed.append((members[0].machine, lines))
    return listed


def _states(results: Sequence[Result]) -> dict[str, str]:
    """Return a machine's state by name: one value if it is the same for all files."""
    files_of: dict[str, dict[str, list[str]]] = {}
    states = {file: state for result in results for file, state in result.states}
    for file, state in states.items():
        for name, value in state.items():
            files_of.setdefault(name, {}).setdefault(value, []).append(file)
    return {
        name: next(iter(values))
        if len(values) == 1
        else "; ".join(f"{value} ({', '.join(files)})" for value, files in values.items())
        for name, values in files_of.items()
    }
