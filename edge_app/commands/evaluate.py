"""`edge-app evaluate`: score variants over a whole data set."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge_app.commands.model_options import add_model, read_model
from edge_app.errors import UsageError

EXAMPLES = """examples:
  edge-app evaluate --dataset camvid:CamVid --model street
  edge-app evaluate --dataset cityscapes:cityscapes --model models/deeplab --variants int8
  edge-app evaluate --dataset driveseg:mit_driveseg_sample_gt.tar.gz --model models/deeplab
  edge-app evaluate --dataset idx:t10k-images.gz,t10k-labels.gz --model mnist --frames 0:5000

DIR then holds evaluation.json with every count, an image of each variant's confusion matrix, and
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
        help="camvid:DIR, cityscapes:DIR, driveseg:TAR, idx:IMAGES,LABELS, or KIND:IMAGES,TRUTH",
    )
    parser.add_argument(
        "--variants", default="all", metavar="LIST", help="names with commas (default: all)"
    )
    parser.add_argument(
        "--frames",
        metavar="START:STOP",
        help="part of the data set, to share it among boards (default: all)",
    )
    parser.add_argument(
        "--worst",
        type=int,
        default=8,
        metavar="N",
        help="worst frames to draw, up to 8 (default: 8)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("evaluation"),
        metavar="DIR",
        help="folder of the results (default: evaluation)",
    )
    parser.add_argument(
        "--anew", action="store_true", help="start over (default: continue from what DIR holds)"
    )


def run(options: argparse.Namespace) -> int:
    """Score the variants asked for; Ctrl-C keeps what is counted, the same command goes on."""
    import threading
    from dataclasses import replace

    from rich.console import Console
    from rich.progress import TaskID

    from edge_app.board import board, versions
    from edge_app.console import coloured, tell
    from edge_app.evaluate.dataset import ImageSet, parse_dataset
    from edge_app.evaluate.evaluation_output import counting, tell_outcome
    from edge_app.evaluate.evaluation_result import NAME, EvaluationResult
    from edge_app.evaluate.output_folder import write_worst
    from edge_app.evaluate.partial_counts import chunks
    from edge_app.evaluate.running import begin, done_of, score_variant
    from edge_app.model.engine import load_engine
    from edge_app.process import prepare_process
    from edge_app.session.signals import Signals

    prepare_process()
    console = Console()
    spec = read_model(options)
    names = list(spec.variants) if options.variants == "all" else options.variants.split(",")
    dataset = parse_dataset(options.dataset)
    pictures = ImageSet(dataset)
    span = asked_span(options.frames, pictures.count)
    about = {"boards": (board(),), "versions": versions()}
    out = options.out
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
