"""`edge-app compare`: two results side by side, and a gate against regressions."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from edge_app.board import board_slug
from edge_app.commands.arg_types import percent
from edge_app.errors import UsageError
from edge_app.paths import assets_dir

EXAMPLES = """examples:
  edge-app compare before.json after.json
  edge-app compare after.json --fail-if-slower 5%     against the board's reference
  edge-app compare pi4.json pi5.json --across-boards

exit codes: 0 fine; 1 an error; 2 usage or unlike boards; 3 slower than allowed
"""
_SLOWER = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `compare`."""
    parser.add_argument("first", type=Path, metavar="A.json", help="a result of edge-app bench")
    parser.add_argument(
        "second",
        nargs="?",
        type=Path,
        metavar="B.json",
        help="another one (default: compare A with its board's reference)",
    )
    parser.add_argument(
        "--fail-if-slower",
        type=percent,
        metavar="5%",
        help="exit with 3 where B is slower by more (default: no limit)",
    )
    parser.add_argument(
        "--across-boards",
        action="store_true",
        help="compare results of unlike boards (default: refuse them)",
    )
    parser.add_argument(
        "--allow-invalid",
        action="store_true",
        help="compare results marked as not valid (default: refuse them)",
    )


def run(options: argparse.Namespace) -> int:
    """Compare; exit with 3 where the gate is asked for and something is slower."""
    from rich.console import Console

    from edge_app.bench.comparing import pairs_of, unlike_runs, unmatched_cases
    from edge_app.bench.result_file import read_result
    from edge_app.bench.tables import pair_table
    from edge_app.console import tell

    console = Console()
    first_path = options.first
    first = read_result(first_path)
    if options.second is None:
        second_path, second = first_path, first
        first_path = reference_of(first)
        first = read_result(first_path)
    else:
        second_path = options.second
        second = read_result(second_path)
    _refuse(first, second, options)
    pairs = pairs_of(first, second)
    if not pairs:
        raise UsageError(
            f"{first_path} and {second_path} have no case in common (variant, runtime, threads); "
            "measure the same cases"
        )
    limit = options.fail_if_slower
    console.print(pair_table(f"{first_path.name} and {second_path.name}", pairs, limit))
    for what in unlike_runs(first, second):
        tell(console, f"[yellow]they differ in their {what}[/]")
    for case in unmatched_cases(first, second):
        tell(console, f"[dim]only in one of them: {case}[/]")
    if limit is None:
        return 0
    slower = [pair.variant for pair in pairs if pair.slower(limit)]
    if slower:
        tell(console, f"[bold red]slower by more than {100 * limit:g} %[/]: {', '.join(slower)}")
        return _SLOWER
    tell(console, f"nothing is slower by more than {100 * limit:g} % beyond its range")
    return 0


def reference_of(result: dict[str, Any]) -> Path:
    """Return the reference file of a result's board; raise UsageError where there is none."""
    folder = assets_dir() / "reference"
    model = result["board"]["before"]["model"]
    path = folder / f"{board_slug(model)}.json"
    if path.is_file():
        return path
    raise UsageError(
        f"there is no reference for the board '{model}' ({path.name} in {folder}); "
        "name a second result, or copy a good one there under that name"
    )


def _refuse(first: dict[str, Any], second: dict[str, Any], options: argparse.Namespace) -> None:
    """Raise UsageError for results that say nothing about each other."""
    from edge_app.bench.comparing import unlike_boards

    boards = unlike_boards(first, second)
    if boards and not options.across_boards:
        raise UsageError(
            f"the results come from unlike {' and '.join(boards)}; "
            "their ratio says nothing of the program: add --across-boards to compare boards"
        )
    if first["model"] != second["model"]:
        raise UsageError(
            f"the results are of the models {first['model']} and {second['model']}; "
            "compare results of one model"
        )
    for result, name in ((first, "first"), (second, "second")):
        verdict = result.get("verdict", {})
        if verdict.get("valid") is False and not options.allow_invalid:
            reasons = "; ".join(verdict.get("reasons", []))
            raise UsageError(
                f"the {name} result is not valid ({reasons}); measure again, or add --allow-invalid"
            )
