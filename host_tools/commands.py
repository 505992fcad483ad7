"""Carry out the commands of `host-tools` and show what came of them."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from edge_app.errors import UsageError
from edge_app.style import NOTHING, variant_colour
from host_tools.convert import Converted, Recipe, convert
from host_tools.datasets import digit_files, find_mnist, holds_mnist, read_digits, write_sample
from host_tools.prove import Evaluation
from host_tools.train import check_target, train_digits, training_bar


def train_command(options: argparse.Namespace) -> int:
    """Carry out `host-tools train`; exit 130 where Ctrl-C ended it."""
    console = Console()
    check_target(options.out, options.epochs)
    folder = find_mnist(options.data)
    digits, held_out = read_digits(folder, "train"), read_digits(folder, "test")
    _say(console, f"{len(digits.labels):,} digits from {folder}, {len(held_out.labels):,} held out")
    with training_bar(console=console) as progress:
        trained = train_digits(
            digits,
            held_out,
            options.out,
            epochs=options.epochs,
            seed=options.seed,
            progress=progress,
        )
    if not trained.finished:
        kept = f"what there is: {trained.path}" if trained.path else "nothing was trained yet"
        _say(console, f"stopped after {trained.batches} batches; {kept}")
        return 130
    _say(
        console,
        f"{trained.path}: {100 * (trained.accuracy or 0):.2f} % of the held-out digits, "
        f"trained in {trained.seconds:.0f} s; next: host-tools convert {trained.path} --out DIR",
    )
    return 0


def convert_command(options: argparse.Namespace) -> int:
    """Carry out `host-tools convert`."""
    console = Console()
    calibration, evaluation = _pictures(options)
    recipe = Recipe(
        model=options.model,
        out=options.out,
        calibration=calibration,
        evaluation=evaluation,
        samples=options.samples,
        seed=options.seed,
        name=options.name or "",
        title=options.title or "",
        task=options.task,
        labels=options.labels,
        mean=options.mean,
        std=options.std,
        source=options.source,
        licence=options.licence,
    )
    bar = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*bar, console=console) as progress:
        converted = convert(recipe, progress)
    console.print(result_table(converted))
    manifest = converted.spec.calibration
    _say(
        console,
        f"int8 calibrated on {manifest['pictures']} pictures of {manifest['from']}; "
        f"written: {options.out}",
    )
    if evaluation is None:
        _say(console, "not scored: give --eval IMAGES,LABELS to know what quantization cost")
    return 0


def sample_command(options: argparse.Namespace) -> int:
    """Carry out `host-tools sample`."""
    folder = find_mnist(options.data)
    for path in write_sample(folder, options.out, count=options.count, seed=options.seed):
        _say(Console(), f"{path}: {options.count} digits, {path.stat().st_size:,} bytes")
    return 0


def result_table(converted: Converted) -> Table:
    """Show each variant's size, what it scores, and what it lost against float32."""
    table = Table(
        title=f"{converted.spec.title}: four variants",
        title_justify="left",
        caption="drop: points of top-1 lost against float32. delegated: operators that XNNPACK\n"
        "took of the graph, and in how many parts; one is best.",
        caption_justify="left",
    )
    table.add_column("variant")
    for column in ("bytes", "of float32", "top-1", "drop", "delegated", "parts"):
        table.add_column(column, justify="right")
    first = converted.proofs[0].variant
    for proof in converted.proofs:
        variant = proof.variant
        score, best = variant.quality.get("top1"), first.quality.get("top1")
        took = variant.measured
        table.add_row(
            f"[{variant_colour(variant.name)}]{variant.name}[/]",
            f"{variant.bytes:,}",
            f"{100 * variant.bytes / first.bytes:.0f} %",
            NOTHING if score is None else f"{100 * score:.2f} %",
            NOTHING if score is None or best is None else f"{100 * (best - score) + 0.0:.2f}",
            f"{took['delegated']}/{took['operators']}",
            str(took["partitions"]),
        )
    return table


def _pictures(options: argparse.Namespace) -> tuple[str, Evaluation | None]:
    """Return what to calibrate and score on: as named, else MNIST's own parts for digits."""
    named, scored = options.calibration, options.evaluation
    if named is None:
        if options.labels != "digits":
            raise UsageError("int8 is calibrated on real pictures; name some with --calibration")
        folder = find_mnist()
        named, scored = str(folder), scored or str(folder)
    calibration = Path(named)
    if holds_mnist(calibration):
        calibration = digit_files(calibration, "train")[0]
    return str(calibration), _evaluation(scored) if scored else None


def _evaluation(text: str) -> Evaluation:
    if Path(text).is_dir():
        images, labels = digit_files(Path(text), "test")
        return Evaluation(str(images), str(labels))
    pictures, comma, truth = text.rpartition(",")
    if not comma:
        raise UsageError(f"--eval {text}: give IMAGES,LABELS or a folder with MNIST's files")
    return Evaluation(pictures, truth)


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True, markup=False)
