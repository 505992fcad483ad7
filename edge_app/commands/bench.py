"""`edge-app bench`: measure cases in rounds, as tables, JSON and CSV."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from edge_app.commands.arg_types import duration, positive, rate, seconds
from edge_app.commands.model_options import add_model, read_model
from edge_app.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from edge_app.board import Verdict
    from edge_app.results.bench_result import BenchResult

EXAMPLES = """examples:
  edge-app bench --model mnist
  edge-app bench --model street --variants int8,float32 --source drive.mp4 --json pi5.json
  edge-app bench --runtimes litert,tflite-runtime --threads 1,2,4 --csv pi5.csv
  edge-app bench --pace 30 --sustained 10m --explain
  edge-app bench --preset thesis

exit codes: 0 valid; 1 an error; 2 usage; 3 measured, but not valid (throttled or crowded)
"""
# Frames whose results are scored where there is no truth.
_QUALITY_FRAMES = 30
_NOT_VALID = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench`."""
    add_model(parser, several_threads=True)
    parser.add_argument(
        "--variants", default="all", metavar="LIST", help="names with commas (default: all)"
    )
    parser.add_argument(
        "--runtimes",
        metavar="LIST",
        help="several runtimes, each measured, or: installed (default: that of --runtime)",
    )
    parser.add_argument("--source", metavar="S", help="what to run on (default: a sample)")
    parser.add_argument(
        "--truth", metavar="T", help="truth of the source; adds quality (default: the sample's)"
    )
    parser.add_argument(
        "--truth-labels",
        metavar="SET",
        help="camvid, cityscapes or driveseg (default: by the files' layout)",
    )
    parser.add_argument(
        "--quality-frames",
        type=positive,
        metavar="N",
        help="frames to score (default: 30, or all with --truth)",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="file for the result (default: none)"
    )
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="file for the result as a table (default: none)"
    )
    parser.add_argument(
        "--min-secs",
        type=seconds,
        default=5.0,
        metavar="S",
        help="least time per measurement (default: 5)",
    )
    parser.add_argument(
        "--num-runs",
        type=positive,
        default=30,
        metavar="N",
        help="least number of runs per measurement (default: 30)",
    )
    parser.add_argument(
        "--warmup-runs",
        type=positive,
        default=5,
        metavar="N",
        help="runs before the measured ones (default: 5)",
    )
    parser.add_argument(
        "--rounds",
        type=positive,
        default=3,
        metavar="N",
        help="trials of each case, in the order A B C A B C (default: 3)",
    )
    parser.add_argument(
        "--pace",
        type=rate,
        metavar="HZ",
        help="also run the network at a camera's rate (default: no)",
    )
    parser.add_argument(
        "--sustained",
        type=duration,
        metavar="TIME",
        help="also run it without a pause, e.g. for 10m (default: no)",
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="say why each case is as fast as it is (default: one line)",
    )
    parser.add_argument(
        "--allow-throttled",
        action="store_true",
        help="exit with 0 even if the board was throttled or busy (default: with 3)",
    )
    parser.add_argument(
        "--preset",
        choices=("thesis",),
        help="the experiment this project began with (default: none)",
    )
    parser.add_argument(
        "--digits", metavar="IMAGES,LABELS", help="digits for the preset (default: the sample)"
    )
    parser.add_argument(
        "--drive", metavar="VIDEO,TRUTH", help="street for the preset (default: the sample)"
    )
    parser.add_argument(
        "--describe-results",
        action="store_true",
        help="print the fields of the JSON and stop (default: measure)",
    )


def run(options: argparse.Namespace) -> int:
    """Measure the cases; Ctrl-C keeps what is measured."""
    from rich.console import Console

    console = Console()
    if options.describe_results:
        return _describe_results(console)
    if options.preset:
        return _run_thesis(options, console)
    return _run_benchmark(options, console)


def _describe_results(console: Console) -> int:
    from edge_app.console import print_markup
    from edge_app.results.bench_result import describe_bench

    for path, kind, text in describe_bench():
        print_markup(console, f"{path:<34}{kind:<18}{text}")
    return 0


