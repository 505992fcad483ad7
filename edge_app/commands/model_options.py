"""Options that name a model and a runtime, for all commands that have them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from edge_app.commands.arg_types import counts, numbers, positive, size
from edge_app.model.interpreter.runtimes import CHOICES

if TYPE_CHECKING:
    from edge_app.model.card import ModelSpec


def add_model(parser: argparse.ArgumentParser, *, several_threads: bool = False) -> None:
    """Add --model, the runtime, and the overrides for a .tflite file without a model card."""
    parser.add_argument(
        "--model",
        default="street",
        metavar="M",
        help="name of a shipped model, a model folder, or a .tflite file (default: street)",
    )
    add_runtime(parser, several_threads=several_threads)
    group = parser.add_argument_group(
        "overrides for a .tflite file without a model card (default: inferred, and reported)"
    )
    group.add_argument(
        "--input-size", type=size, metavar="WxH", help="size of a flexible input (default: none)"
    )
    add_overrides(group)


def add_overrides(group: argparse._ArgumentGroup) -> None:
    """Add the options about a network's task, classes and preprocessing."""
    group.add_argument(
        "--task",
        choices=("segmentation", "classification"),
        help="what it does (default: by the output's shape)",
    )
    group.add_argument(
        "--labels",
        metavar="SET",
        help="cityscapes, camvid, pascal-voc or digits (default: by the number of classes)",
    )
    group.add_argument(
        "--channels",
        choices=("rgb", "bgr", "gray"),
        help="order of the input's channels (default: by the input's depth)",
    )
    group.add_argument(
        "--mean",
        type=numbers,
        metavar="M[,M,M]",
        help="input is (pixel - mean) / std (default: the model's own, else the usual one)",
    )
    group.add_argument(
        "--std", type=numbers, metavar="S[,S,S]", help="see --mean (default: as there)"
    )
    group.add_argument(
        "--fit",
        choices=("stretch", "letterbox"),
        help="how an image is fitted into the input (default: stretch)",
    )


def add_runtime(parser: argparse.ArgumentParser, *, several_threads: bool = False) -> None:
    """Add --runtime and --threads; several_threads: whether --threads takes a list."""
    parser.add_argument(
        "--runtime",
        choices=CHOICES,
        default="auto",
        help="inference runtime (default: auto, the first that is installed)",
    )
    parser.add_argument(
        "--threads",
        type=counts if several_threads else positive,
        metavar="N[,N]" if several_threads else "N",
        help="threads of the network (default: one per physical core)",
    )


def read_model(options: argparse.Namespace, name: str | None = None) -> ModelSpec:
    """Return the model that the options of `add_model` name, or another one by its name."""
    from edge_app.model.catalog import resolve_model
    from edge_app.model.infer_card import CardOverrides

    overrides = CardOverrides(
        task=options.task,
        labels=options.labels,
        size_wh=options.input_size,
        channels=options.channels,
        mean=options.mean,
        std=options.std,
        fit=options.fit,
    )
    return resolve_model(name or options.model, overrides, runtime=options.runtime)
