"""Carry out the commands of `host-tools` and show what came of them."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from edge_app.atomic import atomic_file
from edge_app.errors import UsageError
from host_tools.charts.drawing import check_matplotlib
from host_tools.convert.conversion_options import ConversionOptions
from host_tools.convert.conversion_summary import notes, result_table
from host_tools.convert.convert import convert
from host_tools.convert.evaluation import Evaluation, parse_evaluation
from host_tools.datasets import digit_files, find_mnist, holds_mnist, read_digits, write_sample
from host_tools.models.loaded_model import SourceOptions
from host_tools.train.checkpoint import checkpoint_path, read_checkpoint
from host_tools.train.keeping import check_target
from host_tools.train.mnist.digit_chart import digit_chart
from host_tools.train.mnist.train_digits import RECIPES, train_digits
from host_tools.train.watching import training_bar


def train_command(options: argparse.Namespace) -> int:
    """Carry out `host-tools train`; exit 130 where Ctrl-C ended it."""
    console = Console()
    check_target(options.out, options.epochs, options.seed)
    check_matplotlib()
    kept = checkpoint_path(options.out)
    if options.resume:
        read_checkpoint(kept)  # says at once where there is none
    folder = find_mnist(options.data)
    digits, held_out = read_digits(folder, "train"), read_digits(folder, "test")
    _say(console, f"{len(digits.labels):,} digits from {folder}, {len(held_out.labels):,} held out")
    if kept.exists() and not options.resume:
        _say(console, f"begins anew; --resume would have gone on from {kept}")
    with training_bar(console=console) as progress:
        trained = train_digits(
            digits,
            held_out,
            options.out,
            recipe=RECIPES[options.recipe],
            epochs=options.epochs,
            seed=options.seed,
            resume=options.resume,
            progress=progress,
        )
    if not trained.finished:
        left = f"what there is: {trained.path}" if trained.path else "nothing was trained yet"
        _say(console, f"stopped after {trained.batches} batches; {left}")
        if trained.history.records:
            done = f"{len(trained.history.records)} of {options.epochs}"
            _say(console, f"the same command with --resume goes on after epoch {done}")
        return 130
    chart = options.out.with_suffix(".history.png")
    with atomic_file(chart) as draft:
        draft.write_bytes(digit_chart(trained.history))
    _say(
        console,
        f"{trained.path}: {100 * (trained.accuracy or 0):.2f} % of the held-out digits, "
        f"trained in {trained.seconds:.0f} s; epoch by epoch: {chart}; "
        f"next: host-tools convert {trained.path} --out DIR",
    )
    return 0


def convert_command(options: argparse.Namespace) -> int:
    """Carry out `host-tools convert`."""
    console = Console()
    calibration, evaluation = _pictures(options)
    recipe = ConversionOptions(
        model=options.model,
        out=options.out,
        calibration=calibration,
        evaluation=evaluation,
        samples=options.samples,
        seed=options.seed,
        weak=options.allow_weak_calibration,
        name=options.name or "",
        title=options.title or "",
        task=options.task,
        labels=options.labels,
        mean=options.mean,
        std=options.std,
        channels=options.channels,
        fit=options.fit,
        wishes=SourceOptions(options.input_size, options.input_tensor, options.output_tensor),
        variants=_names(options.variants),
        io=options.io,
        keep_float=tuple(options.keep_float),
        quantizer=options.quantizer,
        max_drop=options.max_drop,
        source=options.source,
        licence=options.licence,
    )
    bar = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*bar, console=console) as progress:
        converted = convert(recipe, progress)
    console.print(result_table(converted))
    for line in notes(converted):
        _say(console, line)
    _say(console, f"written: {options.out}")
    return 0


def sample_command(options: argparse.Namespace) -> int:
    """Carry out `host-tools sample`."""
    folder = find_mnist(options.data)
    for path in write_sample(folder, options.out, count=options.count, seed=options.seed):
        _say(Console(), f"{path}: {options.count} digits, {path.stat().st_size:,} bytes")
    return 0


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _pictures(options: argparse.Namespace) -> tuple[str, Evaluation | None]:
    """Return what to calibrate and score on: as named, else MNIST's own parts for digits."""
    named, scored = options.calibration, options.evaluation
    if named is None and "int8" in _names(options.variants):
        keras = options.model.suffix in {".keras", ".h5", ".hdf5"}
        if not (options.labels == "digits" or (options.labels is None and keras)):
            raise UsageError("int8 is calibrated on real pictures; name some with --calibration")
        folder = find_mnist()
        named, scored = str(folder), scored or str(folder)
    calibration = Path(named or "")
    if named and holds_mnist(calibration):
        named = str(digit_files(calibration, "train")[0])
    return named or "", parse_evaluation(scored, options.eval_every) if scored else None


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True, markup=False)
