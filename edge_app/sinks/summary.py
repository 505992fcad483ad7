"""The summary of a run as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from edge_app.frame import Status
from edge_app.results.run_summary import RunSummary
from edge_app.sinks.screen import class_lines, clock_face, head_lines
from edge_app.status_text import losses, status_text
from edge_app.style import NEUTRAL, RIGHT, STAGE_COLOURS, WRONG, count, significant, spaced
from edge_app.timing import STAGES, Latency

_FIGURES = ("mean", "p50", "p90", "p95", "p99", "max")
_WIDTH = 80


def summary_table(summary: RunSummary) -> RenderableType:
    """Return a summary in the order of the live view."""
    return Group(*_parts(summary))


def _parts(summary: RunSummary) -> Iterator[RenderableType]:
    status = _last_status(summary)
    text = status_text(status)
    source = summary.source
    yield from head_lines(replace(text, facts=(*text.facts, source) if source else text.facts))
    yield Text()
    yield _stages(summary.stages)
    yield Text()
    yield _outcome(summary, (count(status.frames, "frame"), *losses(status)))
    if text.quality:
        yield Text("   ".join(text.quality), style="bold")
        yield from class_lines(text.classes, _WIDTH)
    recording = summary.recording
    if recording:
        length = f"{count(recording.frames, 'frame')}, {clock_face(recording.seconds)}"
        yield Text(f"recorded {length}: {recording.path}")
    yield from _machine(summary)


def _last_status(summary: RunSummary) -> Status:
    """Return what a summary knows of its run as a status."""
    return Status(
        task=summary.task,
        model=summary.model,
        variant=summary.variant,
        size_bytes=summary.bytes or 0,
        runtime=summary.runtime,
        threads=summary.threads or 0,
        policy=summary.policy,
        frames=summary.frames,
        shown_fps=summary.fps.shown,
        network_fps=summary.fps.network,
        source_fps=summary.fps.source,
        dropped=summary.dropped,
        damaged=summary.damaged,
        quality=summary.quality,
    )


def _stages(stages: Mapping[str, Latency]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("ms", no_wrap=True)
    table.add_column("n", justify="right", no_wrap=True)
    for figure in _FIGURES:
        table.add_column(figure, justify="right", no_wrap=True, min_width=6)
    for stage, latency in ((name, stages[name]) for name in STAGES if name in stages):
        name = Text("■ " if stage != "end_to_end" else "  ", STAGE_COLOURS.get(stage, NEUTRAL))
        name.append(spaced(stage), style="default")
        cells = [significant(getattr(latency, f"{figure}_ms")) for figure in _FIGURES]
        table.add_row(name, f"{latency.n:,}", *cells)
    return table


def _outcome(summary: RunSummary, counts: Iterable[str]) -> Text:
    """Return how the run ended, why, and how many frames it had."""
    colour = RIGHT if summary.status == "complete" else WRONG
    reason = f" ({summary.reason})" if summary.reason else ""
    return Text.assemble((summary.status, f"bold {colour}"), "   ".join([reason, *counts]))


def _machine(summary: RunSummary) -> Iterator[Text]:
    board = summary.board
    cores = f"{board['cores']} cores" if board.get("cores") else ""
    known = [str(board.get(key, "")) for key in ("model", "machine")]
    packages = [f"{name} {version}" for name, version in summary.versions.items()]
    for parts in ((*known, cores), packages):
        if any(parts):
            yield Text(" · ".join(filter(None, parts)), style="dim")
