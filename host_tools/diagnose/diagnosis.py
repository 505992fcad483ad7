"""Carry out `host-tools diagnose`: find the models and pictures, measure, show."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from edge_app.errors import ModelError, SourceError, UsageError
from edge_app.frame import Image
from edge_app.model.card import InputSpec, TensorInfo, read_card
from edge_app.model.conventions import usual_scaling
from edge_app.model.preprocess import Preprocess
from edge_app.sources.factory import open_source
from host_tools.convert.ai_edge import measure_ranges
from host_tools.diagnose.advice import advice, decibel_text, verdict
from host_tools.diagnose.layer_chart import write_chart
from host_tools.diagnose.layer_table import LEGEND, layer_table, trial_table, write_json
from host_tools.diagnose.measure import compare
from host_tools.diagnose.repair import RepairTrial, find_repair
from host_tools.tflite.flatbuffer import read_graph
from host_tools.tflite.intermediate import GraphRunner

_JUDGED = 2  # pictures that a trial is judged on; the others only calibrate it


@dataclass(frozen=True, slots=True)
class ModelPair:
    """Hold two variants of one model and how pictures become their input."""

    title: str
    float32: bytes
    int8: bytes
    given: InputSpec


def diagnose_command(options: argparse.Namespace) -> int:
    """Carry out `host-tools diagnose`."""
    console = Console()
    if options.samples < 1:
        raise UsageError(f"--samples {options.samples}: give 1 or more")
    pair = _pair(options)
    samples = list(_tensors(pair, _pictures(options.images, options.samples)))
    bar = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*bar, console=console, transient=True) as progress:
        step = progress.add_task("comparing layer by layer", total=len(samples))
        found = compare(pair.float32, pair.int8, samples, lambda: progress.advance(step))
        trials = _trials(pair, samples, progress) if options.repair else []
    console.print(layer_table(found))
    _say(console, LEGEND)
    _say(console, verdict(found))
    for sentence in advice(found):
        _say(console, f"- {sentence}")
    if trials:
        console.print(trial_table(trials))
        _say(console, _repaired(trials))
    if options.out:
        try:
            options.out.mkdir(parents=True, exist_ok=True)
            written = (
                write_chart(found, f"{pair.title}: {verdict(found)}", options.out / "layers.png"),
                write_json(found, trials, options.out / "layers.json"),
            )
        except OSError as fault:
            raise ModelError(
                f"{options.out} cannot be written ({fault.strerror}); name another --out"
            ) from None
        _say(console, f"written: {', '.join(str(path) for path in written)}")
    return 0


def _pair(options: argparse.Namespace) -> ModelPair:
    """Read a model folder's two variants, or the two files that were named."""
    if options.bundle is not None:
        if options.float32 or options.int8:
            raise UsageError("give a model folder, or --float32 and --int8, not both")
        card = read_card(options.bundle)
        whole, small = card.variant("float32"), card.variant(options.variant)
        given = card.input if options.mean is None else _given(options, card.input.size_wh)
        return ModelPair(card.title, _bytes(whole.path), _bytes(small.path), given)
    if not (options.float32 and options.int8):
        raise UsageError("give a model folder, or two files with --float32 and --int8")
    whole_bytes = _bytes(options.float32)
    shape = GraphRunner(whole_bytes, inner=False).input.shape
    if len(shape) not in {3, 4}:
        raise ModelError(f"{options.float32} takes {shape}, not a picture; name another model")
    given = _given(options, (shape[2], shape[1]), gray=len(shape) == 3 or shape[3] == 1)
    return ModelPair(options.int8.stem, whole_bytes, _bytes(options.int8), given)


def _given(
    options: argparse.Namespace, size_wh: tuple[int, int], *, gray: bool = False
) -> InputSpec:
    mean, std = usual_scaling(1 if gray else 3)
    try:
        return InputSpec(
            size_wh=size_wh,
            channels="gray" if gray else options.channels or "rgb",
            mean=options.mean or mean,
            std=options.std or std,
        )
    except ValueError as fault:
        raise UsageError(f"--mean and --std do not fit: {fault}") from None


def _pictures(text: str, most: int) -> list[Image]:
    """Return pictures spread evenly over a source."""
    with open_source(text) as source:
        count = source.frame_count
        every = max(1, (count or 0) // most)
        pictures = []
        for frame in source:
            if frame.index % every == 0:
                pictures.append(frame.image)
            if len(pictures) == most:
                break
    if not pictures:
        raise SourceError(f"{text} holds no picture; name others with --images")
    return pictures


def _tensors(pair: ModelPair, pictures: list[Image]) -> Iterator[NDArray[np.float32]]:
    shape = GraphRunner(pair.float32, inner=False).input.shape
    prepare = Preprocess(pair.given, TensorInfo("picture", shape, np.dtype(np.float32)))
    for picture in pictures:
        tensor = np.empty(shape, np.float32)
        prepare.fill(picture, tensor[0])
        yield tensor


def _trials(
    pair: ModelPair, samples: list[NDArray[np.float32]], progress: Progress
) -> list[RepairTrial]:
    step = progress.add_task("measuring ranges", total=len(samples))
    ranges = measure_ranges(pair.float32, samples, tick=lambda: progress.advance(step))
    kinds = len({operator.kind for operator in read_graph(pair.float32).operators})
    step = progress.add_task("trying", total=kinds)

    def tick(kept: str) -> None:
        progress.update(step, advance=1, description=f"trying without {kept}"[:60])

    return find_repair(pair.float32, pair.given, ranges, samples[:_JUDGED], tick)


def _repaired(trials: list[RepairTrial]) -> str:
    plain, best = trials[0], trials[-1]
    if best.snr_db < plain.snr_db + 1:
        return (
            f"leaving operators in float does not help ({decibel_text(best.snr_db)}); "
            "what is lost is lost in the convolutions' 8-bit weights: try dynamic_range"
        )
    patterns = " ".join(f"--keep-float {kind}" for kind in best.kept)
    return (
        f"from {decibel_text(plain.snr_db)} to {decibel_text(best.snr_db)}: "
        f"host-tools convert ... {patterns}"
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise ModelError(f"{path} cannot be read ({fault.strerror}); check the path") from None


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True, markup=False)
