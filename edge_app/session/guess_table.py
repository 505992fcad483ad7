"""What was inferred of a file without a card, shown in a block: each fact, from what, how sure."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from edge_app.console import text_table
from edge_app.model.card import ModelSpec
from edge_app.model.guess import ASSUMED, CERTAIN, DOUBTFUL, LIKELY, Guess

_COLOURS = {CERTAIN: "green", LIKELY: "cyan", ASSUMED: "yellow", DOUBTFUL: "bold red"}


def guess_table(guesses: Sequence[Guess]) -> Table:
    """Return the table of what was inferred; other possible readings stand below the first."""
    table = text_table(
        "Inferred from the file, which has no model card", ("what", "value", "why", "how sure")
    )
    for guess in guesses:
        other = f"\n[yellow]or {escape(guess.other)}[/]" if guess.other else ""
        colour = _COLOURS[guess.sureness]
        table.add_row(
            escape(guess.topic),
            escape(guess.value),
            f"{escape(guess.origin)}{other}",
            f"[{colour}]{guess.sureness}[/]",
        )
    return table


def way_to_correct(guesses: Sequence[Guess]) -> str:
    """Return the options that change what is not certain; first those that need a look."""
    order = sorted(guesses, key=lambda guess: (not guess.is_open, guess.sureness == CERTAIN))
    options = dict.fromkeys(guess.option for guess in order if guess.sureness != CERTAIN)
    options.pop("", None)
    return f"to change it: {' '.join(options)}" if options else "nothing had to be guessed"


def way_to_keep(spec: ModelSpec) -> str:
    """Return how to correct what was inferred, and to keep it in a card."""
    path = next(iter(spec.variants.values())).path
    keep = f"to keep it in a card: edge-app models init {path} --out DIR"
    return f"{way_to_correct(spec.guessed)}; {keep}"
