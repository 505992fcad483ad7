"""Printing for an evaluation: its progress, scores and files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from edge_app.console import coloured, compact_table, tell
from edge_app.evaluate.evaluation_result import NAME, EvaluationResult
from edge_app.evaluate.output_folder import write_matrices
from edge_app.style import NOTHING, fraction, percent


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
