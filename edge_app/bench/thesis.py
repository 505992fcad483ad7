"""`edge-app bench --preset thesis`: the experiment this project began with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from edge_app.bench.bench_output import print_verdict
from edge_app.bench.cases import Case, WorkerRequest
from edge_app.bench.quality_result import QualityResult
from edge_app.bench.result_file import write_result
from edge_app.bench.worker import run_in_process
from edge_app.board import BoardWatch, Verdict, versions
from edge_app.console import (
    CompactTable,
    coloured,
    print_gains,
    print_line,
    print_markup,
    print_wrapped,
)
from edge_app.errors import UsageError
from edge_app.model.card import ModelSpec
from edge_app.model.catalog import sample
from edge_app.paths import assets_dir
from edge_app.quality import Quality
from edge_app.results.bench_result import Budget
from edge_app.results.gains import VariantFigures, gains, headline, score_text
from edge_app.results.json_file import read_file, to_json
from edge_app.results.published_figures import (
    PublishedResult,
    PublishedVariant,
    parse_published,
)
from edge_app.style import NOTHING, file_size, fraction, milliseconds

_FRAMES = {"classification": 10_000, "segmentation": 60}
# By task, the model's name in the file of published figures.
_MODELS = {"classification": "mnist", "segmentation": "deeplab 1025x2049"}


@dataclass(frozen=True, slots=True)
class ThesisTask:
    """One of the two tasks: a model, and frames with their truth.

    sample: whether they are those that ship with the app.
    """

    spec: ModelSpec
    source: str
    truth: str | None
    sample: bool = False


@dataclass(frozen=True, slots=True)
class ThesisOptions:
    """Options of the preset.

    digits, drive: two paths with a comma between, frames and truth; None for the sample.
    json: file for the result.
    """

    digits_model: ModelSpec
    drive_model: ModelSpec
    digits: str | None = None
    drive: str | None = None
    truth_labels: str | None = None
    runtime: str = "auto"
    threads: int | None = None
    json: Path | None = None


def run_thesis(
    options: ThesisOptions, console: Console, stop: threading.Event, on_measured: Callable[[], None]
) -> Verdict:
    """Run both tasks with all variants; print our figures beside the published ones.

    on_measured: called before the figures are printed and written. KeyboardInterrupt ends the
    current variant at once, and keeps those before it.
    """
    tasks = [
        _task(options.digits_model, options.digits, "--digits"),
        _task(options.drive_model, options.drive, "--drive"),
    ]
    watch = BoardWatch()
    answers: dict[str, dict[str, QualityResult]] = {task.spec.name: {} for task in tasks}
    with suppress(KeyboardInterrupt):
        for task in tasks:
            _answer(task, options, stop, console, answers[task.spec.name])
    on_measured()
    watched = watch.end()
    verdict = watched.verdict
    measured = sum(map(len, answers.values()))
    if measured:
        published = _published()
        for task in tasks:
            _report(console, task, answers[task.spec.name], published, valid=verdict.valid)
        print_verdict(console, (), verdict)
    if stop.is_set():
        variants = sum(len(task.spec.variants) for task in tasks)
        print_wrapped(console, f"[bold yellow]stopped after {measured} of {variants} variants[/]")
    if options.json and measured:
        record = {
            "kind": "thesis",
            "preset": "thesis",
            "tasks": answers,
            "board": {"before": watched.before, "after": watched.after},
            "verdict": {"valid": verdict.valid, "reasons": verdict.reasons},
            "versions": versions(),
        }
        write_result(options.json, to_json(record, indent=2))
        print_line(console, f"result: {options.json}")
    return verdict


def _task(spec: ModelSpec, data: str | None, option: str) -> ThesisTask:
    if data is None:
        return ThesisTask(spec, *sample(spec), sample=True)
    source, comma, truth = data.rpartition(",")
    if not comma:
        raise UsageError(f"{option} {data} is one path; give two with a comma: frames,truth")
    return ThesisTask(spec, source, truth)


def _answer(
    task: ThesisTask,
    options: ThesisOptions,
    stop: threading.Event,
    console: Console,
    answers: dict[str, QualityResult],
) -> None:
    """Add the answers of each variant."""
    for variant in task.spec.variants:
        if stop.is_set():
            break
        print_markup(console, f"[dim]{escape(task.spec.name)} {variant}[/]")
        request = WorkerRequest(
            task.spec,
            Case(variant, options.runtime, options.threads),
            task.source,
            Budget(),
            kind="quality",
            truth=task.truth,
            truth_labels=options.truth_labels,
            frames=_FRAMES[task.spec.task],
        )
        found: QualityResult | None = run_in_process(request, stop, lambda _phase: None)
        if found is not None and found.frames:  # a stop may have left it without any
            answers[variant] = found


def _published() -> Sequence[PublishedResult]:
    path = assets_dir() / "reference" / "thesis.json"
    return read_file(path, parse_published, "published", "install the app again").results


def _report(
    console: Console,
    task: ThesisTask,
    answers: Mapping[str, QualityResult],
    published: Sequence[PublishedResult],
    *,
    valid: bool,
) -> None:
    """Print a task's table: each figure with the published ones in the columns after it."""
    spec = task.spec
    theirs = [result for result in published if result.model == _MODELS[spec.task]]
    score = "top-1" if spec.task == "classification" else "mIoU"
    machines = [
        result.machine.replace(" (reference)", "").replace("Raspberry ", "") + "\npubl."
        for result in theirs
    ]
    columns = ("variant", "size", "size\npubl.", score, f"{score}\npubl.", "ms a\nframe", *machines)
    title = f"{spec.title} on {Path(task.source).name}, beside the published figures"
    table = CompactTable(title, columns)
    for variant, ours in answers.items():
        rows = [result.variants.get(variant, PublishedVariant()) for result in theirs]
        first = rows[0] if rows else PublishedVariant()
        table.add_row(
            coloured(variant, answers),
            file_size(spec.variants[variant].bytes),
            file_size(first.bytes) if first.bytes else NOTHING,
            _score(ours.quality, spec.task),
            _score(first.quality, spec.task),
            _ms_a_frame(ours.seconds, ours.frames),
            *(
                _ms_a_frame(row.seconds, result.frames)
                for row, result in zip(rows, theirs, strict=True)
            ),
        )
    console.print(table)
    print_wrapped(console, f"[dim]{_remarks(task, answers, theirs)}[/]")
    print_gains(console, _gained(task, answers, valid=valid))


