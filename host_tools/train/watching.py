"""Progress of a training: a bar on a terminal, else a line per epoch."""

from collections.abc import Callable
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from host_tools.framework import load_keras
from host_tools.train.history import History


def training_bar(**options: Any) -> Progress:
    """Return a progress bar that shows batches, loss and accuracy."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
        **options,
    )


def watcher(progress: Progress, bar: Any, check: Callable[[], None]) -> Any:
    """Return a Keras callback that advances the bar and calls `check` after every batch."""

    def after_batch(_: int, logs: Any) -> None:
        progress.update(bar, advance=1, figures=_figures(logs))
        check()

    return load_keras().callbacks.LambdaCallback(on_train_batch_end=after_batch)


def print_epoch(progress: Progress, history: History, epochs: int) -> None:
    """Print a line on the last epoch, unless a bar shows it."""
    last = history.records[-1]
    if not progress.console.is_terminal:
        progress.console.print(
            f"epoch {len(history.records)} of {epochs}: {_figures(last)}, "
            f"held out {100 * last['held_out_accuracy']:.2f} %"
        )


def _figures(logs: Any) -> str:
    return f"loss {logs['loss']:.4f}, accuracy {100 * logs['accuracy']:.2f} %" if logs else ""