def _run_thesis(options: argparse.Namespace, console: Console) -> int:
    import threading

    from edge_app.bench.thesis import ThesisOptions, run_thesis
    from edge_app.console import print_markup
    from edge_app.session.signals import Signals

    stop = threading.Event()
    signals = Signals(stop)
    thesis = ThesisOptions(
        digits_model=read_model(options, "mnist"),
        drive_model=read_model(options),
        digits=options.digits,
        drive=options.drive,
        truth_labels=options.truth_labels,
        runtime=options.runtime,
        threads=options.threads[0] if options.threads else None,
        json=options.json,
    )
    with signals.caught():
        verdict = run_thesis(thesis, console, stop)
    if options.json:
        print_markup(console, f"result: {options.json}")
    return _code(verdict, signals.number, allowed=options.allow_throttled)


def _run_benchmark(options: argparse.Namespace, console: Console) -> int:
    import threading
    import time

    from edge_app.bench.bench_output import print_results, run_with_progress
    from edge_app.bench.benchmark import Benchmark
    from edge_app.bench.cases import WorkerRequest, cases_of
    from edge_app.bench.result_file import make_result
    from edge_app.bench.tables import board_line
    from edge_app.board import board, judge, read_cpu_usage
    from edge_app.console import print_wrapped
    from edge_app.model.catalog import sample
    from edge_app.results.bench_result import Budget
    from edge_app.session.signals import Signals
    from edge_app.sources.factory import open_source
    from edge_app.sources.truth import open_truth

    spec = read_model(options)
    names = list(spec.variants) if options.variants == "all" else options.variants.split(",")
    for name in names:
        spec.variant(name)
    cases = cases_of(names, _runtimes(options), options.threads or [None])
    source, truth = sample(spec) if options.source is None else (options.source, None)
    truth = options.truth or (truth if options.source is None else None)
    frames = options.quality_frames or (None if truth else _QUALITY_FRAMES)
    budget = Budget(
        options.min_secs,
        options.num_runs,
        options.warmup_runs,
        min(options.rounds, options.num_runs),
        options.pace,
        options.sustained,
    )
    # What cannot be read is an error now, not after minutes of measuring.
    open_source(source, truth=open_truth(truth, options.truth_labels) if truth else None).close()
    request = WorkerRequest(
        spec, cases[0], source, budget,
        truth=truth, truth_labels=options.truth_labels, frames=frames, explain=options.explain,
    )  # fmt: skip
    stop = threading.Event()
    signals = Signals(stop)
    before, work, started = board(), read_cpu_usage(), time.time()
    print_wrapped(console, f"[dim]{board_line(before)}[/]")
    benchmark = Benchmark(request, cases, before, stop)
    title = f"{spec.title} on {Path(source).name}"
    with signals.caught():
        run_with_progress(console, title, benchmark)
    after, work_after = board(), read_cpu_usage()
    others = work_after.others_since(work) if work and work_after else None
    verdict = judge(before, after, others, benchmark.board_states)
    print_results(console, title, benchmark, explained=options.explain)
    result = make_result(
        benchmark, after=after, others_cores=others, verdict=verdict, started_unix_s=started
    )
    if result.variants:
        _save(console, options, result)
    for note in verdict.notes:
        print_wrapped(console, f"[dim]{note}[/]")
    for reason in verdict.reasons:
        print_wrapped(console, f"[bold red]not valid[/]: {reason}")
    return _code(verdict, signals.number, allowed=options.allow_throttled)


def _runtimes(options: argparse.Namespace) -> list[str]:
    """Return the runtimes to measure. Raises UsageError for an unknown name."""
    from edge_app.model.interpreter.runtimes import CHOICES, installed

    if options.runtimes is None:
        return [options.runtime]
    if options.runtimes == "installed":
        return list(installed())
    names: list[str] = options.runtimes.split(",")
    for name in names:
        if name not in CHOICES:
            raise UsageError(f"unknown --runtimes {name}; choose installed or {', '.join(CHOICES)}")
    return names


def _save(console: Console, options: argparse.Namespace, result: BenchResult) -> None:
    from edge_app.bench.result_file import to_csv, write_result
    from edge_app.console import print_markup
    from edge_app.results.bench_result import bench_to_json

    for path, encode in ((options.json, bench_to_json), (options.csv, to_csv)):
        if path:
            write_result(path, encode(result))
            print_markup(console, f"result: {path}")


def _code(verdict: Verdict, signal: int | None, *, allowed: bool) -> int:
    if signal:
        return 128 + signal
    return 0 if verdict.valid or allowed else _NOT_VALID
