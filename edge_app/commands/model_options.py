"""Options that name a model and a runtime, for all commands that have them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from edge_app.commands.arg_types import (
    OptionAdder,
    inner_share,
    numbers,
    options_from,
    size,
    thread_counts,
    threads,
)
from edge_app.label_sets import LABEL_SETS
from edge_app.model.interpreter.runtimes import CHOICES

if TYPE_CHECKING:
    from edge_app.model.card import ModelSpec
    from edge_app.model.inferred.card_overrides import CardOverrides


def add_model(parser: argparse.ArgumentParser, *, several_threads: bool = False) -> None:
    """Add --model, the runtime, and the overrides for a .tflite file without a model card."""
    OptionAdder(parser).value(
        "--model",
        "M",
        "name of a shipped model, a model folder, or a .tflite file (default: street)",
        default="street",
    )
    add_runtime(parser, several_threads=several_threads)
    add_file_options(parser)


def add_file_options(parser: argparse.ArgumentParser) -> None:
    """Add the overrides for a .tflite file without a model card."""
    group = parser.add_argument_group(
        "overrides for a .tflite file without a model card (default: inferred, and reported)"
    )
    OptionAdder(group).value(
        "--input-size", "WxH", "size of a flexible input (default: none)", size
    )
    add_overrides(group)


def add_overrides(group: argparse._ArgumentGroup) -> None:
    """Add the options about a network's task, classes, input and output."""
    add = OptionAdder(group)
    tasks = ("segmentation", "classification")
    add.choice("--task", tasks, "what it does (default: by the output's shape)")
    text = (
        f"names of the classes: {', '.join(LABEL_SETS)}, or a file "
        "(default: those in the file, else by their number)"
    )
    add.value("--labels", "SET|FILE", text)
    text = "file with a colour R G B on each line (default: those of the labels)"
    add.value("--palette", "FILE", text, Path)
    orders = ("rgb", "bgr", "gray")
    text = "order of the input's channels (default: by the input's depth)"
    add.choice("--channels", orders, text)
    text = "input is (pixel - mean) / std (default: the model's own, else by a trial)"
    add.value("--mean", "M[,M,M]", text, numbers)
    add.value("--std", "S[,S,S]", "see --mean (default: as there)", numbers)
    fits = ("stretch", "letterbox")
    add.choice("--fit", fits, "how an image is fitted into the input (default: stretch)")
    text = "nhwc or nchw; INPUT,OUTPUT if they differ; flat: a map in a row (default: by shapes)"
    add.value("--layout", "L[,L]", text)
    text = "output that has the classes, of several (default: by shapes and names)"
    add.value("--output", "NAME|N", text)
    text = "what the output's values are (default: by the operators, else by a trial)"
    add.choice("--activation", ("logits", "probabilities", "sigmoid", "ids"), text)
    text = "probability above which a one-channel mask is its object (default: 0.5)"
    add.value("--threshold", "P", text, inner_share)


def add_runtime(parser: argparse.ArgumentParser, *, several_threads: bool = False) -> None:
    """Add --runtime and --threads; several_threads: whether --threads takes a list."""
    add = OptionAdder(parser)
    text = "inference runtime (default: auto, the first that is installed)"
    add.choice("--runtime", CHOICES, text, "auto")
    kind, metavar = (thread_counts, "N[,N]") if several_threads else (threads, "N")
    text = "threads of the network (default: one per physical core)"
    add.value("--threads", metavar, text, kind)


def read_model(options: argparse.Namespace, name: str | None = None) -> ModelSpec:
    """Return the model that the options of `add_model` name, or another one by its name."""
    from edge_app.model.catalog import resolve_model

    return resolve_model(name or options.model, overrides_of(options), runtime=options.runtime)


def overrides_of(options: argparse.Namespace) -> CardOverrides:
    """Return what the options of `add_overrides` say; raise UsageError if that is wrong."""
    from edge_app.model.inferred.card_overrides import CardOverrides

    return options_from(options, CardOverrides, size_wh=options.input_size)
