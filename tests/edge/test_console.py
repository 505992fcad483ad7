"""Tables keep every figure whole, however narrow the terminal is."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.text import Text

from edge_app.console import CompactTable, TextConsole, print_line, print_markup, print_wrapped


def shown(table: CompactTable, width: int, *, is_terminal: bool = False) -> list[str]:
    """Return the lines of a table in so many columns."""
    text = io.StringIO()
    Console(file=text, width=width, force_terminal=is_terminal, no_color=True).print(table)
    return Text.from_ansi(text.getvalue()).plain.splitlines()


def table() -> CompactTable:
    """Return a table of three rows and eight columns of figures, 75 characters wide."""
    made = CompactTable("A title", ("variant", *(f"figure\n{n} ms" for n in range(8))))
    for name in ("float32", "dynamic_range", "int8"):
        made.add_row(name, *(f"{len(name)}.12{n}" for n in range(8)))
    return made


@pytest.mark.parametrize("width", [24, 40, 60, 80])
@pytest.mark.parametrize("is_terminal", [False, True])
def test_nothing_is_cut(width: int, is_terminal: bool) -> None:
    """Columns that do not fit follow below, after the names again."""
    lines = shown(table(), width, is_terminal=is_terminal)
    text = "\n".join(lines)
    assert "…" not in text
    assert max(map(len, lines)) <= width
    for length in (7, 13, 4):
        for n in range(8):
            assert f"{length}.12{n}" in text
    blocks = text.count("dynamic_range")
    assert (blocks > 1) == (width < 75)
    assert text.count("float32") == blocks


def test_a_table_that_can_only_be_folded_is_folded() -> None:
    """A name wider than the terminal goes on in the next line, with all its letters."""
    made = CompactTable("", ("variant", "figure"))
    made.add_row("a" * 50, "1.5")
    text = "".join(shown(made, 30))
    assert (text.count("a"), "1.5" in text, "…" in text) == (52, True, False)  # two of `variant`


def test_heads_stand_on_the_line_below_them() -> None:
    """A head of one line is beside the last line of the others."""
    lines = shown(table(), 80)
    assert "variant" in lines[2]
    assert "variant" not in lines[1]


def test_sentences_break_between_words_on_a_terminal_only() -> None:
    """A pipe gets one line."""
    for is_terminal, lines in ((True, ["one two", "three"]), (False, ["one two three"])):
        text = io.StringIO()
        console = Console(file=text, width=9, force_terminal=is_terminal, no_color=True)
        print_wrapped(console, "one two three")
        assert [line.strip() for line in text.getvalue().splitlines()] == lines


HOSTILE = "\x1b[2J\x1b]0;title\x07\x9b2J\x00\u202e[/]"


@pytest.mark.parametrize("is_terminal", [False, True])
def test_a_name_cannot_steer_the_terminal(is_terminal: bool) -> None:
    """Control characters are written out in lines, sentences, markup and tables."""
    text = io.StringIO()
    console = TextConsole(file=text, width=200, force_terminal=is_terminal, no_color=True)
    made = CompactTable(HOSTILE, ("variant", "figure"))
    made.add_row(HOSTILE, HOSTILE)
    print_line(console, HOSTILE)
    print_markup(console, HOSTILE)
    print_wrapped(console, HOSTILE)
    console.print(made)
    shown = text.getvalue()
    for sign in ("\x1b[2J", "\x1b]", "\x07", "\x9b", "\x00", "\u202e"):
        assert sign not in shown
    assert shown.count(r"\x1b[2J") == 6
    assert shown.count("[/]") == 6


@pytest.mark.parametrize(
    ("columns", "width"),
    [("0", 80), ("000", 80), ("", 80), ("x", 80), ("3", 20), ("100", 100), ("9" * 5_000, 1_000)],
)
def test_an_absurd_width_is_not_followed(
    columns: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing fits into 0 columns, and no terminal has millions."""
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("LINES", "0")
    console = TextConsole(file=io.StringIO(), force_terminal=True)
    assert console.width == width
    assert console.height >= 5
