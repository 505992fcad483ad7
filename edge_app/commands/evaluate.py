"""Carry out `edge-app evaluate`: score variants over a whole data set."""

from __future__ import annotations

import argparse
import threading
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from edge_app.board import board, versions
from edge_app.commands.console import coloured, compact_table, tell
from edge_app.errors import UsageError
from edge_app.evaluate.dataset import ImageSet, parse_dataset
from edge_app.evaluate.evaluation_result import NAME, EvaluationResult
from edge_app.evaluate.output_folder import write_matrices, write_worst
from edge_app.evaluate.partial_counts import chunks
from edge_app.evaluate.running import begin, done_of, score_variant
from edge_app.model.catalog import resolve_model
from edge_app.model.engine import load_engine
from edge_app.session.signals import Signals
from edge_app.style import NOTHING, fraction, percent


def evaluate_command(options: argparse.Namespace) -> int:
    """Score the variants asked for; Ctrl-C keeps what is counted, the same command goes on."""
    console = Console()
    spec = resolve_model(options)
    names = list(spec.variants) if options.variants == "all" else options.variants.split(",")
    dataset = parse_dataset(options.dataset)
    pictures = ImageSet(dataset)
    span = asked_span(options.frames, pictures.count)
    about = {"boards": (board(),), "versions": versions()}
    out = Path(options.out)
    outcome = begin(spec, names, dataset, pictures, out, about, anew=options.anew)

    def keep(found: EvaluationResult) -> None:
        if any(scored.parts for scored in found.variants.values()):
            found.write(out / NAME)

    stop = threading.Event()
    signals = Signals(stop)
    with signals.caught(), counting(console) as progress:
        for name in names:
            done = done_of(outcome, name)
            left = sum(b - a for a, b in chunks(span, done.spans if done else (), span[1]))
            whole = span[1] - span[0]
            task = progress.add_task(coloured(name), total=whole, completed=whole - left)
            if stop.is_set():
                break
            engine = load_engine(spec, name, runtime=options.runtime, threads=options.threads)

            def tick(task: TaskID = task) -> None:
                progress.advance(task)

            def going() -> bool:
                return not stop.is_set()

            outcome = score_variant(outcome, engine, pictures, span, keep, going=going, tick=tick)
            found = done_of(outcome, name)
            if found and not stop.is_set():
                write_worst(engine, pictures, found.worst[: options.worst], out, going)
            engine.close()
    if not stop.is_set():
        outcome = replace(outcome, status="complete")
        keep(outcome)
    tell_outcome(console, outcome, out)
    if stop.is_set():
        tell(console, "stopped; the same command goes on from here")
    return 128 + signals.number if signals.number else 0


def asked_span(text: str | None, frames: int) -> tuple[int, int]:
    """Read --frames START:STOP; raise UsageError where it is outside the data set."""
    start, colon, stop = (text or ":").partition(":")
    try:
        span = int(start or 0), int(stop or frames)
    except ValueError:
        colon = ""
        span = 0, 0
    if not colon or not 0 <= span[0] < span[1] <= frames:
        raise UsageError(f"--frames {text} is not within the {frames} frames; give START:STOP")
    return span


def counting(console: Console) -> Progress:
    """Return a display of frames done and time left; nothing where output is piped."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def tell_outcome(console: Console, outcome: EvaluationResult, out: Path) -> None:
    """Print scores and classes, write the matrices' pictures, and name the files."""
    scored = [name for name, each in outcome.variants.items() if each.parts]
    if not scored:
        return
    counted = replace(outcome, variants={name: outcome.variants[name] for name in scored})
    qualities = {name: counted.quality(name) for name in scored}
    data = " and ".join(str(each["name"]) for each in counted.datasets.values())
    columns = ("variant", "frames", "mIoU", "pixels", "top-1", "damaged")
    table = compact_table(f"{counted.model} on {data}", columns, 1)
    for column in table.columns[1:]:
        column.min_width = 9
    for name, quality in qualities.items():
        damaged = sum(len(part.damaged) for part in counted.variants[name].parts.values())
        table.add_row(
            coloured(name),
            f"{quality.frames:,}",
            fraction(quality.miou),
            percent(quality.pixel_accuracy),
            NOTHING if quality.top1 is None else f"{100 * quality.top1:.2f} %",
            str(damaged),
        )
    console.print(table)
    _tell_classes(console, counted, scored)
    for path in write_matrices(counted, out):
        tell(console, f"{path}")
    tell(console, f"{out / NAME}: all counts, for edge-app merge and host-tools report")


def _tell_classes(console: Console, outcome: EvaluationResult, names: list[str]) -> None:
    """Print the score of each class that is there, a column per variant."""
    digits = outcome.task == "classification"
    title = "right of each class" if digits else "IoU of each class"
    table = compact_table(title, ("class", *map(coloured, names)), 1)
    for column in table.columns[1:]:
        column.min_width = 9
    matrices = {name: outcome.variants[name].matrix for name in names}
    values = {
        name: (matrix.recall() if digits else matrix.iou()).tolist()
        for name, matrix in matrices.items()
    }
    for place, label in enumerate(outcome.classes):
        row = [values[name][place] for name in names]
        if any(value == value for value in row):  # not all NaN
            table.add_row(label, *map(fraction, row))
    console.print(table)
