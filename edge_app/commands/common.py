"""Find what a command was asked for: the model, its variant, a sample to run on."""

from __future__ import annotations

import argparse
import difflib
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from rich import box
from rich.console import Console
from rich.table import Table

from edge_app.assets import assets_dir
from edge_app.errors import ModelError
from edge_app.spec import CARD_NAME, ModelSpec, read_card
from edge_app.style import variant_colour

_SAMPLES = {
    "classification": ("digits-images-idx3-ubyte.gz", "digits-labels-idx1-ubyte.gz"),
    "segmentation": ("street.mp4", "street-truth.tar"),
}
_LABELS = {"classification": "digits", "segmentation": "cityscapes"}


def shipped_models() -> list[Path]:
    """Return the model folders that ship with the app, by name."""
    folder = assets_dir() / "models"
    return sorted(path.parent for path in folder.glob(f"*/{CARD_NAME}"))


def resolve_model(options: argparse.Namespace) -> ModelSpec:
    """Return the model that --model names: one that ships, a card folder, or a bare file."""
    named = Path(options.model)
    if named.suffix == ".tflite" and not named.is_dir():
        from edge_app.pipeline.bare import Hints, describe_file

        hints = Hints(
            task=options.task,
            labels=options.labels,
            size_wh=options.input_size,
            channels=options.channels,
            mean=options.mean,
            std=options.std,
            fit=options.fit,
        )
        return describe_file(named, hints, runtime=options.runtime)
    if named.is_dir():
        return read_card(named)
    shipped = {path.name: path for path in shipped_models()}
    if options.model in shipped:
        return read_card(shipped[options.model])
    near = difflib.get_close_matches(options.model, list(shipped), 1)
    advice = f"did you mean {near[0]}?" if near else f"there is: {', '.join(shipped) or 'none'}"
    raise ModelError(
        f"no model '{options.model}': neither a folder, a .tflite file nor one that ships; {advice}"
    )


def default_variant(spec: ModelSpec) -> str:
    """Return int8 where there is one: it is what a board is for."""
    return "int8" if "int8" in spec.variants else next(iter(spec.variants))


def sample(spec: ModelSpec) -> tuple[str, str | None]:
    """Return the source that stands in where none is named, and its truth where it fits."""
    images, truth = (assets_dir() / "samples" / name for name in _SAMPLES[spec.task])
    if not images.is_file():
        return "synthetic", None
    fits = spec.labels.name == _LABELS[spec.task]
    return str(images), str(truth) if fits else None


class Signals:
    """Remember the signal that stopped a run.

    number: of the first one, None so far. A second one of any kind raises KeyboardInterrupt.
    """

    def __init__(self, stop: threading.Event) -> None:
        self.number: int | None = None
        self._stop = stop

    def _catch(self, number: int, _where: FrameType | None) -> None:
        if self.number is not None:
            raise KeyboardInterrupt
        self.number = number
        self._stop.set()

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Turn Ctrl-C, SIGTERM and a closed terminal into a stop after the frame in hand."""
        names = ("SIGINT", "SIGTERM", "SIGHUP")
        numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
        before = {number: signal.signal(number, self._catch) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def tell(console: Console, text: str) -> None:
    """Print a line; a reader that has gone (`| head -1`) does not end the run."""
    with suppress(OSError, SystemExit):
        console.print(text, highlight=False, soft_wrap=True)


def prose(console: Console, text: str) -> None:
    """Print sentences: broken between words on a terminal, whole where piped."""
    with suppress(OSError, SystemExit):
        console.print(text, highlight=False, soft_wrap=not console.is_terminal)


def compact_table(title: str, columns: Sequence[str], left: int) -> Table:
    """Make a table that fits 80 columns of a terminal; the first `left` columns hold words."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=0)
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number < left else "right", no_wrap=True)
    return table


def coloured(variant: str) -> str:
    """Write a variant's name in its own colour."""
    return f"[{variant_colour(variant)}]{variant}[/]"
