"""`edge-app bench`: measure cases in rounds, as tables, JSON and CSV."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from edge_app.commands.arg_types import (
    OptionAdder,
    duration,
    options_from,
    positive,
    rate,
    seconds,
)
from edge_app.commands.model_options import add_model, read_model
from edge_app.errors import UsageError
from edge_app.labels import TRUTH_SETS

if TYPE_CHECKING:
    from rich.console import Console

    from edge_app.board import Verdict
    from edge_app.results.bench_result import BenchResult

EXAMPLES = """examples:
  edge-app bench --model mnist
  edge-app bench --model street --variants int8,float32 --source drive.mp4 --json pi5.json
  edge-app bench --runtimes litert,tflite-runtime --threads 1,2,4 --csv pi5.csv
  edge-app bench --pace 30 --sustained 10m --explain
  edge-app bench --details
  edge-app bench --preset thesis

time: for each case at least --min-secs twice, the loading in every round and the scoring of the
frames: one to five minutes with the defaults; the progress shows how much is left

exit codes: 0 valid; 1 an error; 2 usage; 3 measured, but not valid (throttled or busy)
"""
# Frames whose results are scored where there is no truth.
_QUALITY_FRAMES = 30
_NOT_VALID = 3
_HINT = "--details adds loading, percentiles, stages and CPU time; --explain says why."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench`."""
    add_model(parser, several_threads=True)
    add = OptionAdder(parser)
    add.value("--variants", "LIST", "names with commas (default: all)", default="all")
    text = "several runtimes, each measured, or: installed (default: that of --runtime)"
    add.value("--runtimes", "LIST", text)
    add.value("--source", "S", "what to run on (default: a sample)")
    text = "truth of the source; adds quality (default: the sample's)"
    add.value("--truth", "T", text)
    text = f"{', '.join(TRUTH_SETS)} (default: by the files' layout)"
    add.value("--truth-labels", "SET", text)
    text = "frames to score (default: all that have truth, as those of a sample; else 30)"
    add.value("--quality-frames", "N", text, positive)
    add.value("--json", "FILE", "file for the result (default: none)", Path)
    add.value("--csv", "FILE", "file for the result as a table (default: none)", Path)
    add.value("--min-secs", "S", "least time per measurement (default: 5)", seconds, 5.0)
    add.value("--num-runs", "N", "least number of runs per measurement (default: 30)", positive, 30)
    add.value("--warmup-runs", "N", "runs before the measured ones (default: 5)", positive, 5)
    text = "trials of each case, in the order A B C A B C (default: 3)"
    add.value("--rounds", "N", text, positive, 3)
    add.value("--pace", "HZ", "also run the network at a camera's rate (default: no)", rate)
    text = "also run it without a pause, e.g. for 10m (default: no)"
    add.value("--sustained", "TIME", text, duration)
    add.flag("--details", "print percentiles, stages and CPU time too (default: one table)")
    add.flag("--explain", "say why each case is as fast as it is (default: no)")
    text = "exit with 0 even if the board was throttled or busy (default: with 3)"
    add.flag("--allow-throttled", text)
    add.choice("--preset", ("thesis",), "the experiment this project began with (default: none)")
    add.value("--digits", "IMAGES,LABELS", "digits for the preset (default: the sample)")
    add.value("--drive", "VIDEO,TRUTH", "street for the preset (default: the sample)")
    text = "print the fields of the JSON and stop (default: measure)"
    add.flag("--describe-results", text)


def run(options: argparse.Namespace) -> int:
    """Measure the cases; Ctrl-C keeps what is measured."""
    from edge_app.console import TextConsole
    from edge_app.output_place import reserved

    console = TextConsole()
    if options.describe_results:
        return _describe_results(console)
    with reserved(files=[options.json, options.csv]):
        return (_run_thesis if options.preset else _run_benchmark)(options, console)


def _describe_results(console: Console) -> int:
    from edge_app.console import print_markup
    from edge_app.results.bench_result import BenchResult
    from edge_app.results.json_file import describe

    for path, kind, text in describe(BenchResult):
        if text:
            print_markup(console, f"{path:<36}{kind:<18}{text}")
    return 0


