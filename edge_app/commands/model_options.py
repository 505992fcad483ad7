"""Options that name a model and a runtime, for all commands that have them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from edge_app.commands.arg_types import (
    OptionAdder,
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


def add_model(parser: argparse.ArgumentParser, *, several_threads: bool = False) -> None:
    """Add --model, the runtime, and the overrides for a .tflite file without a model card."""
    OptionAdder(parser).value(
        "--model",
        "M",
        "name of a shipped model, a model folder, or a .tflite file (default: street)",
        default="street",
    )
    add_runtime(parser, several_threads=several_threads)
    group = parser.add_argument_group(
        "overrides for a .tflite file without a model card (default: inferred, and reported)"
    )
    OptionAdder(group).value(
        "--input-size", "WxH", "size of a flexible input (default: none)", size
    )
    add_overrides(group)


def add_overrides(group: argparse._ArgumentGroup) -> None:
    """Add the options about a network's task, classes and preprocessing."""
    add = OptionAdder(group)
    tasks = ("segmentation", "classification")
    add.choice("--task", tasks, "what it does (default: by the output's shape)")
    text = f"{', '.join(LABEL_SETS)} (default: by the number of classes)"
    add.value("--labels", "SET", text)
    orders = ("rgb", "bgr", "gray")
    text = "order of the input's channels (default: by the input's depth)"
    add.choice("--channels", orders, text)
    text = "input is (pixel - mean) / std (default: the model's own, else the usual one)"
    add.value("--mean", "M[,M,M]", text, numbers)
    add.value("--std", "S[,S,S]", "see --mean (default: as there)", numbers)
    fits = ("stretch", "letterbox")
    add.choice("--fit", fits, "how an image is fitted into the input (default: stretch)")


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
    from edge_app.model.infer_card import CardOverrides

    overrides = options_from(options, CardOverrides, size_wh=options.input_size)
    return resolve_model(name or options.model, overrides, runtime=options.runtime)
