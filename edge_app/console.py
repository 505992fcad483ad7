"""Printing in the terminal: lines, paragraphs and tables."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.errors import MarkupError
from rich.markup import escape
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from edge_app.standard_streams import one_line, output_may_fail, printable
from edge_app.style import variant_colour

_SIZES = {"COLUMNS": (20, 1_000), "LINES": (5, 1_000)}
_MOST_DIGITS = 9


class TextConsole(Console):
    """Console on which no name can do anything but be read.

    Control characters are written out, and text whose markup does not parse stands as it is.
    Of COLUMNS and LINES, 0 counts as absent, and what no terminal has as the nearest that one has.
    """

    def __init__(self, **options: Any) -> None:
        variables = dict(os.environ)
        for name, (least, most) in _SIZES.items():
            if (text := variables.get(name, "")).isdecimal():
                if not text.strip("0"):
                    del variables[name]
                else:
                    digits = text.lstrip("0")[:_MOST_DIGITS]
                    variables[name] = str(min(max(int(digits), least), most))
        super().__init__(**{"_environ": variables, **options})

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield the parts of a text, table or view."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=printable(segment.text))

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text by its markup, if it has any; written out here, before lines are broken."""
        shown = printable(text)
        try:
            return super().render_str(shown, **options)
        except MarkupError:
            return super().render_str(shown, **{**options, "markup": False})


def print_markup(console: Console, text: str) -> None:
    """Print a line with rich's markup; a closed pipe or a full disk does not end the run."""
    with output_may_fail():
        console.print(one_line(text), highlight=False, soft_wrap=True)


def print_line(console: Console, text: str) -> None:
    """Print a line without markup, so that paths and errors may contain brackets."""
    with output_may_fail():
        console.print(one_line(text), highlight=False, soft_wrap=True, markup=False)


def print_wrapped(console: Console, text: str) -> None:
    """Print sentences: wrapped between words on a terminal, not wrapped in a pipe."""
    with output_may_fail():
        console.print(one_line(text), highlight=False, soft_wrap=not console.is_terminal)


def print_gains(console: Console, sentences: Iterable[str], reasons: Iterable[str] = ()) -> None:
    """Print sentences on gains and losses, and the reasons why their figures are not valid."""
    for sentence in sentences:
        print_wrapped(console, escape(sentence))
    for reason in reasons:
        print_wrapped(console, f"[bold red]not valid[/]: {escape(reason)}")


class CompactTable:
    """A table of which nothing is cut, on a terminal of any width and in a pipe.

    Columns that do not fit beside the others follow below, after the columns of text again.

    columns: heads, which may have two lines. text_columns: how many of them, from the left, hold
        text; the others hold figures. min_width: of a column of figures.
    wrap: whether the first column is wrapped, so that all columns stay side by side.
    """

    def __init__(
        self,
        title: str,
        columns: Sequence[str],
        text_columns: int = 1,
        *,
        min_width: int = 0,
        wrap: bool = False,
    ) -> None:
        self._title = title
        self._heads = columns
        self._text_columns = text_columns
        self._min_width = min_width
        self._wrap = wrap
        self._rows: list[tuple[Sequence[str], bool]] = []

    def add_row(self, *cells: str, end_section: bool = False) -> None:
        """Add a row of rich's markup; end_section: whether a line follows it."""
        self._rows.append((cells, end_section))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the title and one table, or several below one another."""
        if self._title:
            yield Text(self._title, style="bold")
        for chosen in self._blocks(options.max_width):
            yield self._table(chosen)
            yield Text()

    def _blocks(self, width: int) -> list[list[int]]:
        """Return the columns of each table that fits a width in characters."""
        number = len(self._heads)
        texts = list(range(self._text_columns))
        widths = [self._width(column) for column in range(number)]
        text_width = sum(widths[column] for column in texts) + len(texts) - 1
        if self._wrap or text_width + 1 + max(widths[len(texts) :], default=0) > width:
            return [list(range(number))]  # nothing but folded cells can help
        blocks = [texts.copy()]
        used = text_width
        for column in range(len(texts), number):
            if used + 1 + widths[column] > width:
                blocks.append(texts.copy())
                used = text_width
            blocks[-1].append(column)
            used += 1 + widths[column]
        return blocks

    def _width(self, column: int) -> int:
        cells = (self._heads[column], *(cells[column] for cells, _ in self._rows))
        lines = (line for cell in cells for line in _plain_text(cell).split("\n"))
        least = self._min_width if column >= self._text_columns else 0
        return max(least, *map(cell_len, lines))

    def _table(self, chosen: Sequence[int]) -> Table:
        table = Table(box=box.SIMPLE_HEAD, padding=0, show_edge=False, pad_edge=False)
        lines = max(self._heads[column].count("\n") for column in chosen)
        for column in chosen:
            head = self._heads[column]
            is_text = column < self._text_columns
            table.add_column(
                "\n" * (lines - head.count("\n")) + head,
                justify="left" if is_text else "right",
                overflow="fold",
                min_width=0 if is_text else self._min_width,
            )
        for cells, end_section in self._rows:
            table.add_row(*(cells[column] for column in chosen), end_section=end_section)
        return table


def _plain_text(markup: str) -> str:
    """Return what `TextConsole` shows of a text with markup."""
    try:
        return printable(Text.from_markup(markup).plain)
    except MarkupError:
        return printable(markup)


def text_table(title: str, columns: Sequence[str]) -> Table:
    """Return a table of text, wrapped in all columns but the first."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1))
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=not number, overflow="fold")
    return table


def coloured(variant: str, among: Iterable[str] = ()) -> str:
    """Return a variant's name in its own colour, among those of others beside it."""
    return f"[{variant_colour(variant, among)}]{escape(variant)}[/]"
