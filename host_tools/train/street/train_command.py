"""Carry out `host-tools train street`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from edge_app.atomic import atomic_file
from host_tools.charts.drawing import check_matplotlib
from host_tools.framework import load_keras, pin_threads
from host_tools.train.checkpoint import checkpoint_path, read_checkpoint
from host_tools.train.history import History
from host_tools.train.keeping import check_target
from host_tools.train.street.data import Gathered, check_texts, gather
from host_tools.train.street.encoder_init import read_front, start_front
from host_tools.train.street.fit import Span, fit
from host_tools.train.street.optimizer import TrainingRecipe
from host_tools.train.street.street_chart import street_chart
from host_tools.train.street.street_network import (
    BLOCKS,
    INPUT_WH,
    Block,
    DecoderBlock,
    street_network,
)
from host_tools.train.street.teacher import open_teacher

_THREADS = 2
# On so many pictures the channels of the front are weighed.
_WEIGHED = 24


def street_command(
    options: argparse.Namespace,
    *,
    size_wh: tuple[int, int] = INPUT_WH,
    blocks: tuple[Block, ...] = BLOCKS,
    decoder: DecoderBlock | None = None,
    recipe: TrainingRecipe | None = None,
    span: Span | None = None,
) -> int:
    """Train as the options say; exit 130 where Ctrl-C ended it. The rest is for small trials."""
    # A step takes 0.29 s with it and 0.52 s without, on two cores. What is trained by the clock
    # gives no weights twice, so that nothing is lost.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    console = Console()
    check_target(options.out, 1, options.seed)
    check_texts(options.data)
    check_matplotlib()
    kept = checkpoint_path(options.out)
    if options.resume:
        read_checkpoint(kept)  # says at once where there is none
    elif kept.exists():
        _say(console, f"begins anew; --resume would have gone on from {kept}")
    pin_threads(_THREADS)
    cv2.setNumThreads(1)
    load_keras().utils.set_random_seed(options.seed)
    network, shown = (street_network(size_wh, blocks=blocks, decoder=decoder) for _ in range(2))
    cache = options.cache or options.out.with_suffix(".cache")
    bar = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*bar, console=console) as progress:
        reading = progress.add_task("the teacher looks at the pictures", total=None)
        front = None if options.resume else read_front(options.teacher)
        with open_teacher(options.teacher) as teacher:
            data = gather(options.data, teacher, cache, lambda line: _say(console, line))
        progress.update(reading, total=1, completed=1, description="taught")
        if front is not None:
            start_front(network, blocks, front, weighed(data, size_wh))
        minutes = options.minutes
        training = progress.add_task("training", total=minutes)
        fitted = fit(
            network,
            shown,
            data.shelves,
            data.held,
            options.out,
            recipe=recipe or TrainingRecipe(),
            span=span or Span(minutes),
            seed=options.seed,
            resume=options.resume,
            tell=lambda history: _tell(console, history, minutes),
            moved=lambda done: progress.update(training, completed=done * minutes),
        )
    chart = options.out.with_suffix(".history.png")
    with atomic_file(chart) as draft:
        draft.write_bytes(street_chart(fitted.history))
    if not fitted.finished:
        _say(console, f"stopped; what there is: {fitted.path}, how it went: {chart}")
        _say(console, "the same command with --resume goes on")
        return 130
    _say(
        console,
        f"{fitted.path}: how it went: {chart}; next: host-tools convert {fitted.path} "
        "--task segmentation --labels cityscapes --calibration PICTURES --out DIR",
    )
    return 0


def weighed(data: Gathered, size_wh: tuple[int, int]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return pictures of all kinds, spread over each: float32 (N, H, W, 3), RGB in -1..1."""
    each = -(-_WEIGHED // len(data.shelves))
    images = [
        shelf.studies[int(place)].image
        for shelf in data.shelves
        for place in np.linspace(0, len(shelf.studies) - 1, min(each, len(shelf.studies)))
    ]
    small = [cv2.resize(image, size_wh, interpolation=cv2.INTER_LINEAR) for image in images]
    return np.stack(small)[..., ::-1].astype(np.float32) / 127.5 - 1


def _tell(console: Console, history: History, minutes: float) -> None:
    last = history.records[-1]
    line = f"{last['minutes']:.1f} of {minutes:g} min, {last['steps']:,.0f} steps: "
    line += f"loss {last['loss']:.3f}"
    if "held_out_miou" in last:
        line += f", mIoU {last['held_out_miou']:.3f} held out"
    _say(console, line)


def _say(console: Console, line: str | Path) -> None:
    console.print(str(line), soft_wrap=True, highlight=False, markup=False)
