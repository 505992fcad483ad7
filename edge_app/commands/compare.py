"""`edge-app compare`: two results side by side, and a gate against regressions."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from edge_app.board.facts import board_slug
from edge_app.commands.arg_types import OptionAdder, percent
from edge_app.errors import UsageError
from edge_app.paths import assets_dir

if TYPE_CHECKING:
    from edge_app.results.bench_result import BenchResult

EXAMPLES = """examples:
  edge-app compare before.json after.json
  edge-app compare after.json --fail-if-slower 5%     against the board's reference
  edge-app compare pi4.json pi5.json --across-boards

exit codes: 0 fine; 1 an error; 2 usage or different boards; 3 slower than allowed
"""
_SLOWER = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `compare`."""
    parser.add_argument("first", type=Path, metavar="A.json", help="a result of edge-app bench")
    text = "a later or other one (default: A is compared with its board's reference)"
    parser.add_argument("second", nargs="?", type=Path, metavar="B.json", help=text)
    add = OptionAdder(parser)
    text = "exit with 3 where B is slower by more (default: no limit)"
    add.value("--fail-if-slower", "5%", text, percent)
    add.flag("--across-boards", "compare results of different boards (default: refuse them)")
    add.flag("--allow-invalid", "compare results marked as not valid (default: refuse them)")


def run(options: argparse.Namespace) -> int:
    """Compare; exit with 3 if a limit is given and something is slower."""
    from rich.markup import escape

    from edge_app.bench.comparing import pairs_of, unmatched_cases
    from edge_app.bench.result_file import read_result
    from edge_app.bench.tables import pair_legend, pair_table
    from edge_app.console import TextConsole, print_markup, print_wrapped

    console = TextConsole()
    first_path, second_path = options.first, options.second
    if second_path is None:
        first_path, second_path = reference_of(read_result(first_path)), first_path
    first, second = read_result(first_path), read_result(second_path)
    names = _short_names(first_path, second_path)
    _check_comparable(
        {names[0]: first, names[1]: second},
        across_boards=options.across_boards,
        allow_invalid=options.allow_invalid,
    )
    pairs = pairs_of(first, second)
    if not pairs:
        raise UsageError(
            f"{first_path} and {second_path} have no case in common (variant, runtime, threads); "
            "measure the same cases"
        )
    limit = options.fail_if_slower
    console.print(pair_table(names, pairs, limit))
    print_wrapped(console, f"[dim]{escape(pair_legend(names, pairs))}[/]")
    if first.source and second.source and first.source != second.source:
        sources = f"{first.source} and {second.source}"
        print_markup(console, f"[yellow]the results have different sources ({escape(sources)})[/]")
    for name, one, other in ((names[0], first, second), (names[1], second, first)):
        for case in unmatched_cases(one, other):
            print_markup(console, f"[dim]only in {escape(name)}: {escape(str(case))}[/]")
    if limit is None:
        return 0
    slower = [pair.variant for pair in pairs if pair.slower(limit)]
    if slower:
        print_markup(
            console,
            f"[bold red]slower by more than {100 * limit:g} %[/]: {escape(', '.join(slower))}",
        )
        return _SLOWER
    print_markup(console, f"nothing is slower by more than {100 * limit:g} % beyond its range")
    return 0


def reference_of(result: BenchResult) -> Path:
    """Return the reference file of a result's board. Raises UsageError if there is none."""
    folder = assets_dir() / "reference"
    model = result.board.before["model"]
    path = folder / f"{board_slug(model)}.json"
    if path.is_file():
        return path
    raise UsageError(
        f"no reference for the board '{model}' ({path.name} in {folder}); "
        "give another result to compare with, or copy a good one there under that name"
    )


def _short_names(first: Path, second: Path) -> tuple[str, str]:
    """Return what two files are called: their names, or more of their paths if those are equal."""
    for parts in range(1, max(len(first.parts), len(second.parts)) + 1):
        one, other = ("/".join(path.with_suffix("").parts[-parts:]) for path in (first, second))
        if one != other:
            return one, other
    return f"{first.stem} (first)", f"{second.stem} (second)"


def _check_comparable(
    results: Mapping[str, BenchResult], *, across_boards: bool, allow_invalid: bool
) -> None:
    """Raise UsageError for results whose ratio has no meaning.

    results: the two, by what they are called.
    """
    from edge_app.bench.comparing import different_boards

    first, second = results.values()
    boards = different_boards(first, second)
    if boards and not across_boards:
        raise UsageError(
            f"the results are from different {' and '.join(boards)}; "
            "add --across-boards to compare boards"
        )
    if first.model != second.model:
        raise UsageError(
            f"the results are of the models {first.model} and {second.model}; "
            "compare results of one model"
        )
    for name, result in results.items():
        if result.verdict and not result.verdict.valid and not allow_invalid:
            reasons = "; ".join(result.verdict.reasons)
            raise UsageError(
                f"{name} is not valid ({reasons}); measure again, or add --allow-invalid"
            )
