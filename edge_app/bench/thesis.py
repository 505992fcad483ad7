"""Carry out `edge-app bench --preset thesis`: the experiment this project began with."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from edge_app.bench.cases import Budget, Case, WorkerRequest
from edge_app.bench.quality_result import QualityResult
from edge_app.bench.result_file import write_text
from edge_app.bench.worker import carry_out
from edge_app.board import Verdict, board, judge, read_cpu_usage, versions
from edge_app.console import prose, tell
from edge_app.errors import UsageError
from edge_app.model.card import ModelSpec
from edge_app.model.catalog import sample
from edge_app.paths import assets_dir
from edge_app.style import NOTHING, file_size, fraction, significant, variant_colour

_FRAMES = {"classification": 10_000, "segmentation": 60}
# By task, how the reference's rows are called in the file of published figures.
_MODELS = {"classification": "mnist", "segmentation": "deeplab 1025x2049"}


@dataclass(frozen=True, slots=True)
class ThesisTask:
    """Hold one of the two tasks: a model, and the frames with their truth.

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


def run_thesis(options: ThesisOptions, console: Console, stop: threading.Event) -> Verdict:
    """Run both tasks with all variants; print our figures beside the published ones."""
    tasks = [
        _task(options.digits_model, options.digits, "--digits"),
        _task(options.drive_model, options.drive, "--drive"),
    ]
    before, work = board(), read_cpu_usage()
    found = {task.spec.name: _answers(task, options, stop, console) for task in tasks}
    after, work_after = board(), read_cpu_usage()
    others = work_after.others_since(work) if work and work_after else None
    verdict = judge(before, after, others)
    published = _published()
    for task in tasks:
        _report(console, task, found[task.spec.name], published)
    for reason in verdict.reasons:
        prose(console, f"[bold red]not valid[/]: {reason}")
    if options.json:
        record = {
            "preset": "thesis",
            "tasks": {
                name: {variant: asdict(answers) for variant, answers in variants.items()}
                for name, variants in found.items()
            },
            "board": {"before": before, "after": after},
            "verdict": {"valid": verdict.valid, "reasons": list(verdict.reasons)},
            "versions": versions(),
        }
        write_text(options.json, json.dumps(record, indent=2) + "\n")
    return verdict


def _task(spec: ModelSpec, data: str | None, name: str) -> ThesisTask:
    if data is None:
        return ThesisTask(spec, *sample(spec), sample=True)
    source, comma, truth = data.rpartition(",")
    if not comma:
        raise UsageError(f"{name} needs two paths with a comma between: frames,truth")
    return ThesisTask(spec, source, truth)


def _answers(
    task: ThesisTask, options: ThesisOptions, stop: threading.Event, console: Console
) -> dict[str, QualityResult]:
    found: dict[str, QualityResult] = {}
    for variant in task.spec.variants:
        if stop.is_set():
            break
        tell(console, f"[dim]{task.spec.name} {variant}[/]")
        ask = WorkerRequest(
            task.spec,
            Case(variant, options.runtime, options.threads),
            task.source,
            Budget(),
            kind="quality",
            truth=task.truth,
            truth_labels=options.truth_labels,
            frames=_FRAMES[task.spec.task],
        )
        found[variant] = carry_out(ask, stop, lambda _step: None)
    return found


def _published() -> list[Mapping[str, Any]]:
    content = json.loads((assets_dir() / "reference" / "thesis.json").read_text("utf-8"))
    rows: list[Mapping[str, Any]] = content["results"]
    return rows


def _report(
    console: Console,
    task: ThesisTask,
    found: Mapping[str, QualityResult],
    rows: list[Mapping[str, Any]],
) -> None:
    """Print a task's table: each figure with the published ones in the columns after it."""
    spec = task.spec
    known = [row for row in rows if row["model"] == _MODELS[spec.task]]
    table = Table(
        title=f"{spec.title} on {Path(task.source).name}, beside the published figures",
        title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
    )  # fmt: skip
    score = "top-1" if spec.task == "classification" else "mIoU"
    columns = ("variant", "size", "published", score, "published", "ms a\nframe")
    machines = [str(row["machine"]).replace(" (reference)", "") for row in known]
    for name in (*columns, *(name.replace("Raspberry ", "") + "\npubl." for name in machines)):
        table.add_column(name, justify="left" if name == "variant" else "right", no_wrap=True)
    for variant, answers in found.items():
        theirs = [row["variants"].get(variant, {}) for row in known]
        one = theirs[0] if theirs else {}
        table.add_row(
            f"[{variant_colour(variant)}]{variant}[/]",
            file_size(spec.variants[variant].bytes),
            file_size(one["bytes"]) if one else NOTHING,
            _score(answers.quality, spec.task),
            _score(one.get("quality"), spec.task),
            significant(answers.seconds * 1e3 / answers.frames if answers.frames else None),
            *(
                significant(1e3 * row["seconds"] / whole["frames"]) if row else NOTHING
                for row, whole in zip(theirs, known, strict=True)
            ),
        )
    console.print(table)
    prose(console, _remarks(task, found, known))


def _score(quality: Mapping[str, Any] | None, task: str) -> str:
    if not quality:
        return NOTHING
    if task == "classification":
        return NOTHING if quality.get("top1") is None else f"{100 * quality['top1']:.2f} %"
    return fraction(quality.get("miou"))


def _remarks(
    task: ThesisTask, found: Mapping[str, QualityResult], known: list[Mapping[str, Any]]
) -> str:
    """Say what may be concluded from the table."""
    told = []
    answered = max((answers.frames for answers in found.values()), default=0)
    wanted = _FRAMES[task.spec.task]
    told.append(
        f"{answered:,} frames here, {wanted:,} there; our time is for loading once and answering "
        "(prepare, network, decode), theirs for their whole loop."
    )
    if task.sample:
        option = "--digits" if task.spec.task == "classification" else "--drive"
        told.append(f"The quality is not that of the published frames: give those with {option}.")
    if known:
        told.append(f"Published: {known[0]['on']}. {known[0]['about']}")
    times = {name: one.seconds for name, one in found.items() if one.frames}
    if "float32" in times and "int8" in times and times["int8"] > 0:
        told.append(f"int8 is {times['float32'] / times['int8']:.1f} times as fast as float32.")
    return " ".join(told)
