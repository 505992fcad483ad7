"""Bench results as files: assembling one, writing JSON and CSV, reading JSON."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from pathlib import Path
from typing import Any

from msgspec import structs

from edge_app.atomic import write_atomic
from edge_app.bench.benchmark import Benchmark
from edge_app.board import WatchedBoard, versions
from edge_app.errors import SinkError
from edge_app.results.bench_result import (
    BenchResult,
    BoardStates,
    CaseResult,
    FailedCase,
    VerdictRecord,
    parse_bench,
)
from edge_app.results.json_file import read_file
from edge_app.timing import Latency

# Of the values of a case and its quality, those in the table; a new one is left out.
_COLUMNS = (
    "model", "board", "valid", "variant", "runtime", "threads", "bytes", "init_ms", "first_ms",
    "invoke_p50_ms", "invoke_low_ms", "invoke_high_ms", "invoke_p90_ms", "invoke_p99_ms",
    "paced_p50_ms", "paced_p90_ms", "invoke_only_fps", "end_to_end_fps", "ratio", "cpu_ms",
    "cpu_outside_ms", "of_bound", "peak_rss_mb", "agreement", "miou", "pixel_accuracy", "top1",
    "sustained_ratio",
)  # fmt: skip


def make_result(benchmark: Benchmark, watched: WatchedBoard) -> BenchResult:
    """Return what a benchmark measured, on a board that was watched meanwhile."""
    request, verdict = benchmark.request, watched.verdict
    return BenchResult(
        started_unix_s=watched.started_unix_s,
        model=request.spec.name,
        source=request.source if request.source == "synthetic" else Path(request.source).name,
        effort=request.budget,
        variants=tuple(benchmark.results()),
        failed=tuple(FailedCase(str(case), why) for case, why in benchmark.failed.items()),
        board=BoardStates(dict(watched.before), dict(watched.after)),
        others_cores=watched.others_cores,
        verdict=VerdictRecord(valid=verdict.valid, reasons=verdict.reasons, notes=verdict.notes),
        versions=versions(),
        status="interrupted" if benchmark.stop.is_set() else "complete",
    )


def to_csv(result: BenchResult) -> str:
    """Return a result as a table with one row per case; what was not measured is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for case in result.variants:
        writer.writerow(
            {
                "model": result.model,
                "board": result.board.before["model"],
                "valid": result.verdict.valid if result.verdict else None,
                **_row(case),
            }
        )
    return text.getvalue()


def _row(case: CaseResult) -> dict[str, Any]:
    row = structs.asdict(case) | (structs.asdict(case.quality) if case.quality else {})
    row["invoke_low_ms"], row["invoke_high_ms"] = case.range_ms or (None, None)
    row["sustained_ratio"] = case.sustained.ratio if case.sustained else None
    return row | _percentiles("invoke", case.invoke_only) | _percentiles("paced", case.paced)


def _percentiles(name: str, latency: Latency | None) -> dict[str, Any]:
    fields = asdict(latency) if latency else {}
    return {f"{name}_{field}": value for field, value in fields.items()}


def write_result(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all. Raises SinkError."""
    write_atomic(path, content, error=SinkError, advice="choose another file")


def read_result(path: Path) -> BenchResult:
    """Read a file of `edge-app bench --json`. Raises SourceError naming the field."""
    return read_file(path, parse_bench, "bench", "give a file of edge-app bench --json")
