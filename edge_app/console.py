"""Printing in the terminal: lines, paragraphs and tables."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from rich import box
from rich.console import Console
from rich.table import Table

from edge_app.style import variant_colour


def print_markup(console: Console, text: str) -> None:
    """Print a line with rich's markup; a closed pipe (`| head -1`) does not end the run."""
    with suppress(OSError, SystemExit):
        console.print(text, highlight=False, soft_wrap=True)


def print_line(console: Console, text: str) -> None:
    """Print a line without markup, so that paths and errors may contain brackets."""
    with suppress(OSError, SystemExit):
        console.print(text, highlight=False, soft_wrap=True, markup=False)


def print_wrapped(console: Console, text: str) -> None:
    """Print sentences: wrapped between words on a terminal, not wrapped in a pipe."""
    with suppress(OSError, SystemExit):
        console.print(text, highlight=False, soft_wrap=not console.is_terminal)


def compact_table(title: str, columns: Sequence[str], left: int) -> Table:
    """Return a table that fits 80 columns of a terminal; the first `left` columns hold text."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=0)
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number < left else "right", no_wrap=True)
    return table


def text_table(title: str, columns: Sequence[str]) -> Table:
    """Return a table of text, wrapped in all columns but the first."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1))
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=not number, overflow="fold")
    return table


def coloured(variant: str) -> str:
    """Return a variant's name in its own colour."""
    return f"[{variant_colour(variant)}]{variant}[/]"
