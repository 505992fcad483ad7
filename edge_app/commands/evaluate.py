"""`edge-app evaluate`: score variants over a whole data set."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge_app.commands.arg_types import OptionAdder
from edge_app.commands.model_options import add_model, read_model
from edge_app.errors import UsageError

EXAMPLES = """examples:
  edge-app evaluate --dataset camvid:CamVid --model street
  edge-app evaluate --dataset cityscapes:cityscapes --model models/deeplab --variants int8
  edge-app evaluate --dataset driveseg:mit_driveseg_sample_gt.tar.gz --model models/deeplab
  edge-app evaluate --dataset idx:t10k-images.gz,t10k-labels.gz --model mnist --frames 0:5000

DIR then contains evaluation.json with every count, an image of each variant's confusion matrix, and
the worst frames (image, truth, answer). Ctrl-C or a power cut lose nothing that was counted: the
same command continues.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `evaluate`."""
    add_model(parser)
    parser.add_argument(
        "--dataset",
        required=True,
        metavar="KIND:PATH",
        help="camvid:DIR, cityscapes:DIR, driveseg:TAR, idx:IMAGES,LABELS, or KIND:IMAGES,TRUTH "
        "(numbered: ids of the model's own classes)",
    )
    add = OptionAdder(parser)
    add.value("--variants", "LIST", "names with commas (default: all)", default="all")
    text = "part of the data set, to share it among boards (default: all)"
    add.value("--frames", "START:STOP", text)
    add.value("--worst", "N", "worst frames to draw, up to 8 (default: 8)", int, 8)
    folder = Path("evaluation")
    add.value("--out", "DIR", "folder of the results (default: evaluation)", Path, folder)
    add.flag("--anew", "start over (default: continue what DIR contains)")


def run(options: argparse.Namespace) -> int:
    """Score the variants; Ctrl-C keeps what is counted, and the same command continues."""
    from edge_app.output_owner import EVALUATION, check_owner
    from edge_app.output_place import reserved

    with reserved(folders=[options.out]):
        check_owner(options.out, EVALUATION, "--out")
        return _evaluate(options)


def _evaluate(options: argparse.Namespace) -> int:
    import threading
    from functools import partial

    from msgspec.structs import replace
    from rich.progress import TaskID

    from edge_app.board import board, versions
    from edge_app.console import TextConsole, coloured, print_markup
    from edge_app.evaluate.dataset import ImageSet, parse_dataset
    from edge_app.evaluate.evaluation_file import write_evaluation
    from edge_app.evaluate.evaluation_output import print_evaluation, progress_bar
    from edge_app.evaluate.output_folder import write_worst
    from edge_app.evaluate.partial_counts import chunks
    from edge_app.evaluate.running import begin, counts_of, score_variant
    from edge_app.model.engine import load_engine
    from edge_app.process import prepare_process
    from edge_app.session.signals import Signals

    prepare_process()
    console, out = TextConsole(), options.out
    spec = read_model(options)
    names = spec.chosen(options.variants)
    dataset = parse_dataset(options.dataset)
    images = ImageSet(dataset)
    span = parse_span(options.frames, images.count)
    result = begin(
        spec, names, dataset, images, out,
        boards=(board(),), versions=versions(), start_over=options.anew,
    )  # fmt: skip

    save = partial(write_evaluation, folder=out)

    def should_continue() -> bool:
        return not stop.is_set()

    stop = threading.Event()
    signals = Signals(stop)
    with signals.caught(), progress_bar(console) as progress:
        for name in names:
            left = sum(b - a for a, b in chunks(span, counts_of(result, name).spans, span[1]))
            total = span[1] - span[0]
            task = progress.add_task(coloured(name, names), total=total, completed=total - left)
            if stop.is_set():
                break
            engine = load_engine(spec, name, runtime=options.runtime, threads=options.threads)

            def on_frame(task: TaskID = task) -> None:
                progress.advance(task)

            result = score_variant(
                result, engine, images, span, save,
                should_continue=should_continue, on_frame=on_frame,
            )  # fmt: skip
            if not stop.is_set():
                worst = counts_of(result, name).worst[: options.worst]
                write_worst(engine, images, worst, out, should_continue)
            engine.close()
    if not stop.is_set():
        result = replace(result, status="complete")
        save(result)
    print_evaluation(console, result, out)
    if stop.is_set():
        print_markup(console, "stopped; run the same command again to continue")
    return 128 + signals.number if signals.number else 0


def parse_span(text: str | None, frames: int) -> tuple[int, int]:
    """Return START:STOP as numbers. Raises UsageError if it is outside the data set."""
    start, colon, stop = (text or ":").partition(":")
    try:
        span = int(start or 0), int(stop or frames)
    except ValueError:
        colon = ""
        span = 0, 0
    if not colon or not 0 <= span[0] < span[1] <= frames:
        raise UsageError(f"--frames {text} is not within the {frames} frames; give START:STOP")
    return span
