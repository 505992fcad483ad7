"""Carry out `edge-app bench`: measure variants one after the other, as table and JSON."""

from __future__ import annotations

import argparse
import json
import threading
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from edge_app.bench import Effort, Measured, measure
from edge_app.board import board, versions
from edge_app.commands.common import Signals, coloured, compact_table, resolve_model, sample
from edge_app.errors import SinkError
from edge_app.sources.base import Source
from edge_app.sources.opening import open_source
from edge_app.spec import ModelSpec
from edge_app.style import NOTHING, count, file_size, significant, words
from edge_app.timing import STAGES, Latency

RESULT_VERSION = 1


def bench_command(options: argparse.Namespace) -> int:
    """Measure the variants asked for; Ctrl-C keeps what is measured."""
    console = Console()
    spec = resolve_model(options)
    names = list(spec.variants) if options.variants == "all" else options.variants.split(",")
    for name in names:
        spec.variant(name)
    text = options.source or sample(spec)[0]
    effort = Effort(options.min_secs, options.num_runs, options.warmup_runs)

    def open_slice(frames: int) -> Source:
        return open_source(text, loop=True, max_frames=frames)

    measured: list[Measured] = []
    stop = threading.Event()
    signals = Signals(stop)
    before = board()
    started = time.time()
    with signals.caught(), _progress(console) as progress:
        for number, name in enumerate(names, 1):
            task = progress.add_task(f"{number}/{len(names)} {name}", total=1.0, step="")
            measured.append(
                measure(
                    spec,
                    name,
                    open_slice,
                    effort,
                    runtime=options.runtime,
                    threads=options.threads,
                    stop=stop,
                    progress=lambda step, share, task=task: progress.update(  # type: ignore[misc]
                        task, completed=share, step=step
                    ),
                )
            )
            if stop.is_set():
                break
    for table in (_speed_table(spec, text, measured), _stage_table(measured)):
        console.print(table)
    for one in measured:
        console.print(
            f"{coloured(one.variant)}: {one.delegation}",
            highlight=False,
            soft_wrap=True,
        )
    if options.json:
        result = {
            "schema": RESULT_VERSION,
            "started_unix_s": started,
            "model": spec.name,
            "source": text if text == "synthetic" else Path(text).name,
            "effort": {
                "min_secs": effort.min_secs,
                "num_runs": effort.num_runs,
                "warmup_runs": effort.warmup_runs,
            },
            "variants": [one.record() for one in measured],
            "board": {"before": before, "after": board()},
            "versions": versions(),
            "status": "interrupted" if stop.is_set() else "complete",
        }
        _write(Path(options.json), result)
        console.print(f"result: {options.json}", highlight=False)
    return 128 + signals.number if signals.number else 0


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[step]}"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def _speed_table(spec: ModelSpec, source: str, measured: list[Measured]) -> Table:
    one = measured[0]
    columns = (
        "variant", "size", "init\nms", "first\nms", "invoke\np50 ms", "\np90", "\np99",
        "network\nfps", "whole\nline fps", "ratio", "peak\nMB",
    )  # fmt: skip
    table = compact_table(
        f"{spec.title} on {Path(source).name}: {one.runtime}, {count(one.threads, 'thread')}",
        columns,
        1,
    )
    for one in measured:
        alone = one.invoke_only
        table.add_row(
            coloured(one.variant),
            file_size(one.bytes),
            significant(one.init_ms),
            significant(one.first_ms),
            significant(alone.p50_ms if alone else None),
            significant(alone.p90_ms if alone else None),
            significant(alone.p99_ms if alone else None),
            significant(one.invoke_only_fps),
            significant(one.end_to_end_fps),
            f"{one.ratio:.2f}" if one.ratio else NOTHING,
            f"{one.peak_rss_mb:.0f}" if one.peak_rss_mb else NOTHING,
        )
    return table


def _stage_table(measured: list[Measured]) -> Table:
    columns = ("variant", "stage", "n", "mean", "p50", "p90", "p95", "p99", "max")
    table = compact_table("Stages of the whole line, ms", columns, 2)
    for one in measured:
        for stage, latency in one.stages.items():
            table.add_row(
                coloured(one.variant) if stage == STAGES[0] else "",
                words(stage),
                f"{latency.n:,}",
                *_figures(latency),
                end_section=stage == STAGES[-1],
            )
    return table


def _figures(latency: Latency) -> list[str]:
    return [
        significant(value)
        for value in (
            latency.mean_ms, latency.p50_ms, latency.p90_ms,
            latency.p95_ms, latency.p99_ms, latency.max_ms,
        )
    ]  # fmt: skip


def _write(path: Path, result: dict[str, Any]) -> None:
    draft = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(result, indent=2, allow_nan=False) + "\n", "utf-8")
        draft.replace(path)
    except OSError as fault:
        raise SinkError(f"{path} cannot be written ({fault.strerror}); name another file") from None
