"""What the demo prints: its beginning, the results, the files and what to do next."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from edge_app.board import Verdict
from edge_app.console import CompactTable, coloured, print_gains, print_line, print_wrapped
from edge_app.model.card import ModelSpec
from edge_app.output_path import is_same_file
from edge_app.quality import Quality
from edge_app.results.gains import VariantFigures, gains, headline, median_range
from edge_app.results.run_summary import VariantSummary
from edge_app.sinks.display import display_verdict
from edge_app.style import (
    count,
    file_size,
    fraction,
    listed,
    milliseconds,
    percent,
    significant,
)
from edge_app.timing import reliable_rate

_NEXT = (
    ("run --loop", "the live view; h shows its keys"),
    ("run --loop --serve 8080", "the live view in a browser"),
    ("run --model mnist", "handwritten digits"),
    ("bench", "speed, measured with care"),
    ("doctor", "what this machine can do"),
)


def can_open_window(console: Console) -> bool:
    """Return whether a window can be opened; if not, print why, once for all variants."""
    verdict = display_verdict()
    if not verdict.usable:
        print_wrapped(console, f"[yellow]{escape(verdict.note)}[/]")
    return verdict.usable


def print_beginning(console: Console, spec: ModelSpec, source: str) -> None:
    """Print what will run."""
    variants = listed(list(spec.variants))
    print_wrapped(
        console,
        f"[bold]{escape(spec.title)}[/]: {escape(variants)}, one after the other "
        f"on {escape(Path(source).name)}; Ctrl-C stops",
    )


def print_stopped(console: Console, spec: ModelSpec, variant: str) -> None:
    """Print which variant a stop interrupted, and what remains."""
    done = list(spec.variants)[: list(spec.variants).index(variant)]
    rest = f"; those of {listed(done)} are complete" if done else ""
    print_wrapped(
        console,
        f"[bold yellow]stopped[/] after {len(done)} of {len(spec.variants)} variants: the files of "
        f"{escape(variant)} were removed{escape(rest)}",
    )


def print_results(
    console: Console, spec: ModelSpec, rows: Sequence[VariantSummary], verdict: Verdict
) -> None:
    """Print a row per variant, what the columns mean, and what quantization gained and lost.

    verdict: on the board while they ran.
    """
    print_line(console, "")
    console.print(_table(spec, rows))
    print_wrapped(
        console,
        "[dim]network: the network alone, the median of its runs and their mean rate; end to end: "
        "with decoding, drawing and recording.[/]",
    )
    print_line(console, "")
    figures = (
        VariantFigures(
            row.variant,
            row.bytes,
            row.stages["invoke"].p50_ms if "invoke" in row.stages else None,
            row.shown_fps,
            headline(row.quality),
            range_ms=median_range(row.stages.get("invoke")),
        )
        for row in rows
    )
    print_gains(console, gains(figures, valid=verdict.valid), verdict.reasons)


def _table(spec: ModelSpec, rows: Sequence[VariantSummary]) -> CompactTable:
    is_street = spec.task == "segmentation"
    scores = ("mIoU", "pixel\nacc.") if is_street else ("top-1",)
    where = f" ({rows[0].runtime}, {count(rows[0].threads or 1, 'thread')})" if rows else ""
    table = CompactTable(
        f"{spec.title}: what quantization costs and buys here{where}",
        ("variant", "file\nsize", "network\nms", "network\nfps", "end to\nend fps", *scores),
    )
    for row in rows:
        invoke, quality = row.stages.get("invoke"), row.quality or Quality()
        if is_street:
            scored = [fraction(quality.miou), percent(quality.pixel_accuracy)]
        else:
            scored = [percent(quality.top1)]
        table.add_row(
            coloured(row.variant, spec.variants),
            file_size(row.bytes or 0),
            milliseconds(invoke.p50_ms if invoke else None),
            significant(reliable_rate(row.network_fps, row.frames)),
            significant(reliable_rate(row.shown_fps, row.frames)),
            *scored,
        )
    return table


def print_files(
    console: Console, out: Path, recordings: Sequence[str], stills: Sequence[Path]
) -> None:
    """Print what was written, and what to do next."""
    print_line(console, "")
    print_line(console, "written:")
    for recording in recordings:
        print_line(console, f"  {recording}")
    for path in stills:
        print_line(console, f"  {path}: float32 and int8 on the same frame")
    print_line(console, f"  {out / 'VARIANT'}: frames.jsonl and summary.json of each variant")
    print_line(console, "")
    edge_app = called_as("edge-app")
    steps = [step for step in _NEXT if "--serve" not in step[0] or find_spec("aiohttp")]
    width = max(len(command) for command, _ in steps)
    print_line(console, "next:")
    for command, what in steps:
        print_line(console, f"  {edge_app} {command:<{width}}  {what}")


def called_as(name: str) -> str:
    """Return how to call this program again from the same folder: its name, or its path."""
    called = Path(sys.argv[0])
    if called.name != name:
        return name  # `python -m edge_app`
    found = shutil.which(name)
    on_path = found is not None and is_same_file(Path(found), called)
    return name if on_path else str(called)
