"""Printing for an evaluation: its progress, scores and files."""

from __future__ import annotations

import math
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from edge_app.console import CompactTable, coloured, print_line
from edge_app.evaluate.evaluation_file import counted_variants, quality_of_variant
from edge_app.evaluate.output_folder import worst_folder, write_matrices
from edge_app.quality import Quality
from edge_app.results.evaluation_result import EVALUATION_NAME, EvaluationResult
from edge_app.results.gains import headline, score_text
from edge_app.style import count, fraction, percent

_MOST_CLASSES = 60  # in the table of a terminal; ADE20K has 150, ImageNet 1,000


def progress_bar(console: Console) -> Progress:
    """Return a display of frames done and time left; nothing if output is piped."""
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


def print_evaluation(console: Console, result: EvaluationResult, out: Path) -> None:
    """Print scores and classes, write the images of the matrices, and print the paths."""
    names = counted_variants(result)
    if not names:
        return
    data = " and ".join(dataset.name for dataset in result.datasets.values())
    classifier = result.task == "classification"
    scores = ("top-1",) if classifier else ("mIoU", "pixel\naccuracy")
    columns = ("variant", "frames", *scores, "damaged")
    table = CompactTable(f"{result.model} on {data}", columns, min_width=9)
    for name in names:
        quality = quality_of_variant(result, name)
        damaged = sum(len(part.damaged) for part in result.variants[name].parts.values())
        table.add_row(
            coloured(name, names),
            f"{quality.frames:,}",
            *_scores(quality, classifier=classifier),
            str(damaged),
        )
    console.print(table)
    _print_classes(console, result, names)
    for path in write_matrices(result, out):
        print_line(console, str(path))
    for name in names:
        drawn = len(list(worst_folder(out, name).glob("*.png")))
        if drawn:
            print_line(console, f"{worst_folder(out, name)}/: the worst {count(drawn, 'frame')}")
    path = out / EVALUATION_NAME
    print_line(console, f"{path}: all counts, for edge-app merge and host-tools report")


def _scores(quality: Quality, *, classifier: bool) -> tuple[str, ...]:
    if classifier:
        return (score_text(headline(quality)),)
    return fraction(quality.miou), percent(quality.pixel_accuracy)


def _print_classes(console: Console, result: EvaluationResult, names: list[str]) -> None:
    """Print the score of each class that occurs, a column per variant; of many the lowest."""
    classifier = result.task == "classification"
    title = "recall of each class" if classifier else "IoU of each class"
    matrices = [result.variants[name].matrix for name in names]
    scores = [(each.recall() if classifier else each.iou()).tolist() for each in matrices]
    pairs = list(zip(result.classes, zip(*scores, strict=True), strict=True))
    known = [(label, row) for label, row in pairs if not all(map(math.isnan, row))]
    shown = known
    if len(known) > _MOST_CLASSES:
        shown = sorted(known, key=lambda one: one[1][0])[:_MOST_CLASSES]
        title += f", the {_MOST_CLASSES} lowest of {len(known):,}"
    table = CompactTable(title, ("class", *(coloured(name, names) for name in names)), min_width=9)
    for label, row in shown:
        table.add_row(escape(label), *map(fraction, row))
    console.print(table)
