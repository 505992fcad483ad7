"""The summary of a run as a table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from edge_app.frame import Status
from edge_app.quality import Quality
from edge_app.sinks.screen import class_lines, clock_face, head_lines
from edge_app.status_text import losses, status_text
from edge_app.style import (
    NEUTRAL,
    RIGHT,
    STAGE_COLOURS,
    WRONG,
    count,
    significant,
    spaced,
)
from edge_app.timing import STAGES

_FIGURES = ("mean", "p50", "p90", "p95", "p99", "max")
_WIDTH = 80


def summary_table(summary: Mapping[str, Any]) -> RenderableType:
    """Return a summary, as `summary.json` has it, in the order of the live view."""
    return Group(*_parts(summary))


def _parts(summary: Mapping[str, Any]) -> Iterator[RenderableType]:
    status = _last_status(summary)
    text = status_text(status)
    source = str(summary.get("source", ""))
    yield from head_lines(replace(text, facts=(*text.facts, source) if source else text.facts))
    yield Text()
    yield _stages(summary.get("stages") or {})
    yield Text()
    yield _outcome(summary, (count(status.frames, "frame"), *losses(status)))
    if text.quality:
        yield Text("   ".join(text.quality), style="bold")
        yield from class_lines(text.classes, _WIDTH)
    recording = summary.get("recording")
    if recording:
        yield Text(
            f"recorded {count(recording['frames'], 'frame')}, "
            f"{clock_face(recording['seconds'])}: {recording['path']}"
        )
    yield from _machine(summary)


def _last_status(summary: Mapping[str, Any]) -> Status:
    """Return what a summary knows of its run as a status."""
    fps = summary.get("fps") or {}
    return Status(
        task=str(summary.get("task", "")),
        model=str(summary.get("model", "")),
        variant=str(summary.get("variant", "")),
        size_bytes=summary.get("bytes") or 0,
        runtime=str(summary.get("runtime", "")),
        threads=summary.get("threads") or 0,
        policy=str(summary.get("policy", "")),
        frames=summary.get("frames", 0),
        shown_fps=fps.get("shown"),
        network_fps=fps.get("network"),
        source_fps=fps.get("source"),
        dropped=summary.get("dropped", 0),
        damaged=summary.get("damaged", 0),
        quality=_quality(summary.get("quality")),
    )


def _quality(scores: Mapping[str, Any] | None) -> Quality | None:
    if not scores:
        return None
    return Quality(
        frames=scores.get("frames", 0),
        pixel_accuracy=scores.get("pixel_accuracy"),
        miou=scores.get("miou"),
        per_class=tuple(
            (name, math.nan if score is None else float(score))
            for name, score in (scores.get("per_class") or {}).items()
        ),
        top1=scores.get("top1"),
    )


def _stages(stages: Mapping[str, Any]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("ms", no_wrap=True)
    table.add_column("n", justify="right", no_wrap=True)
    for figure in _FIGURES:
        table.add_column(figure, justify="right", no_wrap=True, min_width=6)
    for stage in STAGES:
        figures = stages.get(stage)
        if not figures:
            continue
        name = Text("■ " if stage != "end_to_end" else "  ", STAGE_COLOURS.get(stage, NEUTRAL))
        name.append(spaced(stage), style="default")
        cells = [significant(figures.get(f"{figure}_ms")) for figure in _FIGURES]
        table.add_row(name, f"{figures.get('n', 0):,}", *cells)
    return table


def _outcome(summary: Mapping[str, Any], counts: Iterable[str]) -> Text:
    """Return how the run ended, why, and how many frames it had."""
    status = str(summary.get("status", ""))
    line = Text(status, style=f"bold {RIGHT if status == 'complete' else WRONG}")
    if summary.get("reason"):
        line.append(f" ({summary['reason']})", style="default not bold")
    return line.append("   " + "   ".join(counts), style="default not bold")


def _machine(summary: Mapping[str, Any]) -> Iterator[Text]:
    board = summary.get("board")
    if isinstance(board, Mapping):
        cores = f"{board['cores']} cores" if board.get("cores") else ""
        known = [str(board.get(key, "")) for key in ("model", "machine")]
        yield Text(" · ".join(part for part in (*known, cores) if part), style="dim")
    elif board:
        yield Text(str(board), style="dim")
    versions = summary.get("versions")
    if isinstance(versions, Mapping) and versions:
        packages = (f"{name} {version}" for name, version in versions.items())
        yield Text(" · ".join(packages), style="dim")