def _run_thesis(options: argparse.Namespace, console: Console) -> int:
    import threading

    from edge_app.bench.thesis import ThesisOptions, run_thesis
    from edge_app.session.signals import Signals

    stop = threading.Event()
    signals = Signals(stop)
    thesis = options_from(
        options,
        ThesisOptions,
        digits_model=read_model(options, "mnist"),
        drive_model=read_model(options),
        threads=options.threads[0] if options.threads else None,
    )
    with signals.caught():
        verdict = run_thesis(thesis, console, stop, signals.end)
    return _code(verdict, signals.number, allowed=options.allow_throttled)


def _run_benchmark(options: argparse.Namespace, console: Console) -> int:
    import threading
    from contextlib import suppress

    from rich.markup import escape

    from edge_app.bench.bench_output import (
        print_results,
        print_stopped,
        print_verdict,
        run_with_progress,
    )
    from edge_app.bench.benchmark import Benchmark
    from edge_app.bench.cases import WorkerRequest, cases_of
    from edge_app.bench.result_file import make_result
    from edge_app.bench.tables import board_line
    from edge_app.board import BoardWatch
    from edge_app.console import print_wrapped
    from edge_app.model.catalog import sample
    from edge_app.results.bench_result import Budget
    from edge_app.session.signals import Signals
    from edge_app.sources.factory import open_source
    from edge_app.sources.truth import open_truth

    spec = read_model(options)
    cases = cases_of(spec.chosen(options.variants), _runtimes(options), options.threads or [None])
    source, truth = sample(spec) if options.source is None else (options.source, None)
    truth = options.truth or truth
    frames = options.quality_frames or (None if truth else _QUALITY_FRAMES)
    budget = options_from(
        options,
        Budget,
        rounds=min(options.rounds, options.num_runs),
        pace_hz=options.pace,
        sustained_s=options.sustained,
    )
    # What cannot be read is an error now, not after minutes of measuring.
    scored = open_truth(truth, options.truth_labels) if truth else None
    with open_source(source, truth=scored, max_frames=frames) as opened:
        count = opened.frame_count
    request = WorkerRequest(
        spec, cases[0], source, budget,
        truth=truth, truth_labels=options.truth_labels, frames=frames, explain=options.explain,
    )  # fmt: skip
    stop = threading.Event()
    signals = Signals(stop)
    watch = BoardWatch()
    print_wrapped(console, f"[dim]{escape(board_line(watch.before))}[/]")
    benchmark = Benchmark(request, cases, watch.before, stop)
    title = f"{spec.title} on {Path(source).name}"
    with signals.caught():
        # A second Ctrl-C ends the current case at once, and keeps what is measured as well.
        with suppress(KeyboardInterrupt):
            run_with_progress(console, title, benchmark, count if frames is None else frames)
        signals.end()
        print_stopped(console, benchmark)
        watched = watch.end(benchmark.board_states)
        detailed, explained = options.details, options.explain
        print_results(console, title, benchmark, detailed=detailed, explained=explained)
        result = make_result(benchmark, watched)
        if result.variants:  # else there is nothing to explain, and nothing that is not valid
            hint = "" if detailed or explained else _HINT
            print_verdict(console, result.variants, watched.verdict, hint=hint)
            _save(console, options, result)
    return _code(watched.verdict, signals.number, allowed=options.allow_throttled)


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
    from edge_app.console import print_line
    from edge_app.results.bench_result import bench_to_json

    for path, encode in ((options.json, bench_to_json), (options.csv, to_csv)):
        if path:
            replaced = " (replaced)" if path.is_file() else ""
            write_result(path, encode(result))
            print_line(console, f"result: {path}{replaced}")


def _code(verdict: Verdict, signal: int | None, *, allowed: bool) -> int:
    if signal:
        return 128 + signal
    return 0 if verdict.valid or allowed else _NOT_VALID
