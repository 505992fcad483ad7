"""Training of the street network from options to files: teacher, data, encoder, fit, chart."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from edge_app.atomic import write_atomic
from edge_app.console import print_line
from edge_app.output_place import check_outputs
from edge_app.style import miou_text
from host_tools.charts.drawing import check_matplotlib
from host_tools.framework import load_keras, pin_threads
from host_tools.models.loaded_model import read_model_file
from host_tools.train.checkpoint import check_target, checkpoint_path, read_checkpoint
from host_tools.train.history import History
from host_tools.train.street.data import TrainingData, check_data, read_data
from host_tools.train.street.encoder_init import init_encoder, read_encoder
from host_tools.train.street.fit import FitOptions, TrainedStreet, fit
from host_tools.train.street.optimizer import TrainingRecipe
from host_tools.train.street.start_weights import check_start, start_from
from host_tools.train.street.street_chart import street_chart
from host_tools.train.street.street_sizes import SIZES
from host_tools.train.street.teacher import VIEWS, open_teacher

_THREADS = 2
_MINUTES, _NEVER = 80.0, 1e9
_PRUNING_IMAGES = 24  # on which the importance of the encoder's channels is measured


@dataclass(frozen=True, slots=True)
class StreetOptions:
    """Options of a training.

    data: texts like camvid:DIR. teacher: DeepLab's frozen graph.
    minutes, steps: earlier runs included; at least one of them ends the training, and without
        either it takes 80 minutes. The learning rate falls over the steps, if they are given.
    cache: folder of the teacher's labels; None takes one beside `out`.
    teacher_views: a name of VIEWS.
    size: a name of SIZES. start: file with the weights to begin with; None takes the teacher's.
    """

    data: Sequence[str]
    teacher: Path
    out: Path
    minutes: float | None = None
    steps: int | None = None
    seed: int = 0
    resume: bool = False
    cache: Path | None = None
    teacher_views: str = "few"
    size: str = "small"
    start: Path | None = None
    recipe: TrainingRecipe = field(default_factory=TrainingRecipe)


def train_street(options: StreetOptions, console: Console) -> TrainedStreet:
    """Train the network, and write it with its history and a chart.

    Raises UsageError, SourceError and ModelError.
    """
    # A step takes 0.29 s with oneDNN and 0.52 s without, on two cores. Its results vary between
    # runs, but a training by the clock never gives the same weights twice anyway.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    shape = SIZES[options.size]
    minutes = options.minutes or (_MINUTES if options.steps is None else _NEVER)
    fitting = FitOptions(
        minutes, options.recipe, seed=options.seed, resume=options.resume, steps=options.steps
    )
    check_target(options.out, 1, options.seed)
    check_outputs(folders=[options.cache])
    check_data(options.data)
    read_model_file(options.teacher)  # both fail before TensorFlow has taken its seconds
    if options.start is not None:
        check_start(options.start)
    check_matplotlib()
    checkpoint = checkpoint_path(options.out)
    if options.resume:
        read_checkpoint(checkpoint)  # fails at once if there is none
    elif checkpoint.exists():
        print_line(console, f"starting again; --resume would continue from {checkpoint}")
    pin_threads(_THREADS)
    cv2.setNumThreads(1)
    load_keras().utils.set_random_seed(options.seed)
    network, averaged = shape.build(), shape.build()
    cache = options.cache or options.out.with_suffix(".cache")
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        reading = progress.add_task("the teacher labels the images", total=None)
        fresh = not options.resume and options.start is None
        encoder = read_encoder(options.teacher) if fresh else None
        with open_teacher(options.teacher, VIEWS[options.teacher_views]) as teacher:
            data = read_data(options.data, teacher, cache, lambda line: print_line(console, line))
        progress.update(reading, total=1, completed=1, description="labelled")
        if encoder is not None:
            init_encoder(network, shape.blocks, encoder, pruning_images(data, shape.size_wh))
        elif options.start is not None and not options.resume:
            start_from(network, options.start, pruning_images(data, shape.size_wh))
        training = progress.add_task("training", total=1)
        trained = fit(
            network,
            averaged,
            data,
            options.out,
            fitting,
            on_validation=lambda history: print_line(console, _record_text(history, fitting)),
            on_step=lambda done: progress.update(training, completed=done),
        )
    write_atomic(options.out.with_suffix(".history.png"), street_chart(trained.history))
    return trained


def pruning_images(
    data: TrainingData, size_wh: tuple[int, int]
) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return images from all sets, spread over each: float32 (N, H, W, 3), RGB in -1..1."""
    each = -(-_PRUNING_IMAGES // len(data.sets))
    images = [
        weighted.samples[int(place)].image
        for weighted in data.sets
        for place in np.linspace(0, len(weighted.samples) - 1, min(each, len(weighted.samples)))
    ]
    small = [cv2.resize(image, size_wh, interpolation=cv2.INTER_LINEAR) for image in images]
    return np.stack(small)[..., ::-1].astype(np.float32) / 127.5 - 1


def _record_text(history: History, options: FitOptions) -> str:
    last = history.records[-1]
    text = f"{last['minutes']:.1f}"
    text += "" if options.minutes == _NEVER else f" of {options.minutes:g}"
    text += f" min, {last['steps']:,.0f}"
    text += "" if options.steps is None else f" of {options.steps:,}"
    text += f" steps: loss {last['loss']:.3f}"
    if "held_out_miou" in last:
        text += f", {miou_text(last['held_out_miou'])} held out"
    return text