def _ms_a_frame(seconds: float | None, frames: int) -> str:
    return milliseconds(1e3 * seconds / frames if seconds and frames else None)


def _score(quality: Quality | None, task: str) -> str:
    if task == "classification":
        return score_text(headline(quality))
    return fraction(quality.miou if quality else None)


def _remarks(
    task: ThesisTask, answers: Mapping[str, QualityResult], theirs: Sequence[PublishedResult]
) -> str:
    """Return sentences on how the figures of the table compare."""
    frames = max((one.frames for one in answers.values()), default=0)
    remarks = [
        f"{frames:,} frames here, {_FRAMES[task.spec.task]:,} there; our time is for loading once "
        "and answering (prepare, network, decode), theirs for their whole loop."
    ]
    if task.sample:
        option = "--digits" if task.spec.task == "classification" else "--drive"
        remarks.append(f"The quality is not of the published frames: give those with {option}.")
    if theirs:
        remarks.append(f"Published: {theirs[0].on}. {theirs[0].about}")
    return " ".join(remarks)


def _gained(task: ThesisTask, answers: Mapping[str, QualityResult], *, valid: bool) -> list[str]:
    """Return what our variants gained and lost, by the time of a whole frame."""
    return gains(
        (
            VariantFigures(
                variant,
                task.spec.variants[variant].bytes,
                fps=one.frames / one.seconds if one.seconds else None,
                fps_name="ms a frame",
                score=headline(one.quality),
            )
            for variant, one in answers.items()
        ),
        valid=valid,
    )
