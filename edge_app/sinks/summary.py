"""Show the summary of a run as a table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from edge_app.quality import Quality
from edge_app.sinks.screen import chip, class_lines, clock_face
from edge_app.style import (
    NEUTRAL,
    RIGHT,
    STAGE_COLOURS,
    WRONG,
    count,
    file_size,
    fraction,
    percent,
    significant,
    words,
)
from edge_app.timing import STAGES

_FIGURES = ("mean", "p50", "p90", "p95", "p99", "max")
_WIDTH = 80


def summary_table(summary: Mapping[str, Any]) -> RenderableType:
    """Return a summary, as `summary.json` has it, in the order of the live view."""
    return Group(*_parts(summary))


def _parts(summary: Mapping[str, Any]) -> Iterator[RenderableType]:
    variant = str(summary.get("variant", ""))
    yield Text.assemble(
        (f" {variant} ", chip(variant)), ("  " + str(summary.get("model", "")), "bold")
    )
    facts = [
        file_size(summary["bytes"]) if summary.get("bytes") else "",
        str(summary.get("runtime", "")),
        count(summary["threads"], "thread") if summary.get("threads") else "",
        str(summary.get("policy", "")),
        str(summary.get("source", "")),
    ]
    yield Text(" · ".join(fact for fact in facts if fact), style="dim")
    yield _rates(summary.get("fps") or {})
    yield Text()
    yield _stages(summary.get("stages") or {})
    yield Text()
    yield _counts(summary)
    if summary.get("quality"):
        yield from _quality(summary["quality"])
    recording = summary.get("recording")
    if recording:
        yield Text(
            f"recorded {count(recording['frames'], 'frame')}, "
            f"{clock_face(recording['seconds'])}: {recording['path']}"
        )
    yield from _machine(summary)


def _rates(fps: Mapping[str, Any]) -> Text:
    line = Text()
    for name in ("shown", "network", "source"):
        line.append(f"{significant(fps.get(name)):>5} ", style="bold")
        line.append(f"{name + ' fps':<15}", style="dim")
    return line


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
        name.append(words(stage), style="default")
        cells = [significant(figures.get(f"{figure}_ms")) for figure in _FIGURES]
        table.add_row(name, f"{figures.get('n', 0):,}", *cells)
    return table


def _counts(summary: Mapping[str, Any]) -> Text:
    status = str(summary.get("status", ""))
    line = Text(status, style=f"bold {RIGHT if status == 'complete' else WRONG}")
    if summary.get("reason"):
        line.append(f" ({summary['reason']})", style="default not bold")
    notes = [
        count(summary.get("frames", 0), "frame"),
        f"dropped {summary.get('dropped', 0):,}",
        f"damaged {summary['damaged']:,}" if summary.get("damaged") else "",
    ]
    line.append("   " + "   ".join(note for note in notes if note), style="default not bold")
    return line


def _quality(quality: Mapping[str, Any]) -> Iterator[Text]:
    told = [
        f"top-1 {percent(quality['top1'])}" if quality.get("top1") is not None else "",
        f"mIoU {fraction(quality['miou'])}" if quality.get("miou") is not None else "",
        f"pixel acc. {percent(quality['pixel_accuracy'])}"
        if quality.get("pixel_accuracy") is not None
        else "",
        f"on {count(quality.get('frames', 0), 'frame')}",
    ]
    yield Text("   ".join(part for part in told if part), style="bold")
    per_class = quality.get("per_class") or {}
    scores = tuple(
        (name, math.nan if iou is None else float(iou)) for name, iou in per_class.items()
    )
    if scores:
        yield from class_lines(Quality(0, per_class=scores), _WIDTH)


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
        told = (f"{name} {version}" for name, version in versions.items())
        yield Text(" · ".join(told), style="dim")
