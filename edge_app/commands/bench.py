"""Carry out `edge-app bench`: measure cases in turns, as tables, JSON and CSV."""

from __future__ import annotations

import argparse
import threading
import time
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from edge_app.bench.aggregate import CaseResult
from edge_app.bench.benchmark import Benchmark
from edge_app.bench.cases import Budget, Case, WorkerRequest, cases_of
from edge_app.bench.result_file import as_csv, as_json, make_result, write_text
from edge_app.bench.schema import FIELDS, check_result
from edge_app.bench.tables import board_line, speed_table, stage_table, use_table
from edge_app.board import Verdict, board, judge, read_cpu_usage
from edge_app.commands.console import prose, tell
from edge_app.errors import EdgeError, UsageError
from edge_app.model.catalog import resolve_model, sample
from edge_app.model.interpreter.runtimes import CHOICES, installed
from edge_app.session.signals import Signals
from edge_app.sources.factory import open_source
from edge_app.sources.truth import open_truth
from edge_app.style import significant, variant_colour

# How many frames are answered where there is no truth to judge them by.
_QUALITY_FRAMES = 30
NOT_VALID = 3


def bench_command(options: argparse.Namespace) -> int:
    """Measure what is asked for; Ctrl-C keeps what is measured."""
    console = Console()
    if options.describe_results:
        for known in FIELDS:
            tell(console, f"{known.path}\t{known.kind}\t{known.what}".expandtabs(34))
        return 0
    if options.preset:
        from edge_app.bench.thesis import thesis_command

        return thesis_command(options, console)
    spec = resolve_model(options)
    names = list(spec.variants) if options.variants == "all" else options.variants.split(",")
    for name in names:
        spec.variant(name)
    cases = cases_of(names, runtimes_of(options), options.threads or [None])
    source, truth = sample(spec) if options.source is None else (options.source, None)
    truth = options.truth or (truth if options.source is None else None)
    frames = options.quality_frames or (None if truth else _QUALITY_FRAMES)
    effort = Budget(
        options.min_secs,
        options.num_runs,
        options.warmup_runs,
        min(options.rounds, options.num_runs),
        options.pace,
        options.sustained,
    )
    # What cannot be read is told now, not after minutes of measuring.
    open_source(source, truth=open_truth(truth, options.truth_labels) if truth else None).close()
    ask = WorkerRequest(
        spec, cases[0], source, effort,
        truth=truth, truth_labels=options.truth_labels, frames=frames, explain=options.explain,
    )  # fmt: skip
    stop = threading.Event()
    signals = Signals(stop)
    before, work, started = board(), read_cpu_usage(), time.time()
    prose(console, f"[dim]{board_line(before)}[/]")
    series = Benchmark(ask, cases, before, stop)
    title = f"{spec.title} on {Path(source).name}"
    with signals.caught():
        watch(console, title, series)
    after, work_after = board(), read_cpu_usage()
    others = work_after.others_since(work) if work and work_after else None
    verdict = judge(before, after, others, series.states)
    measured = series.measured()
    _print(console, title, measured, series, explained=options.explain)
    result = make_result(
        model=spec.name,
        source=source,
        effort=effort,
        measured=measured,
        failed=series.failed,
        states=(before, after),
        others_cores=others,
        verdict=verdict,
        started_unix_s=started,
        interrupted=stop.is_set(),
    )
    save(console, options, result)
    return _code(console, verdict, signals.number, allowed=options.allow_throttled)


def runtimes_of(options: argparse.Namespace) -> list[str]:
    """Return the runtimes asked for; raise UsageError for a name there is not."""
    if options.runtimes is None:
        return [options.runtime]
    if options.runtimes == "installed":
        return list(installed())
    names: list[str] = options.runtimes.split(",")
    for name in names:
        if name not in CHOICES:
            raise UsageError(f"no runtime '{name}'; there is: {', '.join(CHOICES)}, or installed")
    return names


def watch(console: Console, title: str, series: Benchmark) -> None:
    """Measure, with a table that fills on a terminal and a line per turn where it is piped."""
    if not console.is_terminal:
        said: set[tuple[str, Case]] = set()

        def line(how_far: str, case: Case, _step: str) -> None:
            if (how_far, case) not in said:
                said.add((how_far, case))
                tell(console, f"{how_far}: {case.words()}")

        series.go(line)
        return
    with Live(console=console, refresh_per_second=4, transient=True) as live:

        def show(how_far: str, case: Case, step: str) -> None:
            state = Text.assemble(
                (f"{how_far}  ", "dim"),
                (case.words(), variant_colour(case.variant)),
                f"  {step}   ",
                ("Ctrl-C keeps what is measured", "dim"),
            )
            live.update(Group(speed_table(title, series.measured()), state))

        series.go(show)


def _print(
    console: Console, title: str, measured: list[CaseResult], series: Benchmark, *, explained: bool
) -> None:
    if measured:
        one = measured[0]
        same = len({(each.runtime, each.threads) for each in measured}) == 1
        where = f": {one.runtime}, {one.threads} threads" if same else ""
        for table in (
            speed_table(title + where, measured),
            use_table(measured),
            stage_table(measured),
        ):
            console.print(table)
    for one in measured:
        name = f"[{variant_colour(one.variant)}]{one.variant}[/]"
        name += f" on {one.runtime}, {one.threads} threads"
        if explained:
            prose(console, f"{name}\n" + "\n".join(f"  - {why}" for why in one.why))
        else:
            prose(console, f"{name}: {one.delegation}")
        if one.sustained:
            long = one.sustained
            prose(
                console,
                f"  sustained {long.seconds:.0f} s: p50 {significant(long.first.p50_ms)} ms in the "
                f"first {long.window_s:.0f} s, {significant(long.last.p50_ms)} ms in the last",
            )
    for case, reason in series.failed.items():
        how = "measured in part" if case in series.turns else "not measured"
        prose(console, f"[bold red]{how}[/] {case.words()}: {reason}")


def save(console: Console, options: argparse.Namespace, result: dict[str, Any]) -> None:
    """Write the files that are asked for; nothing is written that a reader would refuse."""
    if not result["variants"]:
        return
    faults = check_result(result)
    if faults:
        raise EdgeError(f"the result does not fit its description ({faults[0]}); report this")
    for path, text in ((options.json, as_json), (options.csv, as_csv)):
        if path:
            write_text(Path(path), text(result))
            tell(console, f"result: {path}")


def _code(console: Console, verdict: Verdict, number: int | None, *, allowed: bool) -> int:
    for note in verdict.notes:
        prose(console, f"[dim]{note}[/]")
    for reason in verdict.reasons:
        prose(console, f"[bold red]not valid[/]: {reason}")
    if number:
        return 128 + number
    return 0 if verdict.valid or allowed else NOT_VALID
